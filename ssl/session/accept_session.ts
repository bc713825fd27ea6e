// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { SslError } from "../base/errors.ts";
import type { ExtensionBlock } from "../extensions/extension_block.ts";
import { preSharedKeyClientHello } from "../extensions/pre_shared_key.ts";
import { PSK_DHE_KE, pskKeyExchangeModes } from "../extensions/psk_key_exchange_modes.ts";
import { truncateBinders } from "../messages/client_hello.ts";
import type { HandshakeMessage } from "../messages/handshake.ts";
import { MAX_SESSION_AGE } from "../base/session_cache.ts";
import { serverSessionsOf } from "./server_cache.ts";
import { countersOf, countSession } from "./statistics.ts";
import { ticketBinding, type TicketContent } from "./session_ticket.ts";
import { type CipherSuite, cipherSuiteById } from "../tables/cipher_suites.ts";
import { TLS_1_3 } from "../tables/versions.ts";
import type { Environment } from "../base/environment.ts";
import type { SslConfig } from "../config/config.ts";
import type { Transcript } from "../crypto/transcript.ts";
import { EarlySecret } from "../crypto/key_schedule.ts";

/** A session that the server resumes. */
export interface AcceptedSession {
  readonly content: TicketContent;
  readonly earlySecret: EarlySecret;
  /** Its place in the client's list. */
  readonly index: number;
}

/** What decides whether a server resumes a session. */
export interface ResumptionContext {
  /** The configuration of the handshake. */
  readonly config: SslConfig;
  /** Time. */
  readonly environment: Environment;
  /** The host name that the client asks for; a session is of one host. */
  readonly serverName: string | null;
}

/** A ClientHello of TLS 1.3, which may offer sessions. */
export interface ResumptionRequest {
  /** The message, which is not yet part of the transcript. */
  readonly message: HandshakeMessage;
  /** Its extensions. */
  readonly extensions: ExtensionBlock;
  /** The suite that was chosen. */
  readonly cipherSuite: CipherSuite;
  /** The messages before it. */
  readonly transcript: Transcript;
}

/** How many of a client's tickets are tried; each costs a decryption. Clients offer one or two. */
export const MAX_TRIED_TICKETS = 4;

/**
 * The first of the client's sessions that may be resumed, or `null` for a full handshake.
 *
 * @throws {SslError} If the client offers sessions against the rules, or does not hold the secret
 * of the chosen one.
 */
export async function acceptSession(
  context: ResumptionContext,
  request: ResumptionRequest,
): Promise<AcceptedSession | null> {
  const { handleClientHello } = countersOf(context.config.context);
  const { session, found } = await chooseSession(context, request);
  countSession(handleClientHello, session !== null, { stateless: true, notOk: found });
  return session;
}

/** The first that may be resumed, and whether there was any that could be opened. */
async function chooseSession(
  context: ResumptionContext,
  { message, extensions, cipherSuite, transcript }: ResumptionRequest,
): Promise<{ readonly session: AcceptedSession | null; readonly found: boolean }> {
  const offered = extensions.get(preSharedKeyClientHello);
  if (offered === undefined) return { session: null, found: false };
  const modes = extensions.get(pskKeyExchangeModes);
  if (modes === undefined) {
    // RFC 8446, Section 4.2.9.
    throw new SslError(
      "SSL_ERROR_MISSING_PSK_KEY_EXCHANGE_MODES",
      "Cannot take ClientHello: it offers a session without psk_key_exchange_modes",
    );
  }
  const { config, environment } = context;
  if (!config.sessionTickets || !modes.includes(PSK_DHE_KE)) {
    return { session: null, found: false };
  }
  const sessions = serverSessionsOf(config.context);
  const binding = await ticketBinding(config);
  let found = false;
  for (const [index, { identity }] of offered.identities.slice(0, MAX_TRIED_TICKETS).entries()) {
    const content = await sessions.openTicket(identity, binding, environment);
    found ||= content !== null;
    if (content === null) continue;
    const earlySecret = isResumable(content, cipherSuite, context)
      ? EarlySecret.fromPsk(cipherSuite.hash, content.psk)
      : null;
    content.psk.fill(0); // importKey took its copy at the call
    if (earlySecret === null) continue;
    const [key, hash] = await Promise.all([
      earlySecret.binderKey("res"),
      transcript.digestWith(truncateBinders(message.raw)),
    ]);
    if (!(await key.verifyFinished(hash, offered.binders[index]!))) {
      // RFC 8446, Section 4.2.11: a binder that does not validate ends the handshake.
      throw new SslError(
        "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
        "Cannot resume session: the client does not hold its secret",
      );
    }
    return { session: { content, earlySecret, index }, found };
  }
  return { session: null, found };
}

function isResumable(
  content: TicketContent,
  cipherSuite: CipherSuite,
  context: ResumptionContext,
): boolean {
  return content.version === TLS_1_3 &&
    cipherSuiteById(content.cipherSuite)?.hash === cipherSuite.hash &&
    isStillGood(content, context);
}

/**
 * Whether a session still fits: same host, not too old, and a client certificate where one is
 * demanded, still valid.
 */
export function isStillGood(
  content: TicketContent,
  { config, environment, serverName }: ResumptionContext,
): boolean {
  const now = environment.now();
  return content.serverName === serverName &&
    now - content.authenticatedAt <= MAX_SESSION_AGE * 1000 &&
    (config.clientAuth !== "require" || content.peerChain.length > 0) &&
    // Whom nobody asks for a certificate any more is nobody in particular.
    (config.clientAuth !== "none" || content.peerChain.length === 0) &&
    content.peerChain.every(({ notAfter }) => notAfter.getTime() >= now);
}

/** The place of a certificate that the configuration has not. */
const NO_CREDENTIAL = 0xffff;

/**
 * Which certificate this server has shown: a session is bound to the list of them, so that its
 * place will do.
 */
export function shownCredential(
  { credentials }: SslConfig,
  [shown]: readonly Certificate[],
): number {
  const place = credentials.findIndex(({ certificate }) => certificate === shown);
  return place === -1 ? NO_CREDENTIAL : place; // a session is worth keeping all the same
}

/** The certificates that this server has shown when the session was made. */
export function shownChain(
  { credentials }: SslConfig,
  { localCredential }: TicketContent,
): readonly Certificate[] {
  return credentials[localCredential]?.chain ?? [];
}
