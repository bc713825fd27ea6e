// Copyright 2026 the NSS for Deno authors. MIT license.

import type { AuthenticatedPeer, PeerClaim } from "../../authentication/authenticate_peer.ts";
import { verifyPeerSignature } from "../../authentication/certificate_verify.ts";
import type { HandshakeMessage } from "../../messages/handshake.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../handshake.ts";
import { show } from "../progress.ts";

/** Waits for CertificateVerify, in either role (RFC 8446, Section 4.4.3). */
export class ExpectCertificateVerify implements HandshakeState {
  readonly #claim: PeerClaim;
  readonly #next: (peer: AuthenticatedPeer) => HandshakeState;

  /** Creates the state; `next` returns the state that follows. */
  constructor(claim: PeerClaim, next: (peer: AuthenticatedPeer) => HandshakeState) {
    this.#claim = claim;
    this.#next = next;
  }

  /** Processes CertificateVerify. */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.certificateVerify);
    const verification = verifyPeerSignature(
      this.#claim.certificate.subjectPublicKeyInfo,
      message.body,
      hs.config.role === "client" ? "server" : "client",
      hs.transcript.digest(),
      hs.config.signatureSchemes,
    );
    const peer = await this.#claim.prove(verification);
    show(hs, { peerSignatureScheme: peer.signatureScheme });
    hs.transcript.add(message.raw);
    return this.#next(peer);
  }
}
