// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { AuthCertificateHook } from "../config/hooks.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the hook that decides whether the peer's certificate is trusted (`SSL_AuthCertificateHook`).
 *
 * @param target The socket, listener or model.
 * @param hook Called in place of {@linkcode authCertificate}; `null` restores the latter.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import {
 *   authCertificate,
 *   authCertificateHook,
 *   createCertificate,
 *   generateKeyPair,
 *   importFD,
 * } from "@nss/nss";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * authCertificateHook(client, async (socket, peer) => {
 *   await authCertificate(socket, peer);
 *   return peer.chain.length > 1; // rejects self-signed certificates
 * });
 *
 * const [outcome] = await Promise.allSettled([client.handshake(), server.handshake()]);
 * assert(outcome.status === "rejected");
 * assertEquals(outcome.reason.alert, "bad_certificate");
 * ```
 */
export function authCertificateHook(target: Configurable, hook: AuthCertificateHook | null): void {
  change(configToChange(target), { authCertificate: hook });
}
