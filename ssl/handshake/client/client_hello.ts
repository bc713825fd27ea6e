// Copyright 2026 the NSS for Deno authors. MIT license.

import { initialKeyShares } from "../../config.ts";
import { alpnProtocols } from "../../extensions/application_layer_protocol_negotiation.ts";
import { cookie } from "../../extensions/cookie.ts";
import { ExtensionBlock } from "../../extensions/extension_block.ts";
import { keyShareClientHello } from "../../extensions/key_share.ts";
import { preSharedKeyClientHello } from "../../extensions/pre_shared_key.ts";
import { PSK_DHE_KE, pskKeyExchangeModes } from "../../extensions/psk_key_exchange_modes.ts";
import { serverName } from "../../extensions/server_name.ts";
import { signatureAlgorithms } from "../../extensions/signature_algorithms.ts";
import { supportedGroups } from "../../extensions/supported_groups.ts";
import { supportedVersionsClientHello } from "../../extensions/supported_versions.ts";
import { encodeClientHello, replaceBinders, truncateBinders } from "../../messages/client_hello.ts";
import { encodeHandshake } from "../../messages/handshake.ts";
import type { ClientSession } from "../../session_cache/session_cache.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import { signatureSchemeByName } from "../../tables/signature_schemes.ts";
import { TLS_1_2, TLS_1_3 } from "../../tables/versions.ts";
import type { HandshakeContext } from "../handshake.ts";
import { generateKeyShares, type KeyShare } from "../key_exchange.ts";
import { EarlySecret } from "../key_schedule.ts";

/** A session that the hello offers, and the Early Secret that goes with it. */
export interface OfferedSession {
  readonly session: ClientSession;
  readonly earlySecret: EarlySecret;
}

/** What the client has said in its hello; the server's answer is held against it. */
export interface Offer {
  readonly random: Uint8Array<ArrayBuffer>;
  readonly legacySessionId: Uint8Array<ArrayBuffer>;
  readonly keyShares: readonly KeyShare[];
  readonly session: OfferedSession | null;
  /** The extensions of the hello, in answer to which alone the server may send its own. */
  readonly extensionTypes: readonly number[];
}

/** What a HelloRetryRequest adds to the second hello. */
export interface RetryAdditions {
  readonly keyShares: readonly KeyShare[];
  readonly cookie: Uint8Array<ArrayBuffer> | undefined;
}

/** Sends the first ClientHello. */
export async function sendFirstClientHello(
  hs: HandshakeContext,
  session: ClientSession | null,
): Promise<Offer> {
  const keyShares = await generateKeyShares(initialKeyShares(hs.config));
  return await sendClientHello(hs, {
    random: hs.environment.random(32),
    // RFC 8446, Appendix D.4: a session ID, that middleboxes take it for a resumption.
    legacySessionId: hs.environment.random(32),
    keyShares,
    session: session && {
      session,
      earlySecret: EarlySecret.fromPsk(session.cipherSuite.hash, session.psk),
    },
  });
}

/** Sends the second ClientHello: the first one with what the HelloRetryRequest asks for (RFC 8446, Section 4.1.2). */
export async function sendSecondClientHello(
  hs: HandshakeContext,
  offer: Offer,
  session: OfferedSession | null,
  additions: RetryAdditions,
): Promise<Offer> {
  return await sendClientHello(
    hs,
    { ...offer, session, keyShares: additions.keyShares },
    additions,
  );
}

async function sendClientHello(
  hs: HandshakeContext,
  offer: Omit<Offer, "extensionTypes">,
  additions?: RetryAdditions,
): Promise<Offer> {
  const extensions = helloExtensions(hs, offer, additions);
  let message = encodeHandshake(
    HandshakeType.clientHello,
    encodeClientHello({
      legacyVersion: TLS_1_2,
      random: offer.random,
      legacySessionId: offer.legacySessionId,
      cipherSuites: hs.config.cipherSuites.map(({ id }) => id),
      legacyCompressionMethods: new Uint8Array([0]),
      extensions,
    }),
  );
  if (offer.session !== null) message = await bind(hs, message, offer.session);
  hs.transcript.add(message);
  hs.output.sendMessage(message);
  hs.output.emit({ kind: "hello" });
  return { ...offer, extensionTypes: extensions.types() };
}

function helloExtensions(
  { config, environment }: HandshakeContext,
  offer: Omit<Offer, "extensionTypes">,
  additions: RetryAdditions | undefined,
): ExtensionBlock {
  const extensions = new ExtensionBlock();
  if (config.hostname !== null && !isIpAddress(config.hostname)) {
    // RFC 6066, Section 3: literal addresses are not permitted in HostName.
    extensions.add(serverName, config.hostname);
  }
  extensions
    .add(supportedVersionsClientHello, [TLS_1_3])
    .add(supportedGroups, config.groups.map(({ id }) => id))
    .add(
      signatureAlgorithms,
      config.signatureSchemes.map((scheme) => signatureSchemeByName(scheme)!.id),
    )
    .add(
      keyShareClientHello,
      offer.keyShares.map(({ group, publicKey }) => ({ group, keyExchange: publicKey })),
    );
  if (config.alpnProtocols.length > 0) extensions.add(alpnProtocols, config.alpnProtocols);
  if (additions?.cookie !== undefined) extensions.add(cookie, additions.cookie);
  // Without it a server sends no tickets (RFC 8446, Section 4.2.9).
  if (config.sessionTickets) extensions.add(pskKeyExchangeModes, [PSK_DHE_KE]);
  if (offer.session !== null) {
    const { ticket, ticketAgeAdd, receivedAt, cipherSuite } = offer.session.session;
    const age = Math.max(0, environment.now() - receivedAt);
    // RFC 8446, Section 4.2.11: it MUST be the last extension.
    extensions.add(preSharedKeyClientHello, {
      identities: [{ identity: ticket, obfuscatedTicketAge: (age + ticketAgeAdd) % 2 ** 32 }],
      binders: [new Uint8Array(cipherSuite.hashLength)],
    });
  }
  return extensions;
}

/** Fills in the binder, a MAC over the hello up to the binders (RFC 8446, Section 4.2.11.2). */
async function bind(
  hs: HandshakeContext,
  message: Uint8Array<ArrayBuffer>,
  { session, earlySecret }: OfferedSession,
): Promise<Uint8Array<ArrayBuffer>> {
  const [key, hash] = await Promise.all([
    earlySecret.binderKey("res"),
    hs.transcript.digestWith(truncateBinders(message), session.cipherSuite.hash),
  ]);
  return replaceBinders(message, [await key.finishedMac(hash)]);
}

function isIpAddress(hostname: string): boolean {
  return hostname.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}
