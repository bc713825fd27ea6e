// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../../../cert/certificate/certificate.ts";
import { SslError } from "../../../base/errors.ts";
import { parseCertificateVerify } from "../../../messages/certificate_verify.ts";
import { parseClientKeyExchange } from "../../../messages/client_key_exchange.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { parseTls12Certificate } from "../../../messages/tls12_certificate.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { authenticatePeer, parseChain } from "../../../authentication/authenticate_peer.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import type { KeyShare } from "../../../crypto/key_exchange.ts";
import { ExpectChangeCipherSpec, sendTls12Finished } from "../../tls12/finished.ts";
import { refuseOtherPeer } from "../../tls12/renegotiation.ts";
import { MasterSecret } from "../../../crypto/master_secret.ts";
import { type Tls12Choice, type Tls12Session, withKeys } from "../../tls12/session.ts";
import { verifyTls12Signature } from "../../../authentication/tls12_signature.ts";
import { completeTls12 } from "./connected.ts";
import { keepTls12Session, sendTls12Ticket } from "./session.ts";

/** The client's certificate, and what was thought of it. */
interface Claim {
  readonly certificate: Certificate;
  readonly authentication: Promise<void>;
}

/** The state that waits for the client's flight. */
export function expectTls12ClientFlight(
  choice: Tls12Choice,
  share: KeyShare,
  asksForCertificate: boolean,
): HandshakeState {
  return asksForCertificate
    ? new ExpectTls12ClientCertificate(choice, share)
    : new ExpectClientKeyExchange(choice, share, null);
}

/** Waits for the client's certificate, which may be none (RFC 5246, Section 7.4.6). */
class ExpectTls12ClientCertificate implements HandshakeState {
  readonly #choice: Tls12Choice;
  readonly #share: KeyShare;

  constructor(choice: Tls12Choice, share: KeyShare) {
    this.#choice = choice;
    this.#share = share;
  }

  handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.certificate);
    const chain = parseChain(parseTls12Certificate(message.body).certificateList);
    const [certificate] = chain;
    hs.transcript.add(message.raw);
    refuseOtherPeer(hs, chain);
    hs.negotiated.peerChain = chain;
    if (certificate === undefined) {
      if (hs.config.clientAuth === "require") {
        throw new SslError(
          "SSL_ERROR_NO_CERTIFICATE",
          "Cannot accept client: it sent no certificate, and this server requires one",
          { fault: "value" }, // which TLS 1.2 has another alert for than TLS 1.3
        );
      }
      return Promise.resolve(new ExpectClientKeyExchange(this.#choice, this.#share, null));
    }
    // The hook may take its time: what the client sends next is looked at meanwhile.
    const authentication = authenticatePeer(hs, chain, null);
    authentication.catch(() => {}); // awaited with the CertificateVerify
    const claim = { certificate, authentication };
    return Promise.resolve(new ExpectClientKeyExchange(this.#choice, this.#share, claim));
  }
}

/** Waits for the client's share (RFC 8422, Section 5.7). */
class ExpectClientKeyExchange implements HandshakeState {
  readonly #choice: Tls12Choice;
  readonly #share: KeyShare;
  readonly #claim: Claim | null;

  constructor(choice: Tls12Choice, share: KeyShare, claim: Claim | null) {
    this.#choice = choice;
    this.#share = share;
    this.#claim = claim;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.clientKeyExchange);
    const choice = this.#choice;
    const premasterSecret = await this.#share.complete(parseClientKeyExchange(message.body).point);
    hs.transcript.add(message.raw);
    const transcript = choice.extendedMasterSecret ? hs.transcript : null;
    const masterSecret = await MasterSecret.derive(
      choice.suite,
      premasterSecret,
      choice.randoms,
      transcript,
    );
    const session = await withKeys(hs, choice, masterSecret);
    return this.#claim === null
      ? expectClientFinished(session)
      : new ExpectTls12CertificateVerify(session, this.#claim);
  }
}

/** Waits for the proof that the client holds its certificate's key (RFC 5246, Section 7.4.8). */
class ExpectTls12CertificateVerify implements HandshakeState {
  readonly #session: Tls12Session;
  readonly #claim: Claim;

  constructor(session: Tls12Session, claim: Claim) {
    this.#session = session;
    this.#claim = claim;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.certificateVerify);
    const { certificate, authentication } = this.#claim;
    const verification = verifyTls12Signature(
      certificate.subjectPublicKeyInfo,
      parseCertificateVerify(message.body),
      hs.transcript.messages(),
      hs.config.signatureSchemes,
    );
    verification.catch(() => {}); // awaited below; a refused certificate is the better error
    await authentication;
    hs.negotiated.peerSignatureScheme = await verification;
    hs.transcript.add(message.raw);
    return expectClientFinished(this.#session);
  }
}

function expectClientFinished(session: Tls12Session): HandshakeState {
  return new ExpectChangeCipherSpec(session, async (hs) => {
    await sendTls12Ticket(hs, session);
    await sendTls12Finished(hs, session);
    await keepTls12Session(hs, session);
    return completeTls12(hs, session);
  });
}
