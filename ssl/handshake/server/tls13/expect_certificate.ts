// Copyright 2026 the NSS for Deno authors. MIT license.

import { nounOf } from "../../../extensions/certificate_type.ts";
import { bytesEqual } from "../../../../cert/base/bytes.ts";
import { SslError } from "../../../base/errors.ts";
import { parseCertificate } from "../../../messages/certificate.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { AuthenticatedPeer, readPeer } from "../../../authentication/authenticate_peer.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import { show } from "../../progress.ts";
import { ExpectCertificateVerify, type NextState } from "../../tls13/expect_certificate_verify.ts";
import { refuseUnsolicited } from "../../unsolicited.ts";

/**
 * Waits for the client's Certificate, whose list may be empty (RFC 8446, Section 4.4.2), in the
 * handshake or after it.
 */
export class ExpectClientCertificate implements HandshakeState {
  readonly #context: Uint8Array<ArrayBuffer>;
  readonly #isRaw: boolean;
  readonly #next: NextState;

  /**
   * Creates the state for the context of the request; `isRaw` is whether raw public keys were
   * agreed on for the client, `next` returns the state that follows.
   */
  constructor(
    context: Uint8Array<ArrayBuffer>,
    isRaw: boolean,
    next: NextState,
  ) {
    this.#context = context;
    this.#isRaw = isRaw;
    this.#next = next;
  }

  /** Processes Certificate. */
  handle(message: HandshakeMessage, hs: HandshakeContext): HandshakeState {
    expectMessage(message, HandshakeType.certificate);
    const { certificateRequestContext, certificateList } = parseCertificate(message.body);
    if (!bytesEqual(certificateRequestContext, this.#context)) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
        "Cannot take Certificate: its request context is not that of the CertificateRequest",
        { fault: "value" },
      );
    }
    // The CertificateRequest requests no extensions in Certificate.
    for (const { extensions } of certificateList) refuseUnsolicited(extensions, []);
    const received = readPeer(certificateList.map(({ certData }) => certData), this.#isRaw);
    hs.transcript.add(message.raw);
    const peerChain = received?.chain ?? [];
    show(hs, { peerChain, peerRawPublicKey: received?.rawPublicKey ?? null });
    if (received === null) {
      if (hs.config.clientAuth === "require") {
        throw new SslError(
          "SSL_ERROR_NO_CERTIFICATE",
          `Cannot accept client: it sent no ${nounOf(this.#isRaw)}, and this server requires one`,
        );
      }
      return this.#next(AuthenticatedPeer.anonymous);
    }
    const claim = AuthenticatedPeer.claim(hs, received);
    return new ExpectCertificateVerify(claim, this.#next);
  }
}
