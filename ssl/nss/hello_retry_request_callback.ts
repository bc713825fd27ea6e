// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { HelloRetryRequestCallback } from "../config/hooks.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the callback that decides whether a TLS 1.3 server sends a HelloRetryRequest
 * (`SSL_HelloRetryRequestCallback`).
 *
 * @param target The socket, listener or model.
 * @param callback Called for each ClientHello; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { createCertificate } from "@nss/nss/cert";
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { helloRetryRequestCallback, importFD } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 * helloRetryRequestCallback(server, (_socket, { firstHello, clientToken }) => {
 *   if (firstHello) return { retryToken: new TextEncoder().encode("queue 7") };
 *   return new TextDecoder().decode(clientToken) === "queue 7" ? "accept" : "fail";
 * });
 *
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.helloRetryRequest, true);
 * ```
 */
export function helloRetryRequestCallback(
  target: Configurable,
  callback: HelloRetryRequestCallback | null,
): void {
  change(configToChange(target), { helloRetryRequestCallback: callback });
}
