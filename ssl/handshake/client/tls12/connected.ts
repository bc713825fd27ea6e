// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Environment } from "../../../base/environment.ts";
import { MAX_SESSION_AGE } from "../../../base/session_cache.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { parseHelloRequest } from "../../../messages/hello_request.ts";
import { parseTls12NewSessionTicket } from "../../../messages/tls12_new_session_ticket.ts";
import { keepSession, mayKeepSession } from "../../../session/keep_session.ts";
import { SESSION_ID_LIFETIME } from "../../../session/server_cache.ts";
import { MAX_TICKET_LENGTH, TICKET_LIFETIME } from "../../../session/session_ticket.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { TLS_1_2 } from "../../../tables/versions.ts";
import {
  expectMessage,
  type HandshakeContext,
  type HandshakeState,
  type ReHandshakeRequest,
} from "../../handshake.ts";
import { obstaclesOf, sessionFacts, type Tls12Negotiated } from "../../negotiated.ts";
import { Tls12Keys } from "../../tls12/keys.ts";
import {
  beginRenegotiation,
  completeRenegotiation,
  mayRenegotiate,
  requireMayRenegotiate,
  sessionConfig,
} from "../../tls12/renegotiation.ts";
import type { Tls12Session } from "../../tls12/session.ts";

/** What a client may offer to resume a session of TLS 1.2 by. */
export interface ResumptionHandles {
  /** What the server calls the session; empty where it remembers none itself. */
  readonly sessionId: Uint8Array<ArrayBuffer>;
  /** The session's ticket; `null` where there is none. */
  readonly ticket: Tls12Ticket | null;
}

/** A ticket of TLS 1.2. */
export interface Tls12Ticket {
  readonly ticket: Uint8Array<ArrayBuffer>;
  /** When it ends, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Takes the ticket that the server sends before its Finished (RFC 5077, Section 3.3); `null` for one that is not kept. */
export function takeTls12Ticket(
  { environment }: { readonly environment: Environment },
  message: HandshakeMessage,
): Tls12Ticket | null {
  const { ticket, ticketLifetimeHint } = parseTls12NewSessionTicket(message.body);
  // RFC 5077, Section 3.3: an empty one says that there is none after all.
  if (ticket.length === 0 || ticket.length > MAX_TICKET_LENGTH) return null;
  const lifetime = ticketLifetimeHint || TICKET_LIFETIME; // RFC 5077, Section 5.6: 0 is unspecified
  return {
    ticket: ticket.slice(),
    expiresAt: environment.now() + Math.min(lifetime, TICKET_LIFETIME) * 1000,
  };
}

/** Completes the handshake: the session may be resumed from now on. */
export async function completeTls12(
  hs: HandshakeContext,
  session: Tls12Session,
  negotiated: Tls12Negotiated,
  handles: ResumptionHandles,
): Promise<HandshakeState> {
  await keepTls12Session(hs, session, negotiated, handles);
  completeRenegotiation(hs);
  hs.transcript.forget();
  const keys = new Tls12Keys(session.masterSecret, session.randoms);
  hs.output.emit({ kind: "connected", negotiated, keys, tickets: Promise.resolve([]) });
  return new Tls12ClientConnected(negotiated);
}

async function keepTls12Session(
  hs: HandshakeContext,
  { masterSecret }: Tls12Session,
  negotiated: Tls12Negotiated,
  { sessionId, ticket }: ResumptionHandles,
): Promise<void> {
  const keeping = { ...hs, config: sessionConfig(hs) };
  const { cipherSuite, extendedMasterSecret } = negotiated;
  const isResumable = ticket !== null || sessionId.length > 0;
  // Without the extended master secret a session can be made to be somebody else's (the triple handshake, RFC 7627,
  // Section 1): it is not resumed.
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

/** A complete handshake: takes what the server may send at any time. */
class Tls12ClientConnected implements HandshakeState {
  readonly #negotiated: Tls12Negotiated;

  constructor(negotiated: Tls12Negotiated) {
    this.#negotiated = negotiated;
  }

  /** Takes HelloRequest: renegotiates, or declines (RFC 5246, Section 7.4.1.1). */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.helloRequest);
    parseHelloRequest(message.body);
    if (mayRenegotiate(hs.latestConfig(), this.#negotiated, true)) {
      return await this.#restart(hs, null);
    }
    hs.output.emit({ kind: "declineRenegotiation" });
    return this;
  }

  /** Sends a ClientHello. */
  async reHandshake(hs: HandshakeContext, request: ReHandshakeRequest): Promise<HandshakeState> {
    requireMayRenegotiate(hs.latestConfig(), this.#negotiated);
    return await this.#restart(hs, request);
  }

  async #restart(
    hs: HandshakeContext,
    request: ReHandshakeRequest | null,
  ): Promise<HandshakeState> {
    beginRenegotiation(hs, this.#negotiated, this, request);
    // A server that asks for it wants more than the session has, such as a certificate: NSS begins anew, too.
    return await hs.restart(hs, request !== null && !request.full);
  }
}
