// Copyright 2026 the NSS for Deno authors. MIT license.

import { LazyModule } from "../../../cert/base/lazy_module.ts";
import { SslError } from "../../base/errors.ts";
import { hasExternalPsks, requiresExternalPsk } from "../../config/external_psk.ts";
import { takesCertificates } from "../../config/raw_public_keys.ts";
import { isStillTrusted } from "../../authentication/authenticate_peer.ts";
import type { ClientSession } from "../../base/session_cache.ts";
import { findSession } from "../../session/find_session.ts";
import { TLS_1_2 } from "../../tables/versions.ts";
import type { HandshakeContext, HandshakeState } from "../handshake.ts";
import { show } from "../progress.ts";
import { sessionConfig } from "../tls12/renegotiation.ts";
import { sendFirstClientHello } from "./client_hello.ts";
import { ExpectServerHello } from "./expect_server_hello.ts";

/** Few clients have external pre-shared keys. */
const EXTERNAL_PSKS = new LazyModule(
  "a client's pre-shared keys",
  () => import("./tls13/external_psk.ts"),
);

/**
 * Begins a client's handshake (RFC 8446, Section 2):
 *
 * ```text
 * startClient                     ClientHello -->
 * ExpectServerHello               <-- ServerHello (or HelloRetryRequest, then again)
 * ExpectEncryptedExtensions       <-- EncryptedExtensions
 * ExpectCertificateOrRequest      <-- CertificateRequest (optional)   } not with a
 * ExpectCertificate               <-- Certificate                     } session or an
 * ExpectCertificateVerify         <-- CertificateVerify               } external PSK
 * ExpectServerFinished            <-- Finished
 *                                 Certificate, CertificateVerify (if requested), Finished -->
 * ClientConnected                 <-- NewSessionTicket, KeyUpdate
 * ```
 *
 * @throws {SslError} `SSL_ERROR_BAD_CERT_DOMAIN` if there is neither a host name to check the
 * certificate against, nor a hook, and the server may show one.
 */
export async function startClient(hs: HandshakeContext): Promise<HandshakeState> {
  const { config } = hs;
  const checksName = config.authCertificate === null && takesCertificates(config) &&
    !requiresExternalPsk(config);
  if (config.hostname === null && checksName) {
    throw new SslError(
      "SSL_ERROR_BAD_CERT_DOMAIN",
      "Cannot start handshake: no hostname is set to check the server's certificate against; " +
        "give the option hostname, or decide in an authCertificate hook; " +
        'a socket that a listener has accepted needs role: "server"',
    );
  }
  show(hs, { serverName: config.hostname });
  if (hasExternalPsks(config)) {
    const { externalPsksToOffer } = EXTERNAL_PSKS.exports ?? await EXTERNAL_PSKS.load();
    const psks = await externalPsksToOffer(hs);
    // A session would authenticate the server by a certificate of before.
    const session = requiresExternalPsk(config) ? null : await sessionToOffer(hs);
    return new ExpectServerHello(await sendFirstClientHello(hs, session, psks));
  }
  return new ExpectServerHello(await sendFirstClientHello(hs, await sessionToOffer(hs)));
}

/** Begins another handshake on a TLS 1.2 connection, with the same states. */
export async function restartClient(
  hs: HandshakeContext,
  resumes: boolean,
): Promise<HandshakeState> {
  const mayResume = resumes && !requiresExternalPsk(hs.config);
  const session = mayResume ? await sessionToOffer(hs) : null;
  return new ExpectServerHello(
    await sendFirstClientHello(hs, session?.version === TLS_1_2 ? session : null),
  );
}

function sessionToOffer(hs: HandshakeContext): Promise<ClientSession | null> {
  return findSession({
    config: sessionConfig(hs),
    peerAddress: hs.peerAddress,
    environment: hs.environment,
    wait: hs.session.wait,
    isFirst: hs.established === null,
    isTrusted: (session) => isStillTrusted(hs, session),
  });
}
