// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Prevents resumption of this connection's session (`SSL_InvalidateSession`); the connection itself
 * continues.
 *
 * A client forgets the session, and later ones of this connection. A server forgets a session with
 * an ID, and sends no more tickets; tickets that it has sent remain valid until they expire, as in
 * NSS.
 *
 * @param socket The socket, its handshake complete.
 * @returns A promise that settles when a cache of the application, or one for several processes,
 * has forgotten it, too; the cache in memory forgets it at once.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete.
 *
 * @example Usage
 * ```ts ignore
 * import { importFD, invalidateSession } from "@nss/nss";
 *
 * const hostname = "example.com";
 * const socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * await socket.handshake();
 * await invalidateSession(socket); // for example on logout
 * ```
 */
export function invalidateSession(socket: SslSocket): Promise<void> {
  return connectionOf(socket).connectedEngine.invalidateSession();
}
