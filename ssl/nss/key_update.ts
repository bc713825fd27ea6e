// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Renews the key that this end writes with (`SSL_KeyUpdate`; RFC 8446, Section 4.6.3). It happens
 * by itself when a key has protected as much as it should.
 *
 * @param socket The socket.
 * @param requestUpdate Whether the peer is to renew its own key, too.
 * @throws {SslError} If the connection has failed.
 *
 * @example Usage
 * ```ts ignore
 * import { importFD, keyUpdate } from "@nss/nss";
 *
 * const hostname = "example.com";
 * const socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * await keyUpdate(socket, true);
 * ```
 */
export function keyUpdate(socket: SslSocket, requestUpdate = false): Promise<void> {
  return connectionOf(socket).keyUpdate(requestUpdate);
}
