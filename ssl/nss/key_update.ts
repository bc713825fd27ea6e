// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Updates the key that this end encrypts with (`SSL_KeyUpdate`; RFC 8446, Section 4.6.3). This
 * happens automatically before a key reaches its usage limit.
 *
 * @param socket The socket.
 * @param requestUpdate Whether to request that the peer updates its key, too.
 * @throws {SslError} `SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION` in TLS 1.2; if the connection
 * has failed, its error.
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
