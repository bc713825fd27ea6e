// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { BadCertHook } from "../config/hooks.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the hook that decides whether a rejected certificate is accepted nevertheless
 * (`SSL_BadCertHook`).
 *
 * @param target The socket, listener or model.
 * @param hook Called with the error; only `true` accepts the certificate. `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { badCertHook, createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const notBefore = new Date("2020-01-01"), notAfter = new Date("2021-01-01");
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"], notBefore, notAfter });
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
 * badCertHook(client, (_socket, error) => error.name === "SEC_ERROR_EXPIRED_CERTIFICATE");
 *
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.badCertAccepted, true);
 * ```
 */
export function badCertHook(target: Configurable, hook: BadCertHook | null): void {
  change(configToChange(target), { badCert: hook });
}
