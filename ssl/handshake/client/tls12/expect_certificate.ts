// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../../../cert/certificate/certificate.ts";
import { SslError } from "../../../base/errors.ts";
import { ClientCertificateType } from "../../../messages/tls12_certificate_request.ts";
import type { ClientAuthRequest } from "../../../config/hooks.ts";
import { encodeClientKeyExchange } from "../../../messages/client_key_exchange.ts";
import { parseCertificateStatus } from "../../../messages/certificate_status.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { parseServerHelloDone } from "../../../messages/server_hello_done.ts";
import {
  encodeServerEcdhParams,
  parseServerKeyExchange,
  type ServerEcdhParams,
} from "../../../messages/server_key_exchange.ts";
import { parseTls12Certificate } from "../../../messages/tls12_certificate.ts";
import { parseTls12CertificateRequest } from "../../../messages/tls12_certificate_request.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import type { NamedGroup } from "../../../tables/named_groups.ts";
import { authenticatePeer, parseChain } from "../../../authentication/authenticate_peer.ts";
import { knownSchemes } from "../../../authentication/certificate_verify.ts";
import {
  expectMessage,
  type HandshakeContext,
  type HandshakeState,
  sendHandshake,
} from "../../handshake.ts";
import { generateKeyShare } from "../../../crypto/key_exchange.ts";
import { ExpectChangeCipherSpec, sendTls12Finished } from "../../tls12/finished.ts";
import { concat, MasterSecret } from "../../../crypto/master_secret.ts";
import { type Tls12Choice, withKeys } from "../../tls12/session.ts";
import { authOf, verifyTls12Signature } from "../../../authentication/tls12_signature.ts";
import { refuseOtherPeer } from "../../tls12/renegotiation.ts";
import { readAuthorities } from "../../../authentication/read_authorities.ts";
import {
  chooseTls12Credential,
  sendTls12Certificate,
  sendTls12CertificateVerify,
} from "./send_certificate.ts";
import { completeTls12, takeTls12Ticket } from "./connected.ts";

/** Waits for the server's certificate (RFC 5246, Section 7.4.2). */
export class ExpectTls12Certificate implements HandshakeState {
  readonly #choice: Tls12Choice;

  /** Takes what the hellos have settled. */
  constructor(choice: Tls12Choice) {
    this.#choice = choice;
  }

  /** Takes Certificate. */
  handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.certificate);
    const { certificateList } = parseTls12Certificate(message.body);
    const chain = parseChain(certificateList);
    const [certificate] = chain;
    if (certificate === undefined) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
        "Cannot take Certificate: the server sent none",
      );
    }
    if (authOf(certificate.subjectPublicKeyInfo) !== this.#choice.suite.auth) {
      throw new SslError(
        "SSL_ERROR_CERT_KEA_MISMATCH",
        `Cannot take Certificate: its key does not go with ${this.#choice.suite.name}`,
      );
    }
    refuseOtherPeer(hs, chain);
    hs.negotiated.peerChain = chain;
    hs.transcript.add(message.raw);
    if (this.#choice.statusDue) {
      return Promise.resolve(new ExpectCertificateStatus(this.#choice, chain));
    }
    return Promise.resolve(authenticate(hs, this.#choice, chain, null));
  }
}

/** Waits for the server's OCSP response, which it may leave out all the same (RFC 6066, Section 8). */
class ExpectCertificateStatus implements HandshakeState {
  readonly #choice: Tls12Choice;
  readonly #chain: readonly Certificate[];

  constructor(
    choice: Tls12Choice,
    chain: readonly Certificate[],
  ) {
    this.#choice = choice;
    this.#chain = chain;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    const { certificateStatus, serverKeyExchange } = HandshakeType;
    expectMessage(message, certificateStatus, serverKeyExchange);
    const next = (response: Uint8Array<ArrayBuffer> | null) =>
      authenticate(hs, this.#choice, this.#chain, response);
    if (message.type === serverKeyExchange) return await next(null).handle(message, hs);
    const { ocspResponse } = parseCertificateStatus(message.body);
    hs.transcript.add(message.raw);
    return next(ocspResponse);
  }
}

/** Begins to decide about the server's certificate; the hook may take its time, what the server sends next is looked at meanwhile. */
function authenticate(
  hs: HandshakeContext,
  choice: Tls12Choice,
  chain: readonly Certificate[],
  ocspResponse: Uint8Array<ArrayBuffer> | null,
): HandshakeState {
  const authentication = authenticatePeer(hs, chain, ocspResponse);
  authentication.catch(() => {}); // awaited before anything is sent
  return new ExpectServerKeyExchange(choice, chain[0]!, authentication);
}

/** Waits for the server's share, signed (RFC 8422, Section 5.4). */
class ExpectServerKeyExchange implements HandshakeState {
  readonly #choice: Tls12Choice;
  readonly #certificate: Certificate;
  readonly #authentication: Promise<void>;

  constructor(
    choice: Tls12Choice,
    certificate: Certificate,
    authentication: Promise<void>,
  ) {
    this.#choice = choice;
    this.#certificate = certificate;
    this.#authentication = authentication;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.serverKeyExchange);
    const exchange = parseServerKeyExchange(message.body);
    const group = offeredGroup(hs, exchange.params);
    const { randoms } = this.#choice;
    const content = concat(
      concat(randoms.client, randoms.server),
      encodeServerEcdhParams(exchange.params),
    );
    const verification = verifyTls12Signature(
      this.#certificate.subjectPublicKeyInfo,
      exchange,
      content,
      hs.config.signatureSchemes,
    );
    verification.catch(() => {}); // awaited below; a refused certificate is the better error
    await this.#authentication;
    hs.negotiated.peerSignatureScheme = await verification;
    hs.transcript.add(message.raw);
    hs.negotiated.group = group;
    const share = { group, point: exchange.params.point };
    return new ExpectRequestOrDone(this.#choice, share, null);
  }
}

function offeredGroup({ config }: HandshakeContext, { namedCurve }: ServerEcdhParams): NamedGroup {
  const group = config.groups.find(({ id, tls12 }) => id === namedCurve && tls12);
  if (group !== undefined) return group;
  // RFC 8422, Section 5.4: a curve that was not offered.
  throw new SslError(
    "SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH",
    "Cannot take ServerKeyExchange: its curve was not offered",
    { fault: "value" },
  );
}

/** What the server gives to the key exchange. */
interface ServerShare {
  readonly group: NamedGroup;
  readonly point: Uint8Array<ArrayBuffer>;
}

/** Waits for the end of the server's flight, or first for its request to see a certificate. */
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
    const credential = this.#request && await chooseTls12Credential(hs, this.#request);
    if (this.#request !== null) sendTls12Certificate(hs, credential?.credential ?? null);
    const premasterSecret = await this.#exchangeKeys(hs);
    const transcript = choice.extendedMasterSecret ? hs.transcript : null;
    const masterSecret = await MasterSecret.derive(
      choice.suite,
      premasterSecret,
      choice.randoms,
      transcript,
    );
    const session = await withKeys(hs, choice, masterSecret);
    if (credential) await sendTls12CertificateVerify(hs, credential);
    await sendTls12Finished(hs, session);
    return new ExpectChangeCipherSpec(
      session,
      () => completeTls12(hs, session, session.sessionId),
      choice.ticketDue ? (message) => takeTls12Ticket(hs, message) : null,
    );
  }

  async #exchangeKeys(hs: HandshakeContext): Promise<Uint8Array<ArrayBuffer>> {
    const { group, point } = this.#share;
    const share = await generateKeyShare(group);
    const premasterSecret = await share.complete(point);
    sendHandshake(
      hs,
      HandshakeType.clientKeyExchange,
      encodeClientKeyExchange({ point: share.publicKey }),
    );
    return premasterSecret;
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
