// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { GetClientAuthDataHook } from "../config/hooks.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the hook that chooses the client's certificate when a server requests one
 * (`SSL_GetClientAuthDataHook`).
 *
 * @param target The socket or model.
 * @param hook Called with the server's request; `null` for the option `certificates`.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import {
 *   createCertificate,
 *   generateKeyPair,
 *   getClientAuthDataHook,
 *   importFD,
 *   peerCertificate,
 * } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, subject: "CN=both", dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 *   clientAuth: "request",
 *   caCerts: [cert],
 * });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * getClientAuthDataHook(client, (_socket, { caNames }) => {
 *   const isKnown = caNames.some((name) => name.equals(cert.issuer));
 *   return isKnown ? { cert, key: keys.privateKey } : null; // null sends no certificate
 * });
 *
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(peerCertificate(server)?.subject.commonName, "both");
 * ```
 */
export function getClientAuthDataHook(
  target: Configurable,
  hook: GetClientAuthDataHook | null,
): void {
  change(configToChange(target), { getClientAuthData: hook });
}
