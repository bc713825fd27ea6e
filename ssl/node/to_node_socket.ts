// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import { NodeTlsSocket } from "./node_socket.ts";

/**
 * Returns a socket as a `tls.TLSSocket` of Node's, for drivers and for `node:http`.
 *
 * @param socket The socket, which the result then owns.
 * @returns A socket that is `instanceof net.Socket` and `instanceof tls.TLSSocket`.
 */
export function toNodeSocket(socket: SslSocket): NodeTlsSocket {
  return new NodeTlsSocket(socket);
}
