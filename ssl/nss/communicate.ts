// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { ChannelInfo, PreliminaryChannelInfo } from "../base/channel_info.ts";
import type { HandshakeBounds } from "../connection/bounds.ts";
import { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

export type { HandshakeBounds } from "../connection/bounds.ts";

/**
 * Completes the handshake, unless it is complete (`SSL_ForceHandshake`). One that follows the first is completed as well.
 *
 * @param socket The socket.
 * @param bounds How long it may take, in milliseconds, besides the option `handshakeTimeout`; and what aborts it. Either ends
 * the connection.
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

/**
 * Begins another handshake on a connection and completes it (`SSL_ReHandshake`).
 *
 * A server uses it to ask for a certificate after it has served without one, in one way for all versions: set
 * `optionSet(socket, "REQUEST_CERTIFICATE", true)`, then call this, then look at `peerCertificate(socket)`.
 *
 * In TLS 1.2 the connection is renegotiated (RFC 5246, Section 7.4.1.1), by either side, with what is configured by then; the
 * peer has to know RFC 5746 and, as a client of this library, to allow it by `ENABLE_RENEGOTIATION`. In TLS 1.3 a server asks for a
 * certificate (RFC 8446, Section 4.6.2), which the client has to have offered by `ENABLE_POST_HANDSHAKE_AUTH`; a client has
 * {@linkcode keyUpdate}. Application data comes in meanwhile, and can be read; what is written waits while keys change.
 *
 * @param socket The socket, its handshake complete.
 * @param flushCache Whether the session is forgotten, that the handshake of TLS 1.2 is a full one; default `true`.
 * @param bounds How long it may take, in milliseconds, in place of the option `handshakeTimeout`; and what aborts it.
 * @returns What has been negotiated.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete;
 * `SSL_ERROR_RENEGOTIATION_NOT_ALLOWED` where the peer cannot do it safely, and for a client of TLS 1.3;
 * `SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION` if a client of TLS 1.3 cannot be asked; `SSL_ERROR_NO_RENEGOTIATION_ALERT` if the
 * peer declines; `PR_IO_TIMEOUT_ERROR` if it does not answer; should it do so later, the
 * {@linkcode handshakeCallback} is told. After these the connection goes on as it was; other errors end it, and so does
 * time that is up when the other handshake has begun.
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

/**
 * What the handshake has negotiated (`SSL_GetChannelInfo`).
 *
 * @param socket The socket.
 * @returns What has been negotiated.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before that.
 *
 * @example Usage
 * ```ts ignore
 * import { getChannelInfo, importFD } from "@nss/nss";
 *
 * const hostname = "example.com";
 * const socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * await socket.handshake();
 * const { version } = getChannelInfo(socket);
 * ```
 */
export function getChannelInfo(socket: SslSocket): ChannelInfo {
  return connectionOf(socket).connectedEngine.channelInfo;
}

/**
 * What the handshake has negotiated so far (`SSL_GetPreliminaryChannelInfo`), for hooks that are asked in the middle of it.
 *
 * What it shows is not yet authenticated, and may come to nothing.
 *
 * @param socket The socket, its handshake begun.
 * @returns What has been negotiated; `null` stands for what has not.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import {
 *   authCertificate,
 *   createCertificate,
 *   generateKeyPair,
 *   getPreliminaryChannelInfo,
 *   importFD,
 * } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 *
 * let version: string | null = null;
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 *   authCertificate: async (socket, peer) => {
 *     await authCertificate(socket, peer);
 *     version = getPreliminaryChannelInfo(socket).version;
 *     return version === "TLSv1.3";
 *   },
 * });
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(version, "TLSv1.3");
 * ```
 */
export function getPreliminaryChannelInfo(socket: SslSocket): PreliminaryChannelInfo {
  const info = connectionOf(socket).preliminaryChannelInfo;
  if (info !== null) return info;
  throw new SslError(
    "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
    "Cannot tell: the handshake has not begun",
  );
}

/**
 * The peer's certificate (`SSL_PeerCertificate`).
 *
 * @param socket The socket.
 * @returns The certificate; `null` where the peer has shown none, or not yet.
 *
 * @example Usage
 * ```ts
 * import { importFD, peerCertificate } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const { readable, writable } = new TransformStream<Uint8Array>();
 * const socket = importFD({ readable, writable }, { hostname: "example.com" });
 * assertEquals(peerCertificate(socket), null); // no handshake yet
 * await socket.close();
 * ```
 */
export function peerCertificate(socket: SslSocket): Certificate | null {
  return peerCertificateChain(socket)[0] ?? null;
}

/**
 * The peer's certificates as it sent them, its own first (`SSL_PeerCertificateChain`).
 *
 * @param socket The socket.
 * @returns The certificates; none where the peer has shown none, or not yet.
 *
 * @example Usage
 * ```ts
 * import { importFD, peerCertificateChain } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const { readable, writable } = new TransformStream<Uint8Array>();
 * const socket = importFD({ readable, writable }, { hostname: "example.com" });
 * assertEquals(peerCertificateChain(socket), []); // no handshake yet
 * await socket.close();
 * ```
 */
export function peerCertificateChain(socket: SslSocket): readonly Certificate[] {
  return connectionOf(socket).visible?.peerChain ?? [];
}

/**
 * The OCSP responses that the server stapled to its certificate (`SSL_PeerStapledOCSPResponses`), which a client has to have asked for by
 * the option `ocspStapling`.
 *
 * @param socket The socket.
 * @returns The response about the server's own certificate, DER; none where it sent none, or not yet.
 *
 * @example Usage
 * ```ts ignore
 * import { importFD, peerStapledOCSPResponses } from "@nss/nss";
 * import { parseOcspResponse } from "@nss/nss/cert";
 *
 * const hostname = "example.com";
 * const conn = await Deno.connect({ hostname, port: 443 });
 * const socket = importFD(conn, { hostname, ocspStapling: true });
 * await socket.handshake();
 * const responses = peerStapledOCSPResponses(socket).map((der) => parseOcspResponse(der));
 * ```
 */
export function peerStapledOCSPResponses(socket: SslSocket): readonly Uint8Array<ArrayBuffer>[] {
  const response = connectionOf(socket).visible?.stapledOcspResponse ?? null;
  return response === null ? [] : [response.slice()];
}

/**
 * The signed certificate timestamps that the server sent with its certificate (`SSL_PeerSignedCertTimestamps`; RFC 6962, Section 3.3), which
 * a client has to have asked for by the option `signedCertTimestamps`. They are not verified: that is up to `verifySct`.
 *
 * @param socket The socket.
 * @returns The list as it came, for `parseSctList`; `null` where the server sent none, or not yet.
 *
 * @example Usage
 * ```ts ignore
 * import { importFD, peerSignedCertTimestamps } from "@nss/nss";
 * import { parseSctList } from "@nss/nss/cert";
 *
 * const hostname = "example.com";
 * const conn = await Deno.connect({ hostname, port: 443 });
 * const socket = importFD(conn, { hostname, signedCertTimestamps: true });
 * await socket.handshake();
 * const list = peerSignedCertTimestamps(socket);
 * const scts = list === null ? [] : parseSctList(list);
 * ```
 */
export function peerSignedCertTimestamps(socket: SslSocket): Uint8Array<ArrayBuffer> | null {
  return connectionOf(socket).visible?.signedCertTimestamps?.slice() ?? null;
}

/**
 * The certificate that this end has shown (`SSL_LocalCertificate`).
 *
 * @param socket The socket.
 * @returns The certificate; `null` where none was shown, or not yet.
 *
 * @example Usage
 * ```ts
 * import { importFD, localCertificate } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const { readable, writable } = new TransformStream<Uint8Array>();
 * const socket = importFD({ readable, writable }, { hostname: "example.com" });
 * assertEquals(localCertificate(socket), null); // no handshake yet
 * await socket.close();
 * ```
 */
export function localCertificate(socket: SslSocket): Certificate | null {
  return connectionOf(socket).visible?.localChain[0] ?? null;
}

/**
 * The peer's certificate (`SSL_RevealCert`): the same as {@linkcode peerCertificate}.
 *
 * @param socket The socket.
 * @returns The certificate; `null` where the peer has shown none, or not yet.
 *
 * @example Usage
 * ```ts
 * import { importFD, revealCert } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const { readable, writable } = new TransformStream<Uint8Array>();
 * const socket = importFD({ readable, writable }, { hostname: "example.com" });
 * assertEquals(revealCert(socket), null); // no handshake yet
 * await socket.close();
 * ```
 */
export function revealCert(socket: SslSocket): Certificate | null {
  return peerCertificate(socket);
}

/**
 * Takes care that this connection's session is not resumed (`SSL_InvalidateSession`); the connection itself goes on.
 *
 * A client forgets the session, and those that it still gets in this connection. A server forgets one that goes by its ID, and sends no
 * more tickets; those that have left are good until they expire, as in NSS.
 *
 * @param socket The socket, its handshake complete.
 * @returns When a cache of the application's own, or one of several processes, has forgotten it, too; the one in memory has at once.
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

/**
 * The bytes that can be read without waiting (`SSL_DataPending`).
 *
 * @param socket The socket.
 * @returns How many bytes have been decrypted and not been read.
 *
 * @example Usage
 * ```ts
 * import { dataPending, importFD } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const { readable, writable } = new TransformStream<Uint8Array>();
 * const socket = importFD({ readable, writable }, { hostname: "example.com" });
 * assertEquals(dataPending(socket), 0);
 * await socket.close();
 * ```
 */
export function dataPending(socket: SslSocket): number {
  return connectionOf(socket).pendingLength;
}

/**
 * Renews the key that this end writes with (`SSL_KeyUpdate`; RFC 8446, Section 4.6.3). It happens by itself when a key has
 * protected as much as it should.
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

/**
 * Derives bytes that both ends know and nobody else (`SSL_ExportKeyingMaterial`; RFC 8446, Section 7.5), to bind another protocol to
 * this connection.
 *
 * @param socket The socket, its handshake complete.
 * @param label The purpose, as registered with IANA, such as `"EXPORTER-Channel-Binding"`.
 * @param length How many bytes.
 * @param context What else the bytes depend on; default nothing.
 * @returns The bytes.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete.
 *
 * @example Usage
 * ```ts ignore
 * import { exportKeyingMaterial, importFD } from "@nss/nss";
 *
 * const hostname = "example.com";
 * const socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * await socket.handshake();
 * const binding = await exportKeyingMaterial(socket, "EXPORTER-Channel-Binding", 32);
 * ```
 */
export async function exportKeyingMaterial(
  socket: SslSocket,
  label: string,
  length: number,
  context?: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const engine = connectionOf(socket).connectedEngine;
  return await engine.exportKeyingMaterial(label, context ? new Uint8Array(context) : null, length);
}
