// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo } from "../base/channel_info.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { HandshakeBounds } from "../connection/bounds.ts";
import { connectionOf } from "../connection/connection_registry.ts";

export type { HandshakeBounds } from "../connection/bounds.ts";

/**
 * Completes the handshake, unless it is complete (`SSL_ForceHandshake`). One that follows the first
 * is completed as well.
 *
 * @param socket The socket.
 * @param bounds How long it may take, in milliseconds, besides the option `handshakeTimeout`; and
 * what aborts it. Either ends the connection.
 * @returns What has been negotiated.
 * @throws {SslError} If the handshake fails; `PR_IO_TIMEOUT_ERROR` if it takes too long.
 *
 * @example Usage
 * ```ts ignore
 * import { forceHandshake, importFD } from "@nss/nss";
 *
 * const hostname = "example.com";
 * const socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * const { cipherSuite } = await forceHandshake(socket);
 * ```
 */
export function forceHandshake(
  socket: SslSocket,
  bounds: HandshakeBounds = {},
): Promise<ChannelInfo> {
  return connectionOf(socket).forceHandshake(bounds);
}
