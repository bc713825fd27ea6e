// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { RawPublicKeyOptions } from "../config/import_options.ts";
import { takeRawPublicKeys } from "../config/raw_public_keys.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import { applicationKey } from "../handshake/channel_info.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the raw public keys in place of certificates (RFC 7250), as the option `rawPublicKeys` does.
 * On a listener it applies to the connections that are accepted later: a set of keys is exchanged
 * without a restart. Sessions of another set are not resumed.
 *
 * @param target The socket, listener or model.
 * @param keys The keys to present, and those to accept; `null` for certificates only.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for what is no key; `PR_IS_CONNECTED_ERROR` while a
 * handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { importFD, setRawPublicKeys } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const { privateKey: key, publicKey } = await generateKeyPair();
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, { role: "server" });
 * setRawPublicKeys(server, { keys: [{ key, publicKey }] });
 * const client = importFD({ readable: down.readable, writable: up.writable });
 * setRawPublicKeys(client, { accept: [publicKey] });
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(await info.peerRawPublicKey?.pin(), await publicKey.pin());
 * ```
 *
 * @category Options
 */
export function setRawPublicKeys(target: Configurable, keys: RawPublicKeyOptions | null): void {
  const rawPublicKeys = keys === null ? null : takeRawPublicKeys(keys, "rawPublicKeys");
  change(configToChange(target), { rawPublicKeys });
}

/**
 * Returns the raw public key that the peer has shown in place of a certificate (RFC 7250), for
 * which `peerCertificate` returns `null`. After a resumption it is that of the original handshake.
 *
 * @param socket The socket.
 * @returns The key; `null` if the peer has shown a certificate, or nothing.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { importFD, peerRawPublicKey } from "@nss/nss/ssl";
 * import { assert } from "@std/assert";
 *
 * const { privateKey: key, publicKey } = await generateKeyPair();
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   rawPublicKeys: { keys: [{ key, publicKey }] },
 * });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   rawPublicKeys: { accept: [await publicKey.pin()] },
 * });
 * await Promise.all([client.handshake(), server.handshake()]);
 * assert(peerRawPublicKey(client)?.equals(publicKey));
 * ```
 *
 * @category Connection information
 */
export function peerRawPublicKey(socket: SslSocket): SubjectPublicKeyInfo | null {
  return applicationKey(connectionOf(socket).visible?.peerRawPublicKey ?? null);
}
