// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../../../base/errors.ts";
import { certificateStatus } from "../../../extensions/status_request.ts";
import type { SslConfig } from "../../../config/config.ts";
import type { ClientAuthRequest } from "../../../config/hooks.ts";
import { parseCertificate } from "../../../messages/certificate.ts";
import { parseCertificateRequest } from "../../../messages/certificate_request.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { ExtensionType } from "../../../tables/extension_types.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { AuthenticatedPeer, readPeer } from "../../../authentication/authenticate_peer.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import { ExpectCertificateVerify } from "../../tls13/expect_certificate_verify.ts";
import { refuseUnsolicited, refuseWithKey } from "../../unsolicited.ts";
import { show } from "../../progress.ts";
import { clientAuthRequest } from "./client_auth_request.ts";
import type { ClientKeys } from "./client_keys.ts";
import { shownBefore } from "../../negotiated.ts";
import { ExpectServerFinished } from "./expect_finished.ts";

/** Waits for CertificateRequest, which is optional, and Certificate. */
export class ExpectCertificateOrRequest implements HandshakeState {
  readonly #keys: ClientKeys;

  /** Creates the state. */
  constructor(keys: ClientKeys) {
    this.#keys = keys;
  }

  /** Processes CertificateRequest or Certificate. */
  handle(message: HandshakeMessage, hs: HandshakeContext): HandshakeState {
    expectMessage(message, HandshakeType.certificateRequest, HandshakeType.certificate);
    if (message.type === HandshakeType.certificate) {
      return new ExpectCertificate(this.#keys, null).handle(message, hs);
    }
    const request = readRequest(message, hs.config);
    hs.transcript.add(message.raw);
    return new ExpectCertificate(this.#keys, request);
  }
}

/** Waits for the server's certificate (RFC 8446, Section 4.4.2). */
class ExpectCertificate implements HandshakeState {
  readonly #keys: ClientKeys;
  readonly #request: ClientAuthRequest | null;

  constructor(keys: ClientKeys, request: ClientAuthRequest | null) {
    this.#keys = keys;
    this.#request = request;
  }

  /** Processes Certificate. */
  handle(message: HandshakeMessage, hs: HandshakeContext): HandshakeState {
    expectMessage(message, HandshakeType.certificate);
    const { certificateRequestContext, certificateList } = parseCertificate(message.body);
    if (certificateRequestContext.length > 0) {
      throw illegalCertificate("its request context is not empty");
    }
    const { rawServer } = this.#keys.certificateTypes;
    for (const { extensions } of certificateList) {
      refuseUnsolicited(extensions, this.#keys.extensionTypes);
      // Those that there are belong to certificates.
      if (rawServer) refuseWithKey(extensions.types()[0]);
    }
    const leaf = certificateList[0]?.extensions;
    const received = readPeer(certificateList.map(({ certData }) => certData), rawServer, {
      stapledOcspResponse: leaf?.get(certificateStatus) ?? null,
      signedCertTimestamps: leaf?.body(ExtensionType.signedCertificateTimestamp)?.slice() ?? null,
    });
    if (received === null) {
      // RFC 8446, Section 4.4.2.4: an empty one of a server is a decode_error.
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
        "Cannot take Certificate: the server sent none",
      );
    }
    const { chain: peerChain, rawPublicKey: peerRawPublicKey, ...proofs } = received;
    show(hs, { peerChain, peerRawPublicKey, ...proofs });
    hs.transcript.add(message.raw);
    const claim = AuthenticatedPeer.claim(hs, received);
    const ownIdentity = { local: shownBefore([]), authenticatedAt: null };
    return new ExpectCertificateVerify(
      claim,
      (peer) => new ExpectServerFinished(this.#keys, peer, ownIdentity, this.#request),
    );
  }
}

function readRequest(message: HandshakeMessage, config: SslConfig): ClientAuthRequest {
  const request = parseCertificateRequest(message.body);
  if (request.certificateRequestContext.length > 0) {
    // RFC 8446, Section 4.3.2: it SHALL be zero length during the handshake.
    throw new SslError(
      "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
      "Cannot take CertificateRequest: its context is not empty",
      { fault: "value" },
    );
  }
  return clientAuthRequest(request, config);
}

function illegalCertificate(why: string): SslError {
  return new SslError("SSL_ERROR_RX_MALFORMED_CERTIFICATE", `Cannot take Certificate: ${why}`, {
    fault: "value",
  });
}
