// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { ClientHelloCallback } from "../config/hooks.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the callback that inspects each ClientHello that a server receives, including its JA4
 * fingerprint, and may reject it.
 *
 * @param target The socket, listener or model.
 * @param callback Called before the server negotiates; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { clientHelloCallback, createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { assertMatch } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 * const unwelcome = new Set(["t13d190900_9dc949149365_97f8aa674fd9"]);
 * const callers: string[] = [];
 * clientHelloCallback(server, (_socket, { ja4 }) => {
 *   callers.push(ja4);
 *   return !unwelcome.has(ja4);
 * });
 *
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertMatch(callers[0]!, /^t13d[0-9]{4}00_[0-9a-f]{12}_[0-9a-f]{12}$/);
 * ```
 */
export function clientHelloCallback(
  target: Configurable,
  callback: ClientHelloCallback | null,
): void {
  change(configToChange(target), { clientHelloCallback: callback });
}
