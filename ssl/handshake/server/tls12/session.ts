// Copyright 2026 the NSS for Deno authors. MIT license.

import { sessionTicket } from "../../../extensions/session_ticket.ts";
import type { ClientHello } from "../../../messages/client_hello.ts";
import { MAX_SESSION_ID_LENGTH } from "../../../messages/handshake.ts";
import { encodeTls12NewSessionTicket } from "../../../messages/tls12_new_session_ticket.ts";
import { SslError } from "../../../base/errors.ts";
import { ticketBinding, type TicketContent } from "../../../session/session_ticket.ts";
import { serverSessionsOf } from "../../../session/server_cache.ts";
import { countersOf, countSession } from "../../../session/statistics.ts";
import type { Tls12CipherSuite } from "../../../tables/cipher_suites.ts";
import { ExtensionType } from "../../../tables/extension_types.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { TLS_1_2 } from "../../../tables/versions.ts";
import { type HandshakeContext, type HandshakeState, sendHandshake } from "../../handshake.ts";
import { refuseOtherPeer } from "../../tls12/renegotiation.ts";
import { expectTls12Finished, sendTls12Finished } from "../../tls12/finished.ts";
import { MasterSecret } from "../../../crypto/master_secret.ts";
import { type Tls12Choice, type Tls12Session, withKeys } from "../../tls12/session.ts";
import type { Certificate } from "../../../../cert/certificate/certificate.ts";
import { AuthenticatedPeer } from "../../../authentication/authenticate_peer.ts";
import { isKnown, type PeerIdentity } from "../../../base/session_cache.ts";
import {
  type Identities,
  shownBefore,
  type Tls12Agreement,
  type Tls12Negotiated,
} from "../../negotiated.ts";
import { show } from "../../progress.ts";
import {
  addOnce,
  isStillGood,
  mayResume,
  noteKnown,
  originOf,
  shownChain,
  shownCredential,
} from "../../../session/accept_session.ts";
import { completeTls12 } from "./connected.ts";

/** A session that the server resumes. */
export interface AcceptedTls12Session {
  readonly content: TicketContent;
  readonly cipherSuite: Tls12CipherSuite;
}

/**
 * Returns a new ID for a session that this server caches, because the client does not support
 * tickets; empty for all others. Sessions without the extended master secret should not be resumed
 * (RFC 7627, Section 5.4).
 */
export function newSessionId(
  { config, environment }: HandshakeContext,
  { extensions }: ClientHello,
): Uint8Array<ArrayBuffer> {
  const isCached = config.sessionTickets && !extensions?.has(ExtensionType.sessionTicket) &&
    extensions?.has(ExtensionType.extendedMasterSecret) && config.extendedMasterSecret !== "off";
  return isCached ? environment.random(MAX_SESSION_ID_LENGTH) : new Uint8Array(0);
}

/**
 * Returns the session that the client offers, if it may be resumed (RFC 5077, Section 3.4;
 * RFC 5246, Section 7.3); `null` for a full handshake.
 *
 * @throws {SslError} `SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET` if the client offers a session
 * without the extension.
 */
export async function acceptTls12Session(
  hs: HandshakeContext,
  hello: ClientHello,
  serverName: string | null,
): Promise<AcceptedTls12Session | null> {
  const { handleClientHello } = countersOf(hs.config.context);
  const stateless = offeredTicket(hello) !== null;
  const sessions = serverSessionsOf(hs.config.context);
  const list = sessions.forgotten;
  const forgotten = list && await list;
  if (forgotten !== null) await noteKnown(hs, forgotten);
  const content = await findContent(hs, hello);
  let accepted = content && chooseTls12Session(hs, hello, content, serverName);
  if (accepted !== null) {
    const { content } = accepted;
    const isForgotten = forgotten !== null && await forgotten.refuses(content, hs.session.wait);
    const once = !isForgotten && mayResume(sessions, content, hs);
    if (once === true || await once) hs.session.origin = content.origin;
    else accepted = null;
  }
  countSession(handleClientHello, accepted !== null, { stateless, notOk: content !== null });
  return accepted;
}

function offeredTicket({ extensions }: ClientHello): Uint8Array<ArrayBuffer> | null {
  const ticket = extensions?.get(sessionTicket);
  return ticket === undefined || ticket.length === 0 ? null : ticket;
}

/** Returns the content of the session that the client offers. */
async function findContent(
  hs: HandshakeContext,
  hello: ClientHello,
): Promise<TicketContent | null> {
  const { config, environment, session: { wait } } = hs;
  if (!config.sessionTickets) return null;
  if (config.extendedMasterSecret === "off") return null; // all sessions have it
  if (hs.established?.request?.full) return null;
  const ticket = offeredTicket(hello);
  // A ticket may come without an ID: the next message shows that it was accepted (RFC 5077, Section
  // 3.4).
  if (ticket === null && hello.legacySessionId.length === 0) return null;
  const binding = await ticketBinding(config);
  const sessions = serverSessionsOf(config.context);
  return ticket === null
    ? await sessions.get(hello.legacySessionId, binding, environment, wait)
    : await sessions.openTicket(ticket, binding, environment, wait);
}

function chooseTls12Session(
  hs: HandshakeContext,
  hello: ClientHello,
  content: TicketContent,
  serverName: string | null,
): AcceptedTls12Session | null {
  const { config, environment } = hs;
  if (content.version !== TLS_1_2) return null;
  if (!isStillGood(content, { config, environment, serverName })) return null;
  // A server that renegotiates to request a certificate needs a session with one.
  const needsCertificate = (hs.established?.request ?? null) !== null &&
    config.clientAuth !== "none";
  if (needsCertificate && !isKnown(content)) return null;
  const cipherSuite = config.tls12CipherSuites.find(({ id }) => id === content.cipherSuite);
  if (cipherSuite === undefined || !hello.cipherSuites.includes(cipherSuite.id)) return null;
  if (!hello.extensions?.has(ExtensionType.extendedMasterSecret)) {
    // RFC 7627, Section 5.3: a session that was created with it must be resumed with it.
    throw new SslError(
      "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET",
      "Cannot resume session: the client leaves out the extended master secret",
    );
  }
  return { content, cipherSuite };
}

/** Resumes a session: the server's Finished is sent first. */
export async function resumeTls12Session(
  hs: HandshakeContext,
  choice: Tls12Choice,
  content: TicketContent,
): Promise<HandshakeState> {
  refuseOtherPeer(hs, content);
  if (!choice.ticketDue) await setForget(hs, choice);
  const { peerChain, peerRawPublicKey, authenticatedAt } = content;
  const localChain = shownChain(hs.config, content);
  show(hs, { peerChain, peerRawPublicKey, localChain });
  const { agreement } = choice;
  const masterSecret = await MasterSecret.of(agreement.cipherSuite, content.psk);
  const session = withKeys(hs, choice, masterSecret);
  const { serverName } = agreement;
  const facts = { serverName, authenticatedAt, peerChain, peerRawPublicKey, localChain };
  await sendTls12Ticket(hs, session, facts);
  const server = await sendTls12Finished(hs, session);
  return expectTls12Finished(hs, session, (hs, client) => {
    const negotiated: Tls12Negotiated = {
      ...agreement,
      group: null,
      // The client's Finished has proved that it has the secret of the session.
      peer: AuthenticatedPeer.ofSession(content),
      local: shownBefore(localChain),
      authenticatedAt,
      verifyData: { client, server },
    };
    return completeTls12(hs, session, negotiated);
  });
}

/** Lets the application forget a session in the cache. */
async function setForget(
  { config, session }: HandshakeContext,
  { sessionId }: Tls12Choice,
): Promise<void> {
  const binding = await ticketBinding(config);
  const sessions = serverSessionsOf(config.context);
  session.forget = () => sessions.delete(sessionId, binding);
}

/** The result of a handshake, for its session. */
export interface TicketFacts extends PeerIdentity, Pick<TicketContent, "serverName"> {
  /** The time of the full handshake, in milliseconds since 1970; `null` for now. */
  readonly authenticatedAt: number | null;
  /** The certificates that this server has sent. */
  readonly localChain: readonly Certificate[];
}

/** Returns the result of a handshake, for its session. */
export function ticketFacts(
  { serverName }: Tls12Agreement,
  { peer, local, authenticatedAt }: Identities,
): TicketFacts {
  const { chain: peerChain, rawPublicKey: peerRawPublicKey } = peer;
  return { serverName, authenticatedAt, peerChain, peerRawPublicKey, localChain: local.chain };
}

/**
 * Sends the ticket that ServerHello has announced, which is empty if there is none after all
 * (RFC 5077, Section 3.3).
 *
 * @param hs The context of the handshake.
 * @param session The session.
 * @param facts The result of the handshake; `null` if the session must not be kept.
 */
export async function sendTls12Ticket(
  hs: HandshakeContext,
  session: Tls12Session,
  facts: TicketFacts | null,
): Promise<void> {
  if (!session.ticketDue) return;
  const made = facts && await makeTicket(hs, session, facts);
  const ticket = made ?? new Uint8Array(0);
  const { ticketLifetime } = serverSessionsOf(hs.config.context);
  sendHandshake(
    hs,
    HandshakeType.newSessionTicket,
    encodeTls12NewSessionTicket({ ticketLifetimeHint: ticketLifetime, ticket }),
  );
}

async function makeTicket(
  hs: HandshakeContext,
  session: Tls12Session,
  facts: TicketFacts,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const { config, environment } = hs;
  const sessions = serverSessionsOf(config.context);
  const once = sessions.singleUse ? await addOnce(hs, sessions.ticketLifetime) : undefined;
  if (once === null) return null;
  return await sessions.sealTicket(
    { ...contentOf(hs, session, facts), ...once },
    await ticketBinding(config),
    environment,
    hs.session.wait,
  );
}

/** Caches the session of a client that does not support tickets. */
export async function keepTls12Session(
  hs: HandshakeContext,
  session: Tls12Session,
  facts: TicketFacts,
): Promise<void> {
  if (session.sessionId.length === 0) return;
  const { config, session: { wait } } = hs;
  const binding = await ticketBinding(config);
  const sessions = serverSessionsOf(config.context);
  const once = sessions.singleUse ? await addOnce(hs, sessions.sessionLifetime) : undefined;
  if (once === null) return;
  const content = { ...contentOf(hs, session, facts), ...once };
  await sessions.put(session.sessionId, binding, content, wait);
  hs.session.forget = () => sessions.delete(session.sessionId, binding);
}

function contentOf(
  hs: HandshakeContext,
  { agreement, masterSecret }: Tls12Session,
  { localChain, authenticatedAt, ...facts }: TicketFacts,
): TicketContent {
  const { config, environment } = hs;
  const createdAt = environment.now();
  return {
    ...facts,
    version: TLS_1_2,
    cipherSuite: agreement.cipherSuite.id,
    createdAt,
    authenticatedAt: authenticatedAt ?? createdAt,
    psk: masterSecret.bytes,
    localCredential: shownCredential(config, localChain),
    origin: originOf(hs),
  };
}
