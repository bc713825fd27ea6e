// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../../cert/certificate/certificate.ts";
import type { HandshakeMessage } from "../../messages/handshake.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import { verifyPeerSignature } from "../../authentication/certificate_verify.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../handshake.ts";

/** Waits for the proof that the peer holds its certificate's key (RFC 8446, Section 4.4.3), in either role. */
export class ExpectCertificateVerify implements HandshakeState {
  readonly #certificate: Certificate;
  readonly #authentication: Promise<void>;
  readonly #next: HandshakeState;

  /** Takes the peer's certificate, what is being decided about it, and what follows. */
  constructor(certificate: Certificate, authentication: Promise<void>, next: HandshakeState) {
    this.#certificate = certificate;
    this.#authentication = authentication;
    this.#next = next;
  }

  /** Takes CertificateVerify. */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.certificateVerify);
    const verification = verifyPeerSignature(
      hs,
      message,
      this.#certificate.subjectPublicKeyInfo,
      hs.config.signatureSchemes,
    );
    verification.catch(() => {}); // awaited below; a refused certificate is the better error
    await this.#authentication;
    hs.negotiated.peerSignatureScheme = await verification;
    hs.transcript.add(message.raw);
    return this.#next;
  }
}
