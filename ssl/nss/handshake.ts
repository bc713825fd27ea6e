// Copyright 2026 the NSS for Deno authors. MIT license.

import { isBoolean, isInstance, type Shape } from "../../cert/base/options.ts";
import type { ChannelInfo } from "../base/channel_info.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { change } from "../config/config.ts";
import { configBeforeStart } from "../config/config_registry.ts";
import type { HandshakeBounds } from "../connection/bounds.ts";
import { isMilliseconds, requireSslArgs, takeSslOptions } from "../config/option_values.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import type { Configurable } from "./configurable.ts";

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
 *
 * @category Sockets
 */
export function forceHandshake(
  socket: SslSocket,
  bounds: HandshakeBounds = {},
): Promise<ChannelInfo> {
  return connectionOf(socket).forceHandshake(takeBounds(bounds));
}

/**
 * Begins another handshake on a connection and completes it (`SSL_ReHandshake`).
 *
 * A server uses it to request a certificate later in a connection, in the same way for all
 * versions: call `optionSet(socket, "REQUEST_CERTIFICATE", true)`, then this function, then
 * `peerCertificate(socket)`.
 *
 * In TLS 1.2 either side renegotiates the connection (RFC 5246, Section 7.4.1.1) with the current
 * configuration; version, host name and application protocol stay. By default this requires RFC
 * 5746 and the extended master secret (RFC 7627); a peer that uses this library must allow it with
 * `ENABLE_RENEGOTIATION`. In TLS 1.3 a server requests a certificate (RFC 8446, Section 4.6.2),
 * which the client must have offered with `ENABLE_POST_HANDSHAKE_AUTH`; a client has
 * {@linkcode keyUpdate}. Application data can be read meanwhile; writes wait while keys change.
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
 * `SSL_ERROR_SSL_DISABLED` if the connection's version, TLS 1.2, which a renegotiation cannot
 * change, is not enabled any more; `SSL_ERROR_NO_RENEGOTIATION_ALERT` if the peer declines;
 * `PR_IO_TIMEOUT_ERROR` if it does not answer in time; if it answers later, the
 * {@linkcode handshakeCallback} is called. After these errors the connection continues as before;
 * other errors end it, as does a timeout after the peer has begun the handshake.
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
 *
 * @category Sockets
 */
export async function reHandshake(
  socket: SslSocket,
  flushCache = true,
  bounds: HandshakeBounds = {},
): Promise<ChannelInfo> {
  requireSslArgs("Cannot renegotiate", isBoolean(flushCache, "flushCache"));
  return await connectionOf(socket).reHandshake({ full: flushCache }, takeBounds(bounds));
}

/**
 * Sets the role of a socket whose handshake has not begun (`SSL_ResetHandshake`).
 *
 * @param target The socket or model.
 * @param asServer Whether it is a server.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { newModel, optionGet, resetHandshake } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel();
 * resetHandshake(model, true);
 * assertEquals(optionGet(model, "HANDSHAKE_AS_SERVER"), true);
 * ```
 *
 * @category Sockets
 */
export function resetHandshake(target: Configurable, asServer: boolean): void {
  requireSslArgs("Cannot reset handshake", isBoolean(asServer, "asServer"));
  change(configBeforeStart(target), { role: asServer ? "server" : "client" });
}

/**
 * Updates the key that this end encrypts with (`SSL_KeyUpdate`; RFC 9846, Section 4.7.3). This
 * happens automatically before a key reaches its usage limit.
 *
 * @param socket The socket.
 * @param requestUpdate Whether to request that the peer updates its key, too. A request that the
 * peer has not met yet is not repeated.
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
 *
 * @category Sockets
 */
export function keyUpdate(socket: SslSocket, requestUpdate = false): Promise<void> {
  requireSslArgs("Cannot update keys", isBoolean(requestUpdate, "requestUpdate"));
  return connectionOf(socket).keyUpdate(requestUpdate);
}

const BOUNDS: Shape<HandshakeBounds> = { timeout: isMilliseconds, signal: isInstance(AbortSignal) };

function takeBounds(bounds: HandshakeBounds): HandshakeBounds {
  return takeSslOptions("Cannot run handshake", bounds, BOUNDS);
}
