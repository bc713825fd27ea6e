// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * The OCSP responses that the server stapled to its certificate (`SSL_PeerStapledOCSPResponses`),
 * which a client has to have asked for by the option `ocspStapling`.
 *
 * @param socket The socket.
 * @returns The response about the server's own certificate, DER; none where it sent none, or not
 * yet.
 *
 * @example Usage
 * ```ts ignore
 * import { parseOcspResponse } from "@nss/nss/cert";
 * import { importFD, peerStapledOCSPResponses } from "@nss/nss/ssl";
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
