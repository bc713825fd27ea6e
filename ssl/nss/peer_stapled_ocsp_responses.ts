// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Returns the OCSP responses that the server stapled to its certificate
 * (`SSL_PeerStapledOCSPResponses`). A client requests them with the option `ocspStapling`.
 *
 * @param socket The socket.
 * @returns The response about the server's certificate, DER; empty if the server has sent none.
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
