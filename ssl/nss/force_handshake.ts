// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo } from "../base/channel_info.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { HandshakeBounds } from "../connection/bounds.ts";
import { connectionOf } from "../connection/connection_registry.ts";

export type { HandshakeBounds } from "../connection/bounds.ts";

/**
 * Runs the handshake unless it is complete, or waits for the one in progress, including a later one
 * (`SSL_ForceHandshake`).
 *
 * @param socket The socket.
 * @param bounds A timeout in milliseconds, in addition to the option `handshakeTimeout`, and an
 * abort signal. Either ends the connection.
 * @returns What has been negotiated.
 * @throws {SslError} If the handshake fails; `PR_IO_TIMEOUT_ERROR` on timeout,
 * `PR_OPERATION_ABORTED_ERROR` if it is aborted.
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
