// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Our sockets for software that is written for Node's `tls`: drivers of databases, mail and
 * messages, HTTP servers and clients.
 *
 * - {@linkcode connect}, {@linkcode createServer} and the other members of `node:tls` let a program
 *   hand this module to a driver in place of it.
 * - {@linkcode toNodeSocket} makes a `tls.TLSSocket` of a socket of `importFD`.
 * - {@linkcode fromNodeStream} makes a connection for `importFD` of a stream of Node's,
 *   {@linkcode fromNodeServer} a listener of a server of `node:net`.
 * - {@linkcode relay} offers a socket as a Unix socket, for software that takes none.
 *
 * ```ts ignore
 * import { importFD } from "@nss/nss";
 * import { connect, toNodeSocket } from "@nss/nss/node";
 *
 * const hostname = "db.example.com";
 * const socket = connect({ host: hostname, port: 5432 });
 *
 * const conn = await Deno.connect({ hostname, port: 5432 });
 * const same = toNodeSocket(importFD(conn, { hostname }));
 * ```
 *
 * Most drivers of npm's need one line, before they are loaded: `docs/recipes.md` has it for each
 * that was tried, `docs/node.md` what differs from Node's `tls`.
 *
 * ```ts
 * import { connect, createSecureContext } from "@nss/nss/node";
 * import tls from "node:tls";
 * import { assertEquals } from "@std/assert";
 *
 * Object.assign(tls, { connect, createSecureContext });
 * assertEquals(tls.connect, connect);
 * ```
 *
 * It runs in Deno, Node and Bun, and imports `node:` modules at once, as of the other entry points
 * only `@nss/nss/http` does.
 *
 * @module
 */

export { checkServerIdentity } from "./check_server_identity.ts";
export type { AltNameError, NamedCertificate } from "./check_server_identity.ts";
export { connect } from "./connect.ts";
export { setDefaultCACertificates } from "./default_authorities.ts";
export {
  CLIENT_RENEG_LIMIT,
  CLIENT_RENEG_WINDOW,
  DEFAULT_CIPHERS,
  DEFAULT_ECDH_CURVE,
  getCACertificates,
  getCiphers,
  rootCertificates,
} from "./module.ts";
export type {
  ConnectionOptions,
  KeyInput,
  SecureContextOptions,
  ServerOptions,
} from "./options.ts";
export type { DuplexAddr } from "./duplex_conn.ts";
export { fromNodeServer } from "./from_node_server.ts";
export { fromNodeStream } from "./from_node_stream.ts";
export { type Relay, relay, type RelayOptions } from "./relay.ts";
export {
  createSecureContext,
  DEFAULT_MAX_VERSION,
  DEFAULT_MIN_VERSION,
  SecureContext,
} from "./secure_context.ts";
export { createServer, Server } from "./server.ts";
export { TLSSocket, type TLSSocketConstructor, type TLSSocketOptions } from "./tls_socket.ts";
export { toNodeSocket } from "./to_node_socket.ts";
