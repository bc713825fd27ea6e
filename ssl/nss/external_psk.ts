// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import { SslError } from "../base/errors.ts";
import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import { distinct, type ExternalPsk, toExternalKey, toIdentity } from "../config/external_psk.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Adds an external pre-shared key (`SSL_AddExternalPsk`), as the option `externalPsks` does.
 *
 * NSS has one key for each socket; here a client offers up to eight, in the order in which they
 * were added, and a server may have any number. A client with a key takes no server that does not
 * use one, unless the option `certificateFallback` is set. There is no early data with a
 * key: it has neither age nor single use, by which a server could tell a replay (RFC 9846, Section
 * 8).
 *
 * @param target The socket, listener or model.
 * @param psk The key with its identity.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if the key has less than 16 bytes, something else is
 * wrong with it, or there is one of its identity; `PR_IS_CONNECTED_ERROR` while a handshake is in
 * progress.
 *
 * @example Usage
 * ```ts
 * import { addExternalPsk, importFD } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, { role: "server" });
 * const client = importFD({ readable: down.readable, writable: up.writable });
 * const key = crypto.getRandomValues(new Uint8Array(32));
 * addExternalPsk(server, { identity: "device 7", key });
 * addExternalPsk(client, { identity: "device 7", key });
 *
 * const [, info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(new TextDecoder().decode(info.pskIdentity!), "device 7");
 * ```
 *
 * @category Options
 */
export function addExternalPsk(target: Configurable, psk: ExternalPsk): void {
  const config = configToChange(target);
  const keys = [...config.externalPsks, toExternalKey(psk, "psk")];
  change(config, { externalPsks: distinct(keys, "externalPsks") });
}

/**
 * Removes an external pre-shared key (`SSL_RemoveExternalPsk`) for later handshakes. No session
 * outlives it, because handshakes with such keys leave none.
 *
 * @param target The socket, listener or model.
 * @param identity The identity, before an import; text is UTF-8.
 * @throws {SslError} `SEC_ERROR_NO_KEY` if there is none of this identity, `SEC_ERROR_INVALID_ARGS`
 * if it is not 1 to 1,024 bytes; `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { addExternalPsk, newModel, removeExternalPsk, SslError } from "@nss/nss/ssl";
 * import { assertThrows } from "@std/assert";
 *
 * const model = newModel({ role: "server" });
 * addExternalPsk(model, { identity: "device 7", key: crypto.getRandomValues(new Uint8Array(32)) });
 * removeExternalPsk(model, "device 7");
 * assertThrows(() => removeExternalPsk(model, "device 7"), SslError, "there is none");
 * ```
 *
 * @category Options
 */
export function removeExternalPsk(target: Configurable, identity: string | Uint8Array): void {
  const config = configToChange(target);
  const bytes = toIdentity(identity, "identity");
  const kept = config.externalPsks.filter((key) => !bytesEqual(key.identity, bytes));
  if (kept.length === config.externalPsks.length) {
    throw new SslError(
      "SEC_ERROR_NO_KEY",
      "Cannot remove pre-shared key: there is none of this identity; compare it with what " +
        "externalPsks or addExternalPsk() was given",
    );
  }
  change(config, { externalPsks: kept });
}
