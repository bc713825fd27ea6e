// Copyright 2026 the NSS for Deno authors. MIT license.

import type { AuthenticatedPeer, PeerClaim } from "../../authentication/authenticate_peer.ts";
import { verifyPeerSignature } from "../../authentication/certificate_verify.ts";
import type { HandshakeMessage } from "../../messages/handshake.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../handshake.ts";

/**
 * Returns the state that waits for the peer's Finished. It awaits the peer before it completes the
 * handshake or sends anything.
 */
export type NextState = (
  peer: AuthenticatedPeer | Promise<AuthenticatedPeer>,
) => HandshakeState;

/** Waits for CertificateVerify, in either role (RFC 8446, Section 4.4.3). */
export class ExpectCertificateVerify implements HandshakeState {
  readonly #claim: PeerClaim;
  readonly #next: NextState;

  /** Creates the state; `next` returns the state that follows. */
  constructor(claim: PeerClaim, next: NextState) {
    this.#claim = claim;
    this.#next = next;
  }

  /** Begins to verify CertificateVerify; Finished is processed meanwhile. */
  handle(message: HandshakeMessage, hs: HandshakeContext): HandshakeState {
    expectMessage(message, HandshakeType.certificateVerify);
    const verification = verifyPeerSignature(
      this.#claim.publicKey,
      message.body,
      hs.config.role === "client" ? "server" : "client",
      hs.transcript.digest(),
      hs.config.signatureSchemes,
      hs.config.pkcs1ClientAuth,
    );
    const peer = this.#claim.prove(verification);
    hs.output.emit({ kind: "checking", check: peer });
    hs.transcript.add(message.raw);
    return this.#next(peer);
  }
}
