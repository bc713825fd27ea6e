// Copyright 2026 the NSS for Deno authors. MIT license.

import { LazyModule } from "../../../cert/base/lazy_module.ts";
import { initialKeyShares, offersTls12, offersTls13, type SslConfig } from "../../config/config.ts";
import { hasExternalPsks, pskModesOf } from "../../config/external_psk.ts";
import { acceptedTypes, shownTypes, takesCertificates } from "../../config/raw_public_keys.ts";
import { MAX_RECORD_SIZE_LIMIT } from "../../config/settings.ts";
import { alpnProtocols } from "../../extensions/application_layer_protocol_negotiation.ts";
import {
  clientCertificateTypes,
  serverCertificateTypes,
} from "../../extensions/certificate_type.ts";
import { cookie } from "../../extensions/cookie.ts";
import { earlyData } from "../../extensions/early_data.ts";
import { ecPointFormats } from "../../extensions/ec_point_formats.ts";
import { encryptThenMac, extendedMasterSecret, postHandshakeAuth } from "../../extensions/flags.ts";
import { ExtensionBlock } from "../../extensions/extension_block.ts";
import { keyShareClientHello } from "../../extensions/key_share.ts";
import { preSharedKeyClientHello } from "../../extensions/pre_shared_key.ts";
import { pskKeyExchangeModes } from "../../extensions/psk_key_exchange_modes.ts";
import { recordSizeLimit } from "../../extensions/record_size_limit.ts";
import { renegotiationInfo } from "../../extensions/renegotiation_info.ts";
import { serverName } from "../../extensions/server_name.ts";
import { sessionTicket } from "../../extensions/session_ticket.ts";
import { signatureAlgorithms } from "../../extensions/signature_algorithms.ts";
import {
  type CertificateStatusRequest,
  STATUS_TYPE_OCSP,
  statusRequest,
} from "../../extensions/status_request.ts";
import { signedCertificateTimestamp } from "../../extensions/signed_certificate_timestamp.ts";
import { supportedGroups } from "../../extensions/supported_groups.ts";
import { supportedVersionsClientHello } from "../../extensions/supported_versions.ts";
import {
  type ClientHello,
  encodeClientHello,
  replaceBinders,
  truncateBinders,
} from "../../messages/client_hello.ts";
import { encodeHandshake, type HandshakeMessage } from "../../messages/handshake.ts";
import type { ServerHello } from "../../messages/server_hello.ts";
import type {
  ClientSession,
  Tls12ClientSession,
  Tls13ClientSession,
} from "../../base/session_cache.ts";
import { TLS_FALLBACK_SCSV } from "../../tables/cipher_suites.ts";
import { ExtensionType, RAW_PUBLIC_KEY } from "../../tables/extension_types.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import { signatureSchemeByName } from "../../tables/signature_schemes.ts";
import { TLS_1_2, TLS_1_3 } from "../../tables/versions.ts";
import type { EarlyWrite } from "../early_data.ts";
import type { HandshakeContext } from "../handshake.ts";
import { generateKeyShares, type KeyShare } from "../../crypto/key_exchange.ts";
import { EarlySecret } from "../../crypto/key_schedule.ts";
import { ownRecordSizeLimit } from "../limit_records.ts";
import { clientRenegotiationInfo } from "../tls12/renegotiation.ts";
import { type Grease, greaseOf } from "../grease.ts";
import { permuteExtensions } from "./permute_extensions.ts";
import type { OfferedPsk } from "./tls13/offered_psk.ts";

/** Few clients hide their hellos. */
const ECH = new LazyModule("Encrypted Client Hello", () => import("./ech.ts"));

/** The contents of a ClientHello that the server's answer is checked against. */
export interface Offer {
  readonly random: Uint8Array<ArrayBuffer>;
  readonly legacySessionId: Uint8Array<ArrayBuffer>;
  readonly keyShares: readonly KeyShare[];
  /** The PSKs, in the order of pre_shared_key: a server names one by its index. */
  readonly psks: readonly OfferedPsk[];
  /** The offered TLS 1.2 session. */
  readonly tls12Session: Tls12ClientSession | null;
  /** The early data that it announces; `null` for none. */
  readonly early: EarlyWrite | null;
  /** The body of encrypted_client_hello; `null` without. */
  readonly echBody: Uint8Array<ArrayBuffer> | null;
  /** Of an inner ClientHello that no ServerHello has accepted yet; else `null`. */
  readonly ech: EchOffer | null;
  /** Whether the server has accepted this inner ClientHello. */
  readonly echAccepted: boolean;
  /** The types of the extensions, the only ones that the server may answer. */
  readonly extensionTypes: readonly number[];
}

/** An offer without what its encoding determines. */
export type OfferValues = Omit<Offer, "extensionTypes">;

/** An inner ClientHello, sent in an outer one (RFC 9849, Section 6.1). */
export interface EchOffer {
  /** Encrypts an inner ClientHello, and sends it in an outer one. */
  send(
    hs: HandshakeContext,
    inner: OfferValues,
    additions: RetryAdditions | undefined,
  ): Promise<Offer>;
  /**
   * Decides which ClientHello the server answers.
   *
   * @returns The inner one, accepted at least by this message; or else the outer one, with whose
   * configuration and transcript the handshake goes on.
   */
  settle(
    hs: HandshakeContext,
    inner: Offer,
    message: HandshakeMessage,
    hello: ServerHello,
  ): Promise<Offer>;
}

/** What a HelloRetryRequest changes in the second ClientHello. */
export interface RetryAdditions {
  readonly keyShares: readonly KeyShare[];
  readonly cookie: Uint8Array<ArrayBuffer> | undefined;
}

/** Sends the first ClientHello. */
export async function sendFirstClientHello(
  hs: HandshakeContext,
  session: ClientSession | null,
  externalPsks: readonly OfferedPsk[] = [],
): Promise<Offer> {
  const { config, environment } = hs;
  const groups = offersTls13(config) ? initialKeyShares(config) : [];
  const tls12Session = session?.version === TLS_1_2 ? session : null;
  const resumed = session?.version === TLS_1_3 ? pskOfSession(session) : null;
  const offer: OfferValues = {
    random: environment.random(32),
    legacySessionId: sessionIdFor(hs, tls12Session),
    keyShares: await generateKeyShares(groups),
    // RFC 8446, Section 4.2.10: early data goes with the first PSK.
    psks: resumed === null ? externalPsks : [resumed, ...externalPsks],
    tls12Session,
    early: null,
    echBody: null,
    ech: null,
    echAccepted: false,
  };
  const { earlyWrite } = hs;
  const hides = config.echConfigList !== null || config.echGrease;
  const shown = hides ? await (ECH.exports ?? await ECH.load()).withEch(hs, offer) : offer;
  return earlyWrite === null
    ? await sendClientHello(hs, shown)
    : await sendWithEarlyData(hs, shown, resumed, earlyWrite);
}

/** Sends the ClientHello, and makes ready for early data under the session, if there is any. */
async function sendWithEarlyData(
  hs: HandshakeContext,
  offer: OfferValues,
  resumed: OfferedPsk | null,
  earlyWrite: EarlyWrite,
): Promise<Offer> {
  const early = earlyWrite.offer(hs.config, resumed?.session ?? undefined) ? earlyWrite : null;
  const sent = await sendClientHello(hs, { ...offer, early });
  if (early !== null && resumed !== null) await early.start(hs, resumed.earlySecret, offer.random);
  return sent;
}

/** Begins to derive the keys of a session. */
function pskOfSession(session: Tls13ClientSession): OfferedPsk {
  const { ticket, psk, ticketAgeAdd, receivedAt } = session;
  const { hash, hashLength } = session.cipherSuite;
  const earlySecret = EarlySecret.fromPsk(hash, psk);
  const binderKey = earlySecret.binderKey("res").then((key) => {
    key.prepareFinished();
    return key;
  });
  binderKey.catch(() => {}); // awaited with the ClientHello
  return {
    identity: ticket,
    obfuscatedTicketAge: (now) => (Math.max(0, now - receivedAt) + ticketAgeAdd) % 2 ** 32,
    hash,
    hashLength,
    earlySecret,
    binderKey,
    session,
    externalIdentity: null,
  };
}

function sessionIdFor(
  { config, environment }: HandshakeContext,
  session: Tls12ClientSession | null,
): Uint8Array<ArrayBuffer> {
  if (session !== null && session.ticket.length === 0) return session.sessionId;
  // RFC 5077, Section 3.4: a random one, whose echo shows that the server accepts the ticket.
  // RFC 8446, Appendix D.4: for middleboxes, which expect a resumption.
  const looksLikeTls12 = offersTls13(config) && config.compatMode;
  return session !== null || looksLikeTls12 ? environment.random(32) : new Uint8Array(0);
}

/**
 * Sends the second ClientHello: the first one with the changes that the HelloRetryRequest requests
 * (RFC 8446, Section 4.1.2).
 */
export async function sendSecondClientHello(
  hs: HandshakeContext,
  offer: Offer,
  psks: readonly OfferedPsk[],
  additions: RetryAdditions,
): Promise<Offer> {
  // RFC 8446, Section 4.1.2: there is no early data after a HelloRetryRequest.
  const changed = { ...offer, psks, keyShares: additions.keyShares, early: null };
  return await sendClientHello(hs, changed, additions);
}

async function sendClientHello(
  hs: HandshakeContext,
  offer: OfferValues,
  additions?: RetryAdditions,
): Promise<Offer> {
  if (offer.ech !== null) return await offer.ech.send(hs, offer, additions);
  const grease = hs.config.grease ? greaseOf(offer.random) : null;
  const extensions = helloExtensions(hs, hs.config, offer, additions, grease);
  addPreSharedKeys(hs, extensions, offer.psks);
  let message = encodeHandshake(
    HandshakeType.clientHello,
    encodeClientHello(helloOf(hs.config, offer, extensions, grease)),
  );
  if (offer.psks.length > 0) message = await bind(hs, message, offer.psks);
  hs.transcript.add(message);
  hs.output.sendMessage(message);
  hs.output.emit({ kind: "hello" });
  return { ...offer, extensionTypes: answerableTypes(extensions, grease) };
}

/** Returns the values of a ClientHello. */
export function helloOf(
  config: SslConfig,
  offer: OfferValues,
  extensions: ExtensionBlock,
  grease: Grease | null,
): ClientHello {
  return {
    legacyVersion: TLS_1_2,
    random: offer.random,
    legacySessionId: offer.legacySessionId,
    cipherSuites: offeredSuites(config, grease),
    legacyCompressionMethods: new Uint8Array([0]),
    extensions,
  };
}

/** Returns the types of the extensions that a server may answer. */
export function answerableTypes(
  extensions: ExtensionBlock,
  grease: Grease | null,
): readonly number[] {
  return extensions.types().filter((type) => !grease?.extensions.includes(type));
}

/** Returns the extensions of a ClientHello but for pre_shared_key, which is the last. */
export function helloExtensions(
  hs: HandshakeContext,
  config: SslConfig,
  offer: OfferValues,
  additions: RetryAdditions | undefined,
  grease: Grease | null,
): ExtensionBlock {
  let extensions = new ExtensionBlock();
  if (grease !== null) extensions.addBody(grease.extensions[0], new Uint8Array(0));
  if (config.hostname !== null && !isIpAddress(config.hostname)) {
    // RFC 6066, Section 3: literal addresses are not permitted in HostName.
    extensions.add(serverName, config.hostname);
  }
  const tls13 = offersTls13(config);
  const tls12 = offersTls12(config);
  if (tls13) {
    const versions = tls12 ? [TLS_1_3, TLS_1_2] : [TLS_1_3];
    extensions.add(supportedVersionsClientHello, [...greased(grease?.version), ...versions]);
  }
  const groups = config.groups.filter((group) => tls13 || group.tls12).map(({ id }) => id);
  const schemes = config.signatureSchemes.map((scheme) => signatureSchemeByName(scheme)!.id);
  extensions
    .add(supportedGroups, [...greased(grease?.group), ...groups])
    .add(signatureAlgorithms, [...greased(grease?.signatureScheme), ...schemes]);
  if (tls13) {
    const shares = offer.keyShares.map(({ group, publicKey }) => ({
      group,
      keyExchange: publicKey,
    }));
    // RFC 8446, Section 4.1.2: the second ClientHello has only the requested share.
    const greaseGroups = additions === undefined ? greased(grease?.group) : [];
    extensions.add(keyShareClientHello, [
      ...greaseGroups.map((group) => ({ group, keyExchange: new Uint8Array(1) })),
      ...shares,
    ]);
  }
  if (tls12) addTls12Extensions(extensions, hs, config, offer.tls12Session);
  if (config.rawPublicKeys !== null) offerCertificateTypes(config, extensions);
  if (config.rawPublicKeys === null || takesCertificates(config)) {
    if (config.ocspStapling) extensions.add(statusRequest, OCSP_OF_ANY_RESPONDER);
    if (config.signedCertTimestamps) extensions.add(signedCertificateTimestamp, true);
  }
  // Servers of OpenSSL and NSS take none in a renegotiation: it keeps the protocol.
  if (config.alpnProtocols.length > 0 && hs.established === null) {
    extensions.add(alpnProtocols, config.alpnProtocols);
  }
  if (additions?.cookie !== undefined) extensions.add(cookie, additions.cookie);
  // Without it a server sends no tickets (RFC 8446, Section 4.2.9).
  if (tls13 && (config.sessionTickets || hasExternalPsks(config))) {
    extensions.add(pskKeyExchangeModes, pskModesOf(config));
  }
  if (offer.early !== null) extensions.add(earlyData, true);
  if (tls13 && config.postHandshakeAuth) extensions.add(postHandshakeAuth, true);
  if (config.recordSizeLimit < MAX_RECORD_SIZE_LIMIT) {
    extensions.add(recordSizeLimit, ownRecordSizeLimit(config, tls13 ? TLS_1_3 : TLS_1_2));
  }
  if (offer.echBody !== null) {
    extensions.addBody(ExtensionType.encryptedClientHello, offer.echBody);
  }
  if (grease !== null) extensions.addBody(grease.extensions[1], new Uint8Array(1));
  if (config.permuteExtensions) extensions = permuteExtensions(extensions, offer.random);
  return extensions;
}

/** Adds the offered PSKs, with zeros for binders. */
export function addPreSharedKeys(
  { environment }: HandshakeContext,
  extensions: ExtensionBlock,
  psks: readonly OfferedPsk[],
): void {
  if (psks.length === 0) return;
  const now = environment.now();
  // RFC 8446, Section 4.2.11: this MUST be the last extension.
  extensions.add(preSharedKeyClientHello, {
    identities: psks.map((psk) => ({
      identity: psk.identity,
      obfuscatedTicketAge: psk.obfuscatedTicketAge(now),
    })),
    binders: psks.map(({ hashLength }) => new Uint8Array(hashLength)),
  });
}

/** Adds the types of certificates; RFC 7250, Section 4.1: none where it is X.509 alone. */
function offerCertificateTypes(config: SslConfig, extensions: ExtensionBlock): void {
  const [server, client] = [acceptedTypes(config), shownTypes(config)];
  if (server.includes(RAW_PUBLIC_KEY)) extensions.add(serverCertificateTypes, server);
  if (client.includes(RAW_PUBLIC_KEY)) extensions.add(clientCertificateTypes, client);
}

/** RFC 6066, Section 8: an empty list allows any responder. */
const OCSP_OF_ANY_RESPONDER: CertificateStatusRequest = {
  statusType: STATUS_TYPE_OCSP,
  responderIds: [],
  requestExtensions: new Uint8Array(0),
};

/** Adds the extensions that only TLS 1.2 servers use. */
function addTls12Extensions(
  extensions: ExtensionBlock,
  hs: HandshakeContext,
  config: SslConfig,
  session: Tls12ClientSession | null,
): void {
  if (config.extendedMasterSecret !== "off") extensions.add(extendedMasterSecret, true);
  extensions
    .add(renegotiationInfo, clientRenegotiationInfo(hs))
    .add(ecPointFormats, [UNCOMPRESSED]);
  if (config.tls12CipherSuites.some(({ bulk }) => bulk === "AES-CBC")) {
    extensions.add(encryptThenMac, true);
  }
  if (config.sessionTickets) extensions.add(sessionTicket, session?.ticket ?? new Uint8Array(0));
}

/** RFC 8422, Section 5.1.2: the only point format that is not deprecated. */
const UNCOMPRESSED = 0;

/** Returns a list of a GREASE value; empty without one. */
function greased(value: number | undefined): readonly number[] {
  return value === undefined ? [] : [value];
}

function offeredSuites(config: SslConfig, grease: Grease | null): readonly number[] {
  const suites = [
    ...(offersTls13(config) ? config.cipherSuites : []),
    ...(offersTls12(config) ? config.tls12CipherSuites : []),
  ];
  const ids = [...greased(grease?.cipherSuite), ...suites.map(({ id }) => id)];
  return config.fallbackScsv ? [...ids, TLS_FALLBACK_SCSV] : ids;
}

/** Sets the binders, MACs over the ClientHello up to them (RFC 8446, Section 4.2.11.2). */
export async function bind(
  hs: HandshakeContext,
  message: Uint8Array<ArrayBuffer>,
  psks: readonly OfferedPsk[],
): Promise<Uint8Array<ArrayBuffer>> {
  const truncated = truncateBinders(message);
  const digests = psks.map(({ hash }) => {
    const digest = hs.transcript.digestWith(truncated, hash);
    digest.catch(() => {}); // awaited below
    return digest;
  });
  const binders: Uint8Array[] = [];
  for (const [i, { binderKey }] of psks.entries()) {
    const key = await binderKey;
    binders.push(await key.finishedMac(await digests[i]!));
  }
  return replaceBinders(message, binders);
}

function isIpAddress(hostname: string): boolean {
  return hostname.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}
