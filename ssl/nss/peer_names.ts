// Copyright 2026 the NSS for Deno authors. MIT license.

import { isString, orNull } from "../../cert/base/options.ts";
import { requireSslArgs } from "../config/option_values.ts";
import { change } from "../config/config.ts";
import { configBeforeStart, configOf } from "../config/config_registry.ts";
import { normalizeHostname } from "../config/host_name.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the server's host name (`SSL_SetURL`): for SNI, the name check of the certificate and the
 * key of the session cache.
 *
 * @param target The socket or model.
 * @param url A host name, an IP address or a URL, of which only the host is used.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if the host is invalid; `PR_IS_CONNECTED_ERROR` once
 * the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { newModel, revealURL, setURL } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel();
 * setURL(model, "https://Example.com:8443/path");
 * assertEquals(revealURL(model), "example.com");
 * ```
 *
 * @category Options
 */
export function setURL(target: Configurable, url: string | URL): void {
  requireSslArgs("Cannot set URL", url instanceof URL ? null : isString(url, "url"));
  change(configBeforeStart(target), { hostname: normalizeHostname(String(url)) });
}

/**
 * Returns the host name that is set (`SSL_RevealURL`).
 *
 * @param target The socket or model.
 * @returns The host name; `null` if none is set.
 *
 * @example Usage
 * ```ts
 * import { newModel, revealURL } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(revealURL(newModel()), null);
 * ```
 *
 * @category Options
 */
export function revealURL(target: Configurable): string | null {
  return configOf(target).hostname;
}

/**
 * Separates a client's cached sessions from others of the same host (`SSL_SetSockPeerID`): those of
 * another peer with the same name, or of another identity that a `getClientAuthData` hook chooses.
 *
 * @param target The socket or model.
 * @param peerId The name that separates them; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import {
 *   configClientSessionCache,
 *   importFD,
 *   newModel,
 *   NssContext,
 *   setSockPeerID,
 * } from "@nss/nss";
 * import { assertNotEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * const keys: string[] = [];
 * const take = (key: string) => void keys.push(key);
 * configClientSessionCache({ cache: { take, put() {}, delete() {}, clear() {} }, context });
 *
 * const model = newModel({ hostname: "example.com", context });
 * for (const peerId of ["direct", "through proxy.example:3128"]) {
 *   setSockPeerID(model, peerId);
 *   const { readable, writable } = new TransformStream<Uint8Array>();
 *   await importFD({ readable, writable }, { model }).handshake().catch(() => {});
 * }
 * assertNotEquals(keys[0], keys[1]);
 * ```
 *
 * @category Options
 */
export function setSockPeerID(target: Configurable, peerId: string | null): void {
  requireSslArgs("Cannot set peer ID", orNull(isString)(peerId, "peerId"));
  change(configBeforeStart(target), { peerId });
}
