// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Takes care that this connection's session is not resumed (`SSL_InvalidateSession`); the
 * connection itself goes on.
 *
 * A client forgets the session, and those that it still gets in this connection. A server forgets
 * one that goes by its ID, and sends no more tickets; those that have left are good until they
 * expire, as in NSS.
 *
 * @param socket The socket, its handshake complete.
 * @returns When a cache of the application's own, or one of several processes, has forgotten it,
 * too; the one in memory has at once.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete.
 *
 * @example Usage
 * ```ts ignore
 * import { importFD, invalidateSession } from "@nss/nss";
 *
 * const hostname = "example.com";
 * const socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * await socket.handshake();
 * await invalidateSession(socket); // say, since the user has logged out
 * ```
 */
export function invalidateSession(socket: SslSocket): Promise<void> {
  return connectionOf(socket).connectedEngine.invalidateSession();
}
