// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Environment } from "../../../base/environment.ts";
import { MAX_SESSION_AGE } from "../../../base/session_cache.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { parseTls12NewSessionTicket } from "../../../messages/tls12_new_session_ticket.ts";
import { keepSession, mayKeepSession } from "../../../session/keep_session.ts";
import { SESSION_ID_LIFETIME } from "../../../session/server_cache.ts";
import { MAX_TICKET_LENGTH, TICKET_LIFETIME } from "../../../session/session_ticket.ts";
import { TLS_1_2 } from "../../../tables/versions.ts";
import type { HandshakeContext } from "../../handshake.ts";
import { obstaclesOf, sessionFacts, type Tls12Negotiated } from "../../negotiated.ts";
import { sessionConfig } from "../../tls12/renegotiation.ts";
import type { Tls12Session } from "../../tls12/session.ts";

/** The session ID and ticket by which a client may resume a TLS 1.2 session. */
export interface ResumptionHandles {
  /** The session ID; empty if the server does not cache the session. */
  readonly sessionId: Uint8Array<ArrayBuffer>;
  /** The ticket; `null` if there is none. */
  readonly ticket: Tls12Ticket | null;
}

/** A TLS 1.2 session ticket. */
export interface Tls12Ticket {
  readonly ticket: Uint8Array<ArrayBuffer>;
  /** The expiration time, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Processes the ticket that the server sends before its Finished (RFC 5077, Section 3.3).
 *
 * @returns The ticket; `null` if it is empty or too long to keep.
 */
export function takeTls12Ticket(
  { environment }: { readonly environment: Environment },
  message: HandshakeMessage,
): Tls12Ticket | null {
  const { ticket, ticketLifetimeHint } = parseTls12NewSessionTicket(message.body);
  // RFC 5077, Section 3.3: an empty ticket means that the server has none after all.
  if (ticket.length === 0 || ticket.length > MAX_TICKET_LENGTH) return null;
  // RFC 5077, Section 5.6: 0 is unspecified, and left to the client's policy.
  const lifetime = ticketLifetimeHint || TICKET_LIFETIME;
  return {
    ticket: ticket.slice(),
    // The server knows its keys; no session is kept longer than this.
    expiresAt: environment.now() + Math.min(lifetime, MAX_SESSION_AGE) * 1000,
  };
}

/** Keeps the session if it may be resumed. */
export async function keepTls12Session(
  hs: HandshakeContext,
  { masterSecret }: Tls12Session,
  negotiated: Tls12Negotiated,
  { sessionId, ticket }: ResumptionHandles,
): Promise<void> {
  const keeping = { ...hs, config: sessionConfig(hs) };
  const { cipherSuite, extendedMasterSecret } = negotiated;
  const isResumable = ticket !== null || sessionId.length > 0;
  // A session without the extended master secret is not resumed, because of the triple handshake
  // attack (RFC 7627, Section 1).
  if (!mayKeepSession(keeping, obstaclesOf(negotiated)) || !isResumable || !extendedMasterSecret) {
    return;
  }
  const authenticatedAt = negotiated.authenticatedAt ?? hs.environment.now();
  await keepSession(keeping, {
    version: TLS_1_2,
    sessionId: sessionId.slice(),
    ticket: ticket?.ticket ?? new Uint8Array(0),
    masterSecret: masterSecret.bytes,
    cipherSuite,
    extendedMasterSecret,
    authenticatedAt,
    expiresAt: Math.min(
      ticket?.expiresAt ?? authenticatedAt + SESSION_ID_LIFETIME * 1000,
      authenticatedAt + MAX_SESSION_AGE * 1000,
    ),
    ...sessionFacts(negotiated),
  });
}
