// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Returns the signed certificate timestamps that the server sent with its certificate
 * (`SSL_PeerSignedCertTimestamps`; RFC 6962, Section 3.3). A client requests them with the option
 * `signedCertTimestamps`. They are not verified; see `verifySct`.
 *
 * @param socket The socket.
 * @returns The encoded list, for `parseSctList`; `null` if the server has sent none.
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
