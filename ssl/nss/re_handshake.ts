// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo } from "../base/channel_info.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { HandshakeBounds } from "../connection/bounds.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Begins another handshake on a connection and completes it (`SSL_ReHandshake`).
 *
 * A server uses it to ask for a certificate after it has served without one, in one way for all
 * versions: set `optionSet(socket, "REQUEST_CERTIFICATE", true)`, then call this, then look at
 * `peerCertificate(socket)`.
 *
 * In TLS 1.2 the connection is renegotiated (RFC 5246, Section 7.4.1.1), by either side, with what
 * is configured by then; the peer has to know RFC 5746 and, as a client of this library, to allow
 * it by `ENABLE_RENEGOTIATION`. In TLS 1.3 a server asks for a certificate (RFC 8446, Section
 * 4.6.2), which the client has to have offered by `ENABLE_POST_HANDSHAKE_AUTH`; a client has
 * {@linkcode keyUpdate}. Application data comes in meanwhile, and can be read; what is written
 * waits while keys change.
 *
 * @param socket The socket, its handshake complete.
 * @param flushCache Whether the session is forgotten, that the handshake of TLS 1.2 is a full one;
 * default `true`.
 * @param bounds How long it may take, in milliseconds, in place of the option `handshakeTimeout`;
 * and what aborts it.
 * @returns What has been negotiated.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete;
 * `SSL_ERROR_RENEGOTIATION_NOT_ALLOWED` where the peer cannot do it safely, and for a client of TLS
 * 1.3; `SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION` if a client of TLS 1.3 cannot be asked;
 * `SSL_ERROR_NO_RENEGOTIATION_ALERT` if the peer declines; `PR_IO_TIMEOUT_ERROR` if it does not
 * answer; should it do so later, the {@linkcode handshakeCallback} is told. After these the
 * connection goes on as it was; other errors end it, and so does time that is up when the other
 * handshake has begun.
 *
 * @example Ask for a certificate where one is needed
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
