// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import type { TLSSocket } from "node:tls";
import type { SslSocket } from "../base/socket_type.ts";
import { NodeTlsSocket } from "./node_socket.ts";

/**
 * Returns a socket as a `tls.TLSSocket` of Node's, for drivers and for `node:http`.
 *
 * @param socket The socket, which the result then owns.
 * @returns A socket that is `instanceof net.Socket` and `instanceof tls.TLSSocket`.
 */
export function toNodeSocket(socket: SslSocket): TLSSocket {
  return new NodeTlsSocket(socket);
}
