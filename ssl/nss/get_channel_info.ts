// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo, PreliminaryChannelInfo } from "../base/channel_info.ts";
import { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Returns what the handshake has negotiated (`SSL_GetChannelInfo`).
 *
 * @param socket The socket.
 * @returns What has been negotiated.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete.
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
 *
 * @category Connection information
 */
export function getChannelInfo(socket: SslSocket): ChannelInfo {
  return connectionOf(socket).connectedEngine.channelInfo;
}

/**
 * Returns what the handshake has negotiated so far (`SSL_GetPreliminaryChannelInfo`), for hooks
 * that run during it.
 *
 * The values are not yet authenticated.
 *
 * @param socket The socket, its handshake begun.
 * @returns What has been negotiated; `null` for values not yet known.
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
 *
 * @category Connection information
 */
export function getPreliminaryChannelInfo(socket: SslSocket): PreliminaryChannelInfo {
  const info = connectionOf(socket).preliminaryChannelInfo;
  if (info !== null) return info;
  throw new SslError(
    "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
    "Cannot tell: the handshake has not begun",
  );
}
