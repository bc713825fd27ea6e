// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeState } from "../handshake.ts";
import { ExpectClientHello } from "./expect_client_hello.ts";

/**
 * Begins a server's handshake (RFC 8446, Section 2):
 *
 * ```text
 * startServer
 * ExpectClientHello               <-- ClientHello
 *   sendServerFlight              ServerHello (or HelloRetryRequest, then again),
 *                                 EncryptedExtensions, CertificateRequest, Certificate,
 *                                 CertificateVerify, Finished -->
 * ExpectClientCertificate         <-- Certificate                             } if
 * ExpectCertificateVerify         <-- CertificateVerify (with a certificate)  } requested
 * ExpectClientFinished            <-- Finished
 * ServerConnected                 <-- KeyUpdate
 *                                 NewSessionTicket, with the first application data -->
 * ```
 */
export function startServer(): HandshakeState {
  return new ExpectClientHello();
}
