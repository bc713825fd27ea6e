// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * The signed certificate timestamps that the server sent with its certificate
 * (`SSL_PeerSignedCertTimestamps`; RFC 6962, Section 3.3), which a client has to have asked for by
 * the option `signedCertTimestamps`. They are not verified: that is up to `verifySct`.
 *
 * @param socket The socket.
 * @returns The list as it came, for `parseSctList`; `null` where the server sent none, or not yet.
 *
 * @example Usage
 * ```ts ignore
 * import { parseSctList } from "@nss/nss/cert";
 * import { importFD, peerSignedCertTimestamps } from "@nss/nss/ssl";
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
