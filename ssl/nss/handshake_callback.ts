// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { HandshakeCallback } from "../config/hooks.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the callback for completed handshakes (`SSL_HandshakeCallback`).
 *
 * @param target The socket, listener or model.
 * @param callback Called before application data can be read; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import {
 *   type ChannelInfo,
 *   createCertificate,
 *   generateKeyPair,
 *   handshakeCallback,
 *   importFD,
 * } from "@nss/nss";
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
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * const seen: ChannelInfo[] = [];
 * handshakeCallback(server, (_socket, info) => void seen.push(info));
 *
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(seen.map(({ serverName }) => serverName), ["localhost"]);
 * ```
 */
export function handshakeCallback(target: Configurable, callback: HandshakeCallback | null): void {
  change(configToChange(target), { handshakeCallback: callback });
}
