// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Our sockets for software that is written for Node's `tls`: drivers of databases, mail and
 * messages, HTTP servers and clients.
 *
 * - {@linkcode toNodeSocket} makes a `tls.TLSSocket` of a socket of `importFD`.
 * - {@linkcode relay} offers a socket as a Unix socket, for software that takes none.
 *
 * ```ts ignore
 * import { importFD } from "@nss/nss";
 * import { toNodeSocket } from "@nss/nss/node";
 *
 * const hostname = "db.example.com";
 * const conn = await Deno.connect({ hostname, port: 5432 });
 * const socket = toNodeSocket(importFD(conn, { hostname }));
 * ```
 *
 * It runs in Deno, Node and Bun, and imports `node:` modules at once, which nothing else of the
 * package does.
 *
 * @module
 */

export { type Relay, relay, type RelayOptions } from "./relay.ts";
export { toNodeSocket } from "./to_node_socket.ts";
