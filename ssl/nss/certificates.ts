// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { applicationChain } from "../authentication/application_chain.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * Returns the peer's certificate (`SSL_PeerCertificate`).
 *
 * @param socket The socket.
 * @returns The certificate; `null` if the peer has presented none.
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
 *
 * @category Connection information
 */
export function peerCertificate(socket: SslSocket): Certificate | null {
  return peerCertificateChain(socket)[0] ?? null;
}

/**
 * Returns the peer's certificates as sent, leaf first (`SSL_PeerCertificateChain`).
 *
 * @param socket The socket.
 * @returns The certificates; empty if the peer has presented none.
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
 *
 * @category Connection information
 */
export function peerCertificateChain(socket: SslSocket): readonly Certificate[] {
  const chain = connectionOf(socket).visible?.peerChain;
  return chain === undefined ? [] : applicationChain(chain);
}

/**
 * Returns the peer's certificate (`SSL_RevealCert`), as {@linkcode peerCertificate} does.
 *
 * @param socket The socket.
 * @returns The certificate; `null` if the peer has presented none.
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
 *
 * @category Connection information
 */
export function revealCert(socket: SslSocket): Certificate | null {
  return peerCertificate(socket);
}

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
 *
 * @category Connection information
 */
export function peerStapledOCSPResponses(socket: SslSocket): readonly Uint8Array<ArrayBuffer>[] {
  const response = connectionOf(socket).visible?.stapledOcspResponse ?? null;
  return response === null ? [] : [response.slice()];
}

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
 *
 * @category Connection information
 */
export function peerSignedCertTimestamps(socket: SslSocket): Uint8Array<ArrayBuffer> | null {
  return connectionOf(socket).visible?.signedCertTimestamps?.slice() ?? null;
}

/**
 * Returns the certificate that this end has presented (`SSL_LocalCertificate`).
 *
 * @param socket The socket.
 * @returns The certificate; `null` if none has been presented.
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
 *
 * @category Connection information
 */
export function localCertificate(socket: SslSocket): Certificate | null {
  return connectionOf(socket).visible?.localChain[0] ?? null;
}
