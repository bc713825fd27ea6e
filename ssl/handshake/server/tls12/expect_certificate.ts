// Copyright 2026 the NSS for Deno authors. MIT license.

import { nounOf } from "../../../extensions/certificate_type.ts";
import { SslError } from "../../../base/errors.ts";
import { parseCertificateVerify } from "../../../messages/certificate_verify.ts";
import { parseClientKeyExchange } from "../../../messages/client_key_exchange.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { parseTls12Certificate } from "../../../messages/tls12_certificate.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import {
  AuthenticatedPeer,
  type PeerClaim,
  readPeer,
} from "../../../authentication/authenticate_peer.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import type { KeyShare } from "../../../crypto/key_exchange.ts";
import { expectTls12Finished, sendTls12Finished } from "../../tls12/finished.ts";
import { refuseOtherPeer } from "../../tls12/renegotiation.ts";
import { type Tls12Choice, type Tls12Session, withNewKeys } from "../../tls12/session.ts";
import { verifyTls12Signature } from "../../../authentication/tls12_signature.ts";
import { completeTls12 } from "./connected.ts";
import type { Shown } from "../../negotiated.ts";
import { show, showPeer } from "../../progress.ts";
import type { NamedGroup } from "../../../tables/named_groups.ts";
import { keepTls12Session, sendTls12Ticket, ticketFacts } from "./session.ts";

/** The server's flight, as the states that follow need it. */
export interface ServerFlight {
  readonly choice: Tls12Choice;
  readonly group: NamedGroup;
  readonly share: KeyShare;
  readonly local: Shown;
}

/** Returns the state that waits for the client's flight. */
export function expectTls12ClientFlight(
  { established }: HandshakeContext,
  flight: ServerFlight,
  requestsCertificate: boolean,
): HandshakeState {
  if (requestsCertificate) return new ExpectTls12ClientCertificate(flight);
  // Without a new CertificateRequest the client's authentication remains, because the handshakes
  // are bound to each other.
  const peer = established?.negotiated.peer.unasked() ?? AuthenticatedPeer.anonymous;
  return new ExpectClientKeyExchange(flight, peer);
}

/** Waits for the client's Certificate, whose list may be empty (RFC 5246, Section 7.4.6). */
class ExpectTls12ClientCertificate implements HandshakeState {
  readonly #flight: ServerFlight;

  constructor(flight: ServerFlight) {
    this.#flight = flight;
  }

  handle(message: HandshakeMessage, hs: HandshakeContext): HandshakeState {
    expectMessage(message, HandshakeType.certificate);
    const { rawClient } = this.#flight.choice.certificateTypes;
    const { certificateList } = parseTls12Certificate(message.body, rawClient);
    const received = readPeer(certificateList, rawClient);
    hs.transcript.add(message.raw);
    const peerChain = received?.chain ?? [];
    const peerRawPublicKey = received?.rawPublicKey ?? null;
    refuseOtherPeer(hs, { peerChain, peerRawPublicKey });
    show(hs, { peerChain, peerRawPublicKey });
    if (received === null) {
      if (hs.config.clientAuth === "require") {
        throw new SslError(
          "SSL_ERROR_NO_CERTIFICATE",
          `Cannot accept client: it sent no ${nounOf(rawClient)}, and this server requires one`,
          { fault: "value" }, // TLS 1.2 has another alert for it than TLS 1.3
        );
      }
      return new ExpectClientKeyExchange(this.#flight, AuthenticatedPeer.anonymous);
    }
    const claim = AuthenticatedPeer.claim(hs, received);
    return new ExpectClientKeyExchange(this.#flight, claim);
  }
}

/** Waits for the client's key share (RFC 8422, Section 5.7). */
class ExpectClientKeyExchange implements HandshakeState {
  readonly #flight: ServerFlight;
  readonly #peer: PeerClaim | AuthenticatedPeer;

  constructor(flight: ServerFlight, peer: PeerClaim | AuthenticatedPeer) {
    this.#flight = flight;
    this.#peer = peer;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.clientKeyExchange);
    const { choice, share } = this.#flight;
    const { point } = parseClientKeyExchange(message.body);
    hs.transcript.add(message.raw);
    // The extended master secret, or else Finished, covers the hash of the transcript.
    const [premasterSecret] = await Promise.all([share.complete(point), hs.transcript.digest()]);
    const session = await withNewKeys(hs, choice, premasterSecret);
    return this.#peer instanceof AuthenticatedPeer
      ? expectClientFinished(hs, this.#flight, session, this.#peer)
      : new ExpectTls12CertificateVerify(this.#flight, session, this.#peer);
  }
}

/** Waits for the client's CertificateVerify (RFC 5246, Section 7.4.8). */
class ExpectTls12CertificateVerify implements HandshakeState {
  readonly #flight: ServerFlight;
  readonly #session: Tls12Session;
  readonly #claim: PeerClaim;

  constructor(flight: ServerFlight, session: Tls12Session, claim: PeerClaim) {
    this.#flight = flight;
    this.#session = session;
    this.#claim = claim;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.certificateVerify);
    const verification = verifyTls12Signature(
      this.#claim.publicKey,
      parseCertificateVerify(message.body),
      hs.transcript.messages(),
      hs.config.signatureSchemes,
    );
    const peer = await this.#claim.prove(verification);
    showPeer(hs, peer);
    hs.transcript.add(message.raw);
    return expectClientFinished(hs, this.#flight, this.#session, peer);
  }
}

function expectClientFinished(
  hs: HandshakeContext,
  { choice, group, local }: ServerFlight,
  session: Tls12Session,
  peer: AuthenticatedPeer,
): HandshakeState {
  return expectTls12Finished(hs, session, async (hs, client) => {
    const identities = { peer, local, authenticatedAt: null };
    // An override must be decided again for each connection.
    const facts = peer.badCertAccepted ? null : ticketFacts(choice.agreement, identities);
    await sendTls12Ticket(hs, session, facts);
    const server = await sendTls12Finished(hs, session);
    if (facts !== null) await keepTls12Session(hs, session, facts);
    const verifyData = { client, server };
    const negotiated = { ...choice.agreement, ...identities, group, verifyData };
    return completeTls12(hs, session, negotiated);
  });
}
