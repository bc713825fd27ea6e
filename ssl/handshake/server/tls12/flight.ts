// Copyright 2026 the NSS for Deno authors. MIT license.

import { concat } from "../../../../cert/base/bytes.ts";
import { LazyModule } from "../../../../cert/base/lazy_module.ts";
import { offersTls13, type SslConfig } from "../../../config/config.ts";
import { takesExternalPsks } from "../../../config/external_psk.ts";
import { SslError } from "../../../base/errors.ts";
import {
  alpnProtocol,
  alpnProtocols,
} from "../../../extensions/application_layer_protocol_negotiation.ts";
import { ecPointFormats } from "../../../extensions/ec_point_formats.ts";
import { encryptThenMac, extendedMasterSecret } from "../../../extensions/flags.ts";
import { ExtensionBlock } from "../../../extensions/extension_block.ts";
import { recordSizeLimit } from "../../../extensions/record_size_limit.ts";
import { renegotiationInfo } from "../../../extensions/renegotiation_info.ts";
import { serverNameAcknowledgement } from "../../../extensions/server_name.ts";
import { sessionTicketPromise } from "../../../extensions/session_ticket.ts";
import { signatureAlgorithms } from "../../../extensions/signature_algorithms.ts";
import { statusRequestEmpty } from "../../../extensions/status_request.ts";
import { supportedGroups } from "../../../extensions/supported_groups.ts";
import { encodeCertificateStatus } from "../../../messages/certificate_status.ts";
import type { ClientHello } from "../../../messages/client_hello.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { encodeServerHello } from "../../../messages/server_hello.ts";
import { encodeServerHelloDone } from "../../../messages/empty_messages.ts";
import {
  encodeServerEcdhParams,
  encodeServerKeyExchange,
} from "../../../messages/server_key_exchange.ts";
import {
  ClientCertificateType,
  encodeTls12CertificateRequest,
} from "../../../messages/tls12_certificate_request.ts";
import {
  type Tls12CipherSuite,
  TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
} from "../../../tables/cipher_suites.ts";
import {
  DOWNGRADE_SENTINEL_LENGTH,
  DOWNGRADE_TO_TLS_1_2,
} from "../../../tables/downgrade_sentinels.ts";
import { ExtensionType, RAW_PUBLIC_KEY } from "../../../tables/extension_types.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import type { NamedGroup } from "../../../tables/named_groups.ts";
import { isTls12Scheme, signatureSchemeByName } from "../../../tables/signature_schemes.ts";
import { TLS_1_2 } from "../../../tables/versions.ts";
import { knownSchemes } from "../../../authentication/certificate_verify.ts";
import { type HandshakeContext, type HandshakeState, sendHandshake } from "../../handshake.ts";
import { generateKeyShare, type KeyShare } from "../../../crypto/key_exchange.ts";
import { recordLimits } from "../../limit_records.ts";
import {
  clientRenegotiationInfo,
  keptProtocol,
  refuseOtherBinding,
  refuseWeakerMac,
  serverRenegotiationInfo,
  takeRenegotiationInfo,
} from "../../tls12/renegotiation.ts";
import type { Tls12Choice } from "../../tls12/session.ts";
import type { Signer } from "../../../authentication/authentication_context.ts";
import { chooseTls12ServerSigner } from "../../../authentication/choose_signer.ts";
import { signTls12 } from "../../../authentication/tls12_signature.ts";
import {
  CERTIFICATE_TYPES,
  negotiatesTypes,
  shownBy,
  type Tls12Agreement,
} from "../../negotiated.ts";
import {
  type CertificateTypes,
  clientCertificateType,
  serverCertificateType,
  X509_TYPES,
} from "../../../extensions/certificate_type.ts";
import { show } from "../../progress.ts";
import { authorityNames } from "../../../authentication/authority_names.ts";
import { chooseProtocol } from "../../choose_protocol.ts";
import { sendTls12Certificate } from "../../tls12/send_certificate.ts";
import { acceptTls12Session, newSessionId, resumeTls12Session } from "./session.ts";
import { expectTls12ClientFlight } from "./expect_certificate.ts";

/** Few servers have pre-shared keys. */
const PSK = new LazyModule("a server's pre-shared keys of TLS 1.2", () => import("./psk.ts"));

/** The host that a client asks for. */
export interface RequestedHost {
  /** The host name in server_name; `null` for none. */
  readonly serverName: string | null;
  /** Whether the SNI hook has chosen a configuration for it. */
  readonly choseConfig: boolean;
}

/**
 * Answers a ClientHello in TLS 1.2 (RFC 5246, Section 7.3). A full handshake continues:
 *
 * ```text
 *                                 ServerHello, Certificate, CertificateStatus (if requested),
 *                                 ServerKeyExchange, CertificateRequest (if configured),
 *                                 ServerHelloDone -->
 * ExpectTls12ClientCertificate    <-- Certificate (if requested)
 * ExpectClientKeyExchange         <-- ClientKeyExchange
 * ExpectTls12CertificateVerify    <-- CertificateVerify (with a certificate)
 * ExpectChangeCipherSpec          <-- change_cipher_spec
 * ExpectTls12Finished             <-- Finished
 *                                 NewSessionTicket (if requested), change_cipher_spec, Finished -->
 * ```
 *
 * If a session is resumed, the server's change_cipher_spec and Finished follow ServerHello, and
 * then the client's.
 */
export async function sendTls12ServerFlight(
  hs: HandshakeContext,
  message: HandshakeMessage,
  hello: ClientHello,
  { serverName, choseConfig }: RequestedHost,
): Promise<HandshakeState> {
  const { config } = hs;
  const { extensions } = hello;
  const secureRenegotiation = checkHello(hs, hello);
  show(hs, { version: TLS_1_2 });
  const alpnProtocol = hs.established === null
    ? await chooseProtocol(hs, extensions, serverName)
    : keptProtocol(hs.established, extensions?.get(alpnProtocols));
  show(hs, { alpnProtocol });
  const agreed: Agreed = { alpnProtocol, serverName, secureRenegotiation };
  const accepted = await acceptTls12Session(hs, hello, serverName);
  if (accepted !== null) {
    // RFC 5246, Section 7.4.1.3, and RFC 5077, Section 3.4: the echo means that the session is
    // resumed.
    const choice = makeChoice(hs, hello, agreed, accepted.cipherSuite, hello.legacySessionId);
    begin(hs, message, choice);
    sendServerHello(hs, hello, choice);
    return await resumeTls12Session(hs, choice, accepted.content);
  }
  const group = chooseGroup(hs, hello);
  const pskSuite = choosePskSuite(config, hello);
  if (pskSuite !== undefined) {
    const all = makeChoice(hs, hello, agreed, pskSuite, new Uint8Array(0));
    const choice = { ...all, ticketDue: false }; // a session could outlive the key
    begin(hs, message, choice);
    sendServerHello(hs, hello, choice);
    const { sendPskFlight } = PSK.exports ?? await PSK.load();
    return await sendPskFlight(hs, choice, group);
  }
  // RFC 5246, Section 7.4.1.4.1: a client without the extension accepts only SHA-1, which this
  // server does not use.
  const signatureSchemes = knownSchemes(extensions?.get(signatureAlgorithms) ?? []);
  hs.hooks.observer?.peerSchemes(signatureSchemes);
  const types = negotiatesTypes(config, extensions)
    ? CERTIFICATE_TYPES.exports ?? await CERTIFICATE_TYPES.load()
    : null;
  const signer = await chooseTls12ServerSigner(config, serverName, {
    cipherSuites: hello.cipherSuites,
    groups: extensions?.get(supportedGroups),
    signatureSchemes,
  }, types?.typesForServer(config, extensions) ?? null);
  const { credential } = signer;
  show(hs, { group });
  const clientType = config.clientAuth === "none"
    ? null
    : types === null
    ? false
    : types.chooseClientType(config, extensions, config.clientAuth === "require");
  const rawServer = credential.rawPublicKey !== null;
  const certificateTypes = rawServer || clientType
    ? { rawServer, rawClient: clientType ?? false }
    : X509_TYPES;
  const sessionId = newSessionId(hs, hello);
  const choice = makeChoice(hs, hello, agreed, signer.cipherSuite, sessionId, certificateTypes);
  begin(hs, message, choice);
  const ocspResponse = extensions?.has(ExtensionType.statusRequest)
    ? credential.ocspResponse
    : undefined;
  sendServerHello(hs, hello, choice, {
    staples: ocspResponse !== undefined,
    scts: credential.scts,
    nameChose: choseConfig || signer.byName,
  });
  sendTls12Certificate(hs, credential, rawServer);
  if (ocspResponse !== undefined) {
    sendHandshake(hs, HandshakeType.certificateStatus, encodeCertificateStatus({ ocspResponse }));
  }
  const share = await generateKeyShare(group);
  await sendServerKeyExchange(hs, choice, signer, share);
  const requestsCertificate = clientType !== null;
  if (requestsCertificate) sendCertificateRequest(hs);
  sendHandshake(hs, HandshakeType.serverHelloDone, encodeServerHelloDone());
  const flight = { choice, group, share, local: shownBy(signer) };
  return expectTls12ClientFlight(hs, flight, requestsCertificate);
}

/**
 * Returns the suite with a pre-shared key, if it is the first of the server's that both ends use.
 */
function choosePskSuite(
  config: SslConfig,
  { cipherSuites }: ClientHello,
): Tls12CipherSuite | undefined {
  if (!takesExternalPsks(config)) return undefined;
  const first = config.tls12CipherSuites.find(({ id, auth }) =>
    cipherSuites.includes(id) && (auth === "psk" || config.credentials.length > 0)
  );
  return first?.auth === "psk" ? first : undefined;
}

/** Checks a ClientHello; returns whether the client supports RFC 5746. */
function checkHello(hs: HandshakeContext, hello: ClientHello): boolean {
  const { config } = hs;
  if (!hello.legacyCompressionMethods.includes(0)) {
    throw new SslError(
      "SSL_ERROR_NO_COMPRESSION_OVERLAP",
      "Cannot take ClientHello: it insists on compression",
    );
  }
  const secureRenegotiation = takeRenegotiationInfo(
    hs,
    hello.extensions?.get(renegotiationInfo),
    hello.cipherSuites.includes(TLS_EMPTY_RENEGOTIATION_INFO_SCSV),
    clientRenegotiationInfo(hs),
  );
  if (
    config.extendedMasterSecret === "required" &&
    !hello.extensions?.has(ExtensionType.extendedMasterSecret)
  ) {
    throw new SslError(
      "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET",
      "Cannot take ClientHello: it has no extended master secret, which this server requires",
    );
  }
  return secureRenegotiation;
}

/** What is negotiated before the cipher suite. */
type Agreed = Pick<Tls12Agreement, "alpnProtocol" | "serverName" | "secureRenegotiation">;

/** Returns what the hellos determine, with the selected cipher suite. */
function makeChoice(
  hs: HandshakeContext,
  hello: ClientHello,
  agreed: Agreed,
  cipherSuite: Tls12CipherSuite,
  sessionId: Uint8Array<ArrayBuffer>,
  certificateTypes: CertificateTypes = X509_TYPES,
): Tls12Choice {
  const { config, environment } = hs;
  const random = environment.random(32);
  // RFC 8446, Section 4.1.3: reveals to clients that support TLS 1.3 that this server does, too.
  if (offersTls13(config)) random.set(DOWNGRADE_TO_TLS_1_2, 32 - DOWNGRADE_SENTINEL_LENGTH);
  const has = (type: number) => hello.extensions?.has(type) ?? false;
  const bindsSecret = has(ExtensionType.extendedMasterSecret) &&
    config.extendedMasterSecret !== "off";
  return {
    agreement: {
      ...agreed,
      version: TLS_1_2,
      cipherSuite,
      extendedMasterSecret: bindsSecret,
      encryptThenMac: cipherSuite.bulk === "AES-CBC" && has(ExtensionType.encryptThenMac),
    },
    randoms: { client: hello.random, server: random },
    sessionId,
    recordLimits: recordLimits(config, hello.extensions, TLS_1_2),
    certificateTypes,
    statusDue: false, // only clients use it
    // RFC 7627, Section 5.4: sessions without the extended master secret should not be resumed.
    ticketDue: config.sessionTickets && has(ExtensionType.sessionTicket) && bindsSecret,
  };
}

function begin(hs: HandshakeContext, message: HandshakeMessage, choice: Tls12Choice): void {
  const { cipherSuite, extendedMasterSecret, encryptThenMac } = choice.agreement;
  show(hs, { cipherSuite });
  refuseOtherBinding(hs, extendedMasterSecret);
  refuseWeakerMac(hs, cipherSuite, encryptThenMac);
  hs.transcript.setHash(cipherSuite.hash);
  hs.transcript.add(message.raw);
}

/** What the certificate of a full handshake lets ServerHello answer. */
interface CertificateAnswers {
  /** Whether there is an OCSP response. */
  readonly staples?: boolean;
  /** The signed certificate timestamps. */
  readonly scts?: Uint8Array<ArrayBuffer> | undefined;
  /** Whether the host name has guided the choice of the certificate or the configuration. */
  readonly nameChose?: boolean;
}

function sendServerHello(
  hs: HandshakeContext,
  hello: ClientHello,
  choice: Tls12Choice,
  { staples = false, scts, nameChose = false }: CertificateAnswers = {},
): void {
  const extensions = new ExtensionBlock();
  const asked = (type: number) => hello.extensions?.has(type) ?? false;
  const { agreement } = choice;
  if (agreement.secureRenegotiation) extensions.add(renegotiationInfo, serverRenegotiationInfo(hs));
  if (agreement.extendedMasterSecret) extensions.add(extendedMasterSecret, true);
  if (agreement.encryptThenMac) extensions.add(encryptThenMac, true);
  if (choice.ticketDue) extensions.add(sessionTicketPromise, true);
  if (asked(ExtensionType.ecPointFormats)) extensions.add(ecPointFormats, [0]);
  // RFC 6066, Section 3.
  if (nameChose && asked(ExtensionType.serverName)) extensions.add(serverNameAcknowledgement, true);
  // RFC 7250, Section 4.2: what is X.509 needs no answer.
  if (choice.certificateTypes.rawClient) extensions.add(clientCertificateType, RAW_PUBLIC_KEY);
  if (choice.certificateTypes.rawServer) extensions.add(serverCertificateType, RAW_PUBLIC_KEY);
  if (staples) extensions.add(statusRequestEmpty, true);
  if (scts !== undefined && asked(ExtensionType.signedCertificateTimestamp)) {
    extensions.addBody(ExtensionType.signedCertificateTimestamp, scts);
  }
  if (asked(ExtensionType.recordSizeLimit)) {
    extensions.add(recordSizeLimit, choice.recordLimits.received);
  }
  if (
    agreement.alpnProtocol !== null && asked(ExtensionType.applicationLayerProtocolNegotiation)
  ) {
    extensions.add(alpnProtocol, agreement.alpnProtocol);
  }
  sendHandshake(
    hs,
    HandshakeType.serverHello,
    encodeServerHello({
      legacyVersion: TLS_1_2,
      random: choice.randoms.server,
      legacySessionIdEcho: choice.sessionId,
      cipherSuite: agreement.cipherSuite.id,
      legacyCompressionMethod: 0,
      extensions: extensions.types().length > 0 ? extensions : undefined,
    }),
  );
}

async function sendServerKeyExchange(
  hs: HandshakeContext,
  { randoms }: Tls12Choice,
  { key, scheme }: Signer,
  share: KeyShare,
): Promise<void> {
  const params = { namedCurve: share.group, point: share.publicKey };
  const content = concat([randoms.client, randoms.server, encodeServerEcdhParams(params)]);
  const signed = await signTls12(key, scheme, content);
  sendHandshake(
    hs,
    HandshakeType.serverKeyExchange,
    encodeServerKeyExchange({ params, ...signed }),
  );
}

function sendCertificateRequest(hs: HandshakeContext): void {
  const { signatureSchemes } = hs.config;
  const { rsaSign, ecdsaSign } = ClientCertificateType;
  sendHandshake(
    hs,
    HandshakeType.certificateRequest,
    encodeTls12CertificateRequest({
      certificateTypes: [ecdsaSign, rsaSign],
      supportedSignatureAlgorithms: signatureSchemes.filter(isTls12Scheme)
        .map((scheme) => signatureSchemeByName(scheme)!.id),
      certificateAuthorities: authorityNames(hs.config),
    }),
  );
}

/**
 * Selects the first group of the server's list that the client supports; a client without the
 * extension is assumed to support P-256 (RFC 8422, Section 4).
 */
function chooseGroup({ config }: HandshakeContext, hello: ClientHello): NamedGroup {
  const named = hello.extensions?.get(supportedGroups);
  const usable = config.groups.filter(({ tls12 }) => tls12);
  const group = usable.find(({ id, name }) => named?.includes(id) ?? name === "secp256r1");
  if (group !== undefined) return group;
  throw new SslError(
    "SSL_ERROR_KEY_EXCHANGE_FAILURE",
    "Cannot agree on a key exchange group: the client offers none of " +
      usable.map(({ name }) => name).join(", ") +
      "; compare the option groups of both ends",
  );
}
