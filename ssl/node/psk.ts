// Copyright 2026 the NSS for Deno authors. MIT license.

/** Node's `pskCallback`, as hooks of ours. @module */

import { bytesOf } from "../../cert/base/bytes.ts";
import { kindOf } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { ExternalPsk } from "../config/external_psk.ts";
import type { ExternalPskRequest, GetExternalPskHook } from "../config/hooks.ts";
import type { ImportOptions } from "../config/import_options.ts";
import { suitesOf } from "./cipher_list.ts";
import type { Callable, NodeOptions } from "./read_options.ts";

/**
 * Reads `pskCallback` of a client.
 *
 * @param options The options in the form of Node's.
 * @param rejects Whether a server's certificate is checked: then it may take a key's place.
 * @returns Makes the options for a socket, which is `this` of the callback.
 */
export function clientPsk(
  options: NodeOptions,
  rejects: boolean,
): (socket: unknown) => ImportOptions {
  const callback = options.function("pskCallback");
  if (callback === undefined) return () => ({});
  const ciphers = options.string("ciphers") ?? "";
  const asksAgain = ciphers !== "" && suitesOf(ciphers).some((name) => name.includes("_PSK_"));
  const choose = async (
    socket: unknown,
    { version, identityHint }: ExternalPskRequest,
  ): Promise<ExternalPsk | null> => {
    const hint = identityHint === null ? null : new TextDecoder().decode(identityHint);
    const answer = await callback.call(socket, hint);
    if (answer === null || answer === undefined) {
      // TLS 1.2 may ask again, with the server's hint
      if (version === "TLSv1.3" && asksAgain) return null;
      throw new SslError(
        "SSL_ERROR_APPLICATION_ABORT",
        "Cannot complete handshake: pskCallback has returned no key; it returns { psk, identity }",
      );
    }
    const identity = memberOf(answer, "identity");
    if (typeof identity !== "string") throw wrong(`identity is ${kindOf(identity)}, not a string`);
    return { identity, key: keyOf(memberOf(answer, "psk")) };
  };
  return (socket) => ({
    getExternalPsk: (_ssl, request) => choose(socket, request),
    certificateFallback: rejects,
  });
}

/**
 * Returns a server's hook for `pskCallback`.
 *
 * @param callback The callback.
 * @param socketOf Returns the socket of a connection.
 * @param hasCertificate Returns whether there is a certificate for a client without a key.
 */
export function serverPsk(
  callback: Callable,
  socketOf: (ssl: SslSocket) => unknown,
  hasCertificate: (ssl: SslSocket) => Promise<boolean>,
): GetExternalPskHook {
  return async (ssl, { version, identity, importContext }) => {
    if (identity === null || importContext !== null) return null; // Node imports none
    const socket = socketOf(ssl);
    const answer = await callback.call(socket, socket, new TextDecoder().decode(identity));
    if (answer !== null && answer !== undefined) {
      return { key: keyOf(ArrayBuffer.isView(answer) ? answer : memberOf(answer, "psk")) };
    }
    if (version === "TLSv1.3" && await hasCertificate(ssl)) return null;
    throw new SslError(
      "SEC_ERROR_NO_KEY",
      "Cannot accept client: pskCallback does not know its identity",
      { fault: "value" },
    );
  };
}

function memberOf(answer: unknown, name: string): unknown {
  if (typeof answer === "object" && answer !== null) return Reflect.get(answer, name);
  throw wrong(`it is ${kindOf(answer)}, not an object with psk and identity`);
}

function keyOf(value: unknown): Uint8Array {
  const bytes = ArrayBuffer.isView(value) ? bytesOf(value) : null;
  if (bytes === null) throw wrong(`psk is ${kindOf(value)}, not a Buffer or a view of bytes`);
  return bytes;
}

function wrong(why: string): SslError {
  return new SslError("SEC_ERROR_INVALID_ARGS", `Cannot use the answer of pskCallback: ${why}`);
}
