// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import type { TLSSocket } from "node:tls";
import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import { NodeTlsSocket } from "./node_socket.ts";

/**
 * Returns a socket as a `tls.TLSSocket` of Node's, for drivers and servers that are written for
 * Node: it is `instanceof net.Socket` and `instanceof tls.TLSSocket`, and its methods, properties
 * and events are those of Node's, by what the connection itself says.
 *
 * The handshake begins by itself, a tick later. Configure the socket before: it keeps its options
 * and hooks, and verifies the peer as ever. An end of the peer without close_notify is an `error`
 * (`ECONNRESET`), `end()` sends close_notify, and `destroy()` sends none. Errors have the `code`
 * that Node's have, or NSS's name where Node has none; their `cause` is the `SslError`.
 * `docs/node.md` lists what differs from Node's.
 *
 * @param socket The socket, which the result then owns: use only one of the two.
 * @returns The socket of Node's.
 * @throws {SslError} `PR_BAD_DESCRIPTOR_ERROR` if it was not made by `importFD`.
 *
 * @example A driver that takes a socket
 * ```ts ignore
 * import { importFD } from "@nss/nss";
 * import { toNodeSocket } from "@nss/nss/node";
 *
 * declare const Client: new (options: object) => { connect(): Promise<unknown> }; // npm:pg's
 * const hostname = "db.example.com";
 * const conn = await Deno.connect({ hostname, port: 5432 });
 * const stream = toNodeSocket(importFD(conn, { hostname, alpnProtocols: ["postgresql"] }));
 * const client = new Client({ stream, user: "ada" });
 * await client.connect();
 * ```
 *
 * @example Both ends
 * ```ts
 * import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { toNodeSocket } from "@nss/nss/node";
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = toNodeSocket(importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 * }));
 * const client = toNodeSocket(importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * }));
 *
 * client.end("hello");
 * const [data] = await once(server, "data");
 * assertEquals([String(data), client.authorized], ["hello", true]);
 * assertEquals(client.getProtocol(), "TLSv1.3");
 * server.end();
 * await once(client.resume(), "close");
 * ```
 *
 * @category Node
 */
export function toNodeSocket(socket: SslSocket): TLSSocket {
  connectionOf(socket); // refuses what is none of ours, before an object is made
  return new NodeTlsSocket(socket);
}
