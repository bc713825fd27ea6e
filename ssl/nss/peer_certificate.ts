// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
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
 */
export function peerCertificateChain(socket: SslSocket): readonly Certificate[] {
  return connectionOf(socket).visible?.peerChain ?? [];
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
 */
export function revealCert(socket: SslSocket): Certificate | null {
  return peerCertificate(socket);
}
