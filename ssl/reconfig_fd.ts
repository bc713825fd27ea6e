// Copyright 2026 the NSS for Deno authors. MIT license.

import { configOf, configToReconfigure } from "./config_registry.ts";
import type { SslModel } from "./model.ts";
import type { SslSocket } from "./ssl_socket.ts";

/**
 * Replaces a socket's configuration by a model's (`SSL_ReconfigFD`): before the handshake, or in a server's
 * `sniSocketConfig` hook, once the name is known that the client asks for.
 *
 * All is copied but what makes the socket the one that it is: its role, host name, peer ID and context. A hook that the model has not set
 * leaves the socket's own in place. A hook may also return `{ model }`, which is the shorter way.
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
 */
export function reconfigFD(model: SslModel | SslSocket, socket: SslSocket): void {
  const from = configOf(model);
  const config = configToReconfigure(socket);
  const { role, hostname, peerId, context } = config;
  const hooks = {
    authCertificate: from.authCertificate ?? config.authCertificate,
    badCert: from.badCert ?? config.badCert,
    getClientAuthData: from.getClientAuthData ?? config.getClientAuthData,
    clientHelloCallback: from.clientHelloCallback ?? config.clientHelloCallback,
    helloRetryRequestCallback: from.helloRetryRequestCallback ?? config.helloRetryRequestCallback,
    nextProtoCallback: from.nextProtoCallback ?? config.nextProtoCallback,
    sniSocketConfig: from.sniSocketConfig ?? config.sniSocketConfig,
    handshakeCallback: from.handshakeCallback ?? config.handshakeCallback,
    alertSentCallback: from.alertSentCallback ?? config.alertSentCallback,
    alertReceivedCallback: from.alertReceivedCallback ?? config.alertReceivedCallback,
    keyLog: from.keyLog ?? config.keyLog,
    pinArg: from.pinArg ?? config.pinArg,
  };
  Object.assign(config, from, hooks, { role, hostname, peerId, context });
}
