// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo } from "../base/channel_info.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { HandshakeBounds } from "../connection/bounds.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Begins another handshake on a connection and completes it (`SSL_ReHandshake`).
 *
 * A server uses it to request a certificate later in a connection, in the same way for all
 * versions: call `optionSet(socket, "REQUEST_CERTIFICATE", true)`, then this function, then
 * `peerCertificate(socket)`.
 *
 * In TLS 1.2 either side renegotiates the connection (RFC 5246, Section 7.4.1.1) with the current
 * configuration. By default this requires RFC 5746 and the extended master secret (RFC 7627); a
 * peer that uses this library must allow it with `ENABLE_RENEGOTIATION`. In TLS 1.3 a server
 * requests a certificate (RFC 8446, Section 4.6.2), which the client must have offered with
 * `ENABLE_POST_HANDSHAKE_AUTH`; a client has {@linkcode keyUpdate}. Application data can be read
 * meanwhile; writes wait while keys change.
 *
 * @param socket The socket, its handshake complete.
 * @param flushCache Whether to forget the session, so that the TLS 1.2 handshake is a full one;
 * default `true`.
 * @param bounds A timeout in milliseconds, in place of the option `handshakeTimeout`, and an abort
 * signal.
 * @returns What has been negotiated.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete;
 * `SSL_ERROR_RENEGOTIATION_NOT_ALLOWED` if the connection lacks one of these, and on a TLS 1.3
 * client; `SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION` if a TLS 1.3 client has not offered it;
 * `SSL_ERROR_NO_RENEGOTIATION_ALERT` if the peer declines; `PR_IO_TIMEOUT_ERROR` if it does not
 * answer in time; if it answers later, the {@linkcode handshakeCallback} is called. After these
 * errors the connection continues as before; other errors end it, as does a timeout after the peer
 * has begun the handshake.
 *
 * @example Request a certificate when it is needed
 * ```ts ignore
 * import { importFD, optionSet, peerCertificate, reHandshake } from "@nss/nss";
 *
 * declare const certificates: { cert: string; key: string }[];
 * const listener = importFD(Deno.listen({ port: 8443 }), { certificates });
 * for await (const socket of listener) {
 *   await socket.read(new Uint8Array(1024)); // "GET /private"
 *   optionSet(socket, "REQUEST_CERTIFICATE", true);
 *   await reHandshake(socket);
 *   console.log(peerCertificate(socket)?.subject);
 * }
 * ```
 */
export async function reHandshake(
  socket: SslSocket,
  flushCache = true,
  bounds: HandshakeBounds = {},
): Promise<ChannelInfo> {
  return await connectionOf(socket).reHandshake({ full: flushCache }, bounds);
}
