// Copyright 2026 the NSS for Deno authors. MIT license.

import { configOf, configToReconfigure } from "../config/config_registry.ts";
import { inherit } from "../config/resolve_config.ts";
import type { SslModel, SslSocket } from "../base/socket_type.ts";

/**
 * Replaces a socket's configuration with a model's (`SSL_ReconfigFD`): before the handshake, or in
 * a server's `sniSocketConfig` hook, when the requested host name is known.
 *
 * Settings that were made in the model replace the socket's own; all others stay: a model in which
 * `clientAuth` was never set does not disable the socket's. Role, host name, peer ID and context
 * always stay. A hook may also return `{ model }`, which does the same.
 *
 * @param model The model, or another socket.
 * @param socket The socket to change.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` at any other time.
 *
 * @example Usage
 * ```ts
 * import { createCertificate, generateKeyPair, importFD, newModel, reconfigFD } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["admin.example"] });
 * const admin = newModel({ role: "server", certificates: [{ cert, key: keys.privateKey }] });
 *
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   sniSocketConfig: (socket, { serverName }) => {
 *     if (serverName === "admin.example") reconfigFD(admin, socket);
 *     return undefined;
 *   },
 * });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "admin.example",
 *   caCerts: [cert],
 * });
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.peerCertificates[0]?.der, cert.der);
 * ```
 *
 * @category Sockets
 */
export function reconfigFD(model: SslModel | SslSocket, socket: SslSocket): void {
  inherit(configToReconfigure(socket), configOf(model));
}
