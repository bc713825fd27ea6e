// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../../base/errors.ts";
import type { HandshakeContext, HandshakeState } from "../handshake.ts";
import { sendFirstClientHello } from "./client_hello.ts";
import { ExpectServerHello } from "./expect_server_hello.ts";
import { findSession } from "../../session/find_session.ts";

/**
 * Begins a client's handshake (RFC 8446, Section 2):
 *
 * ```text
 * startClient                     ClientHello -->
 * ExpectServerHello               <-- ServerHello (or HelloRetryRequest, then once more)
 * ExpectEncryptedExtensions       <-- EncryptedExtensions
 * ExpectCertificateOrRequest      <-- CertificateRequest, where the server asks   } not where a
 * ExpectCertificate               <-- Certificate                                 } session is
 * ExpectCertificateVerify         <-- CertificateVerify                           } resumed
 * ExpectServerFinished            <-- Finished
 *                                 Certificate, CertificateVerify (where asked for), Finished -->
 * ClientConnected                 <-- NewSessionTicket, KeyUpdate
 * ```
 *
 * @throws {SslError} `SSL_ERROR_BAD_CERT_DOMAIN` if there is no name to hold the certificate against.
 */
export async function startClient(hs: HandshakeContext): Promise<HandshakeState> {
  const { config } = hs;
  if (config.hostname === null && config.authCertificate === null) {
    throw new SslError(
      "SSL_ERROR_BAD_CERT_DOMAIN",
      "Cannot start handshake: no hostname is set to check the server's certificate against; " +
        "give the option hostname, or decide in an authCertificate hook",
    );
  }
  hs.negotiated.serverName = config.hostname;
  return new ExpectServerHello(await sendFirstClientHello(hs, await findSession(hs)));
}
