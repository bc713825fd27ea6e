// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { SslError } from "../base/errors.ts";
import type { ExtensionBlock } from "../extensions/extension_block.ts";
import { preSharedKeyClientHello } from "../extensions/pre_shared_key.ts";
import { PSK_DHE_KE, pskKeyExchangeModes } from "../extensions/psk_key_exchange_modes.ts";
import { truncateBinders } from "../messages/client_hello.ts";
import type { HandshakeMessage } from "../messages/handshake.ts";
import { isKnown, MAX_SESSION_AGE } from "../base/session_cache.ts";
import { LazyModule } from "../../cert/base/lazy_module.ts";
import { type ServerSessions, serverSessionsOf } from "./server_cache.ts";
import type { SessionHandle } from "./session_handle.ts";
import { countersOf, countSession } from "./statistics.ts";
import {
  NAME_LENGTH,
  type OnceEntry,
  type SessionOrigin,
  ticketBinding,
  type TicketContent,
} from "./session_ticket.ts";
import { type CipherSuite, cipherSuiteById } from "../tables/cipher_suites.ts";
import { TLS_1_3 } from "../tables/versions.ts";
import type { Environment } from "../base/environment.ts";
import type { ForgottenSessions } from "./forgotten.ts";
import type { SslConfig } from "../config/config.ts";
import type { Transcript } from "../crypto/transcript.ts";
import { EarlySecret } from "../crypto/key_schedule.ts";

/** A session that the server resumes. */
export interface AcceptedSession {
  readonly content: TicketContent;
  readonly earlySecret: EarlySecret;
  /** The index of its identity in pre_shared_key. */
  readonly index: number;
  /** The age of its ticket as the client says it, in milliseconds, with its `ticket_age_add`. */
  readonly obfuscatedTicketAge: number;
}

/** What a session must match to be resumed by a server. */
export interface ResumptionContext {
  /** The configuration of the handshake. */
  readonly config: SslConfig;
  /** The current time. */
  readonly environment: Environment;
  /** The host name in server_name, which must be that of the session. */
  readonly serverName: string | null;
  /** The session of the handshake. */
  readonly session: SessionHandle;
}

/** A TLS 1.3 ClientHello, which may offer sessions. */
export interface ResumptionRequest {
  /** The message, which is not yet in the transcript. */
  readonly message: HandshakeMessage;
  /** Its extensions. */
  readonly extensions: ExtensionBlock;
  /** The selected cipher suite. */
  readonly cipherSuite: CipherSuite;
  /** The transcript before the message. */
  readonly transcript: Transcript;
  /** How many of the identities may be sessions: those before an external pre-shared key. */
  readonly before?: number;
}

/** The maximum of tickets tried, because each costs a decryption; clients offer one or two. */
export const MAX_TRIED_TICKETS = 4;

/**
 * Selects the session to resume: the first that the client offers and that may be resumed.
 *
 * @returns The session; `null` for a full handshake.
 * @throws {SslError} `SSL_ERROR_MISSING_PSK_KEY_EXCHANGE_MODES`, or
 * `SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE` if the binder of the session does not verify.
 */
export async function acceptSession(
  context: ResumptionContext,
  request: ResumptionRequest,
): Promise<AcceptedSession | null> {
  const { handleClientHello } = countersOf(context.config.context);
  const list = serverSessionsOf(context.config.context).forgotten;
  if (list !== null) await noteKnown(context, await list);
  const { session, found } = await chooseSession(context, request);
  countSession(handleClientHello, session !== null, { stateless: true, notOk: found });
  return session;
}

/** Returns the first session that may be resumed, and whether any ticket could be opened. */
async function chooseSession(
  context: ResumptionContext,
  { message, extensions, cipherSuite, transcript, before = MAX_TRIED_TICKETS }: ResumptionRequest,
): Promise<{ readonly session: AcceptedSession | null; readonly found: boolean }> {
  const offered = extensions.get(preSharedKeyClientHello);
  if (offered === undefined) return { session: null, found: false };
  const modes = requirePskModes(extensions);
  const { config, environment, session: { wait } } = context;
  if (!config.sessionTickets || !modes.includes(PSK_DHE_KE)) {
    return { session: null, found: false };
  }
  const sessions = serverSessionsOf(config.context);
  const binding = await ticketBinding(config);
  let found = false;
  const count = Math.min(before, MAX_TRIED_TICKETS);
  for (const [index, offer] of offered.identities.slice(0, count).entries()) {
    const { identity, obfuscatedTicketAge } = offer;
    const content = await sessions.openTicket(identity, binding, environment, wait);
    found ||= content !== null;
    if (content === null) continue;
    const list = sessions.forgotten;
    const isGood = isResumable(content, cipherSuite, context) &&
      (list === null || !await (await list).refuses(content, wait));
    const earlySecret = isGood ? EarlySecret.fromPsk(cipherSuite.hash, content.psk) : null;
    content.psk.fill(0); // importKey has copied it
    if (earlySecret === null) continue;
    const [key, hash] = await Promise.all([
      earlySecret.binderKey("res"),
      transcript.digestWith(truncateBinders(message.raw)),
    ]);
    if (!(await key.verifyFinished(hash, offered.binders[index]!))) {
      // RFC 8446, Section 4.2.11: a binder that does not validate MUST end the handshake.
      throw new SslError(
        "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
        "Cannot resume session: the client does not hold its secret",
      );
    }
    // After its binder: whoever has seen a ticket on its way cannot use it up.
    const once = mayResume(sessions, content, context);
    if (once !== true && !await once) continue;
    context.session.origin = content.origin;
    return { session: { content, earlySecret, index, obfuscatedTicketAge }, found };
  }
  return { session: null, found };
}

/**
 * Notes what is forgotten as the handshake begins: what is forgotten from now on may be about the
 * session that it makes.
 */
export async function noteKnown(
  { config, session }: Pick<ResumptionContext, "config" | "session">,
  forgotten: ForgottenSessions,
): Promise<void> {
  // Whether a client may resume a session with its certificate depends on the store's epoch
  if (config.clientAuth !== "none") await forgotten.refresh(session.wait);
  session.known = forgotten.known;
}

/** Few servers let sessions be resumed once only. */
const ONCE = new LazyModule("entries of sessions", () => import("./once.ts"));

/**
 * Returns whether a session may be resumed, as far as that may happen once only: then its entry is
 * taken.
 */
export function mayResume(
  { singleUse }: ServerSessions,
  { once }: TicketContent,
  context: Pick<ResumptionContext, "config" | "session">,
): boolean | Promise<boolean> {
  // What one process has given out for one use is used once in the others, however they are set up
  return once === undefined ? !singleUse : takeOnce(once, context);
}

async function takeOnce(
  once: OnceEntry,
  { config, session }: Pick<ResumptionContext, "config" | "session">,
): Promise<boolean> {
  const { takeOnceEntry } = ONCE.exports ?? await ONCE.load();
  return await takeOnceEntry(config.context, once, session.wait);
}

/**
 * Adds the entry of a session if it may be resumed once.
 *
 * @returns The member of the session's content; `null` if the session must not be given out.
 */
export async function addOnce(
  { config, environment, session }: Omit<ResumptionContext, "serverName">,
  lifetime: number,
): Promise<{ readonly once: OnceEntry } | null> {
  const { addOnceEntry } = ONCE.exports ?? await ONCE.load();
  const once = await addOnceEntry(config.context, environment, lifetime, session.wait);
  return once && { once };
}

/** Returns the full handshake that the session of a handshake derives from. */
export function originOf(
  { environment, session }: Pick<ResumptionContext, "environment" | "session">,
): SessionOrigin {
  return session.origin ??= { family: environment.random(NAME_LENGTH), known: session.known };
}

/**
 * Returns the modes of a ClientHello that offers pre-shared keys.
 *
 * @throws {SslError} `SSL_ERROR_MISSING_PSK_KEY_EXCHANGE_MODES`.
 */
export function requirePskModes(extensions: ExtensionBlock): readonly number[] {
  const modes = extensions.get(pskKeyExchangeModes);
  if (modes !== undefined) return modes;
  // RFC 8446, Section 4.2.9.
  throw new SslError(
    "SSL_ERROR_MISSING_PSK_KEY_EXCHANGE_MODES",
    "Cannot take ClientHello: it offers a session or a pre-shared key without " +
      "psk_key_exchange_modes",
  );
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
 * Returns whether a session may be resumed: same host name, not too old, with a client certificate
 * if one is required and without if none is requested, and its certificates not expired.
 */
export function isStillGood(
  content: TicketContent,
  { config, environment, serverName }: Omit<ResumptionContext, "session">,
): boolean {
  const now = environment.now();
  return content.serverName === serverName &&
    now - content.authenticatedAt <= MAX_SESSION_AGE * 1000 &&
    (config.clientAuth !== "require" || isKnown(content)) &&
    // A server that requests no certificate must not resume an authenticated session.
    (config.clientAuth !== "none" || !isKnown(content)) &&
    content.peerChain.every(({ notAfter }) => notAfter.getTime() >= now);
}

/** The index that stands for a certificate that is not in the configuration. */
const NO_CREDENTIAL = 0xffff;

/**
 * Returns the index, among the configured credentials, of the chain that this server has sent.
 * Sessions are bound to the list of credentials, so that the index identifies the chain.
 */
export function shownCredential(
  { credentials }: SslConfig,
  [shown]: readonly Certificate[],
): number {
  const index = credentials.findIndex(({ certificate }) => certificate === shown);
  return index === -1 ? NO_CREDENTIAL : index;
}

/** Returns the chain that this server sent in the full handshake of the session. */
export function shownChain(
  { credentials }: SslConfig,
  { localCredential }: TicketContent,
): readonly Certificate[] {
  return credentials[localCredential]?.chain ?? [];
}
