// Copyright 2026 the NSS for Deno authors. MIT license.

import { concat } from "../../../../cert/base/bytes.ts";
import { SslError } from "../../../base/errors.ts";
import { ClientCertificateType } from "../../../messages/tls12_certificate_request.ts";
import type { ClientAuthRequest } from "../../../config/hooks.ts";
import { encodeClientKeyExchange } from "../../../messages/client_key_exchange.ts";
import { parseCertificateStatus } from "../../../messages/certificate_status.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { parseServerHelloDone } from "../../../messages/empty_messages.ts";
import {
  encodeServerEcdhParams,
  parseServerKeyExchange,
  type ServerEcdhParams,
} from "../../../messages/server_key_exchange.ts";
import { parseTls12Certificate } from "../../../messages/tls12_certificate.ts";
import { parseTls12CertificateRequest } from "../../../messages/tls12_certificate_request.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import type { NamedGroup } from "../../../tables/named_groups.ts";
import {
  AuthenticatedPeer,
  type PeerClaim,
  publicKeyOf,
  readPeer,
  type ReceivedChain,
} from "../../../authentication/authenticate_peer.ts";
import { chooseClientSigner } from "../../../authentication/choose_signer.ts";
import { knownSchemes } from "../../../authentication/certificate_verify.ts";
import {
  expectMessage,
  type HandshakeContext,
  type HandshakeState,
  sendHandshake,
} from "../../handshake.ts";
import { generateKeyShare } from "../../../crypto/key_exchange.ts";
import {
  type AfterFinished,
  expectTls12Finished,
  ExpectTls12Ticket,
  sendTls12Finished,
} from "../../tls12/finished.ts";
import { type Tls12Choice, withNewKeys } from "../../tls12/session.ts";
import { authOf, verifyTls12Signature } from "../../../authentication/tls12_signature.ts";
import { refuseOtherPeer } from "../../tls12/renegotiation.ts";
import { readAuthorities } from "../../../authentication/read_authorities.ts";
import { shownBefore, shownBy, type Tls12Negotiated } from "../../negotiated.ts";
import { show, showPeer } from "../../progress.ts";
import { sendTls12Certificate, sendTls12CertificateVerify } from "../../tls12/send_certificate.ts";
import { completeTls12 } from "./connected.ts";
import { takeTls12Ticket, type Tls12Ticket } from "./session.ts";

/** Waits for the server's certificate (RFC 5246, Section 7.4.2). */
export class ExpectTls12Certificate implements HandshakeState {
  readonly #choice: Tls12Choice;
  readonly #signedCertTimestamps: Uint8Array<ArrayBuffer> | null;

  /** Creates the state for what the hellos have negotiated, and the SCTs of ServerHello. */
  constructor(choice: Tls12Choice, signedCertTimestamps: Uint8Array<ArrayBuffer> | null) {
    this.#choice = choice;
    this.#signedCertTimestamps = signedCertTimestamps;
  }

  /** Processes Certificate. */
  handle(message: HandshakeMessage, hs: HandshakeContext): HandshakeState {
    expectMessage(message, HandshakeType.certificate);
    const { rawServer } = this.#choice.certificateTypes;
    const { certificateList } = parseTls12Certificate(message.body, rawServer);
    const received = readPeer(certificateList, rawServer, {
      stapledOcspResponse: null, // in CertificateStatus
      signedCertTimestamps: this.#signedCertTimestamps,
    });
    if (received === null) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
        "Cannot take Certificate: the server sent none",
      );
    }
    const { cipherSuite } = this.#choice.agreement;
    const { chain: peerChain, rawPublicKey: peerRawPublicKey } = received;
    if (authOf(publicKeyOf(received)) !== cipherSuite.auth) {
      throw new SslError(
        "SSL_ERROR_CERT_KEA_MISMATCH",
        `Cannot take Certificate: its key does not go with ${cipherSuite.name}`,
      );
    }
    refuseOtherPeer(hs, { peerChain, peerRawPublicKey });
    show(hs, { peerChain, peerRawPublicKey });
    hs.transcript.add(message.raw);
    return this.#choice.statusDue && received.rawPublicKey === null
      ? new ExpectCertificateStatus(this.#choice, received)
      : new ExpectServerKeyExchange(this.#choice, AuthenticatedPeer.claim(hs, received));
  }
}

/** Waits for the server's OCSP response, which it may omit (RFC 6066, Section 8). */
class ExpectCertificateStatus implements HandshakeState {
  readonly #choice: Tls12Choice;
  readonly #received: ReceivedChain;

  constructor(choice: Tls12Choice, received: ReceivedChain) {
    this.#choice = choice;
    this.#received = received;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    const { certificateStatus, serverKeyExchange } = HandshakeType;
    expectMessage(message, certificateStatus, serverKeyExchange);
    if (message.type === serverKeyExchange) {
      const claim = AuthenticatedPeer.claim(hs, this.#received);
      return await new ExpectServerKeyExchange(this.#choice, claim).handle(message, hs);
    }
    const { ocspResponse: stapledOcspResponse } = parseCertificateStatus(message.body);
    hs.transcript.add(message.raw);
    show(hs, { stapledOcspResponse });
    const claim = AuthenticatedPeer.claim(hs, { ...this.#received, stapledOcspResponse });
    return new ExpectServerKeyExchange(this.#choice, claim);
  }
}

/** Waits for the server's signed key share (RFC 8422, Section 5.4). */
class ExpectServerKeyExchange implements HandshakeState {
  readonly #choice: Tls12Choice;
  readonly #claim: PeerClaim;

  constructor(choice: Tls12Choice, claim: PeerClaim) {
    this.#choice = choice;
    this.#claim = claim;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.serverKeyExchange);
    const { params, ...signed } = parseServerKeyExchange(message.body);
    const group = offeredGroup(hs, params);
    const { randoms } = this.#choice;
    const content = concat([randoms.client, randoms.server, encodeServerEcdhParams(params)]);
    const verification = verifyTls12Signature(
      this.#claim.publicKey,
      signed,
      content,
      hs.config.signatureSchemes,
    );
    const proof = this.#claim.prove(verification);
    // The secret is computed while the signature is verified, and used after it.
    const exchange = exchangeKeys(group, params.point);
    exchange.catch(() => {}); // awaited after ServerHelloDone
    const peer = await proof;
    showPeer(hs, peer);
    show(hs, { group });
    hs.transcript.add(message.raw);
    return new ExpectRequestOrDone(this.#choice, { peer, group, exchange }, null);
  }
}

/**
 * Returns the group of a server's share.
 *
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH` if it was not offered.
 */
export function offeredGroup(
  { config }: HandshakeContext,
  { namedCurve }: ServerEcdhParams,
): NamedGroup {
  const group = config.groups.find(({ id, tls12 }) => id === namedCurve && tls12);
  if (group !== undefined) return group;
  // RFC 8422, Section 5.4: the curve must be an offered one.
  throw new SslError(
    "SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH",
    "Cannot take ServerKeyExchange: its curve was not offered",
    { fault: "value" },
  );
}

/** This end's part of a key exchange. */
interface KeyExchange {
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly premasterSecret: Uint8Array<ArrayBuffer>;
}

async function exchangeKeys(
  group: NamedGroup,
  point: Uint8Array<ArrayBuffer>,
): Promise<KeyExchange> {
  const share = await generateKeyShare(group);
  return { publicKey: share.publicKey, premasterSecret: await share.complete(point) };
}

/** The key exchange with an authenticated server. */
interface ServerShare {
  readonly peer: AuthenticatedPeer;
  readonly group: NamedGroup;
  readonly exchange: Promise<KeyExchange>;
}

/** Waits for CertificateRequest, which is optional, and ServerHelloDone. */
class ExpectRequestOrDone implements HandshakeState {
  readonly #choice: Tls12Choice;
  readonly #share: ServerShare;
  readonly #request: ClientAuthRequest | null;

  constructor(
    choice: Tls12Choice,
    share: ServerShare,
    request: ClientAuthRequest | null,
  ) {
    this.#choice = choice;
    this.#share = share;
    this.#request = request;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    const { certificateRequest, serverHelloDone } = HandshakeType;
    if (this.#request !== null) expectMessage(message, serverHelloDone);
    else expectMessage(message, certificateRequest, serverHelloDone);
    hs.transcript.add(message.raw);
    if (message.type === certificateRequest) {
      const request = readRequest(message);
      return new ExpectRequestOrDone(this.#choice, this.#share, request);
    }
    parseServerHelloDone(message.body);
    return await this.#sendFlight(hs);
  }

  async #sendFlight(hs: HandshakeContext): Promise<HandshakeState> {
    const choice = this.#choice;
    const { rawClient } = choice.certificateTypes;
    const chosen = this.#request && await chooseClientSigner(hs, this.#request, rawClient);
    const signer = chosen === null || "reason" in chosen ? null : chosen;
    show(hs, { noCertificate: chosen !== null && "reason" in chosen ? chosen.reason : null });
    if (this.#request !== null) {
      sendTls12Certificate(hs, signer?.credential ?? null, rawClient);
    }
    const { peer, group, exchange } = this.#share;
    const { publicKey, premasterSecret } = await exchange;
    sendHandshake(
      hs,
      HandshakeType.clientKeyExchange,
      encodeClientKeyExchange({ point: publicKey }),
    );
    // The master secret covers no message after this one, and is derived while one is signed.
    const [session] = await Promise.all([
      withNewKeys(hs, choice, premasterSecret),
      signer === null ? undefined : sendTls12CertificateVerify(hs, signer),
    ]);
    const client = await sendTls12Finished(hs, session);
    const askedForClientAuthData = this.#request !== null && hs.config.getClientAuthData !== null;
    const shown = signer === null ? shownBefore([]) : shownBy(signer);
    const local = { ...shown, askedForClientAuthData };
    const complete = (ticket: Tls12Ticket | null): AfterFinished => (hs, server) => {
      const verifyData = { client, server };
      const negotiated: Tls12Negotiated = {
        ...choice.agreement,
        group,
        peer,
        local,
        authenticatedAt: null,
        verifyData,
      };
      return completeTls12(hs, session, negotiated, { sessionId: session.sessionId, ticket });
    };
    return choice.ticketDue
      ? new ExpectTls12Ticket(session, (message) => complete(takeTls12Ticket(hs, message)))
      : expectTls12Finished(hs, session, complete(null));
  }
}

function readRequest(message: HandshakeMessage): ClientAuthRequest {
  const request = parseTls12CertificateRequest(message.body);
  const { rsaSign, ecdsaSign } = ClientCertificateType;
  const accepted = request.certificateTypes;
  return {
    version: "TLSv1.2",
    caNames: readAuthorities(request.certificateAuthorities),
    signatureSchemes: knownSchemes(request.supportedSignatureAlgorithms).filter((scheme) =>
      accepted.includes(scheme.startsWith("rsa") ? rsaSign : ecdsaSign)
    ),
  };
}
