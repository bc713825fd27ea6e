// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { parseHelloRequest } from "../../../messages/hello_request.ts";
import { parseTls12NewSessionTicket } from "../../../messages/tls12_new_session_ticket.ts";
import { MAX_SESSION_AGE } from "../../../base/session_cache.ts";
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
import {
  beginRenegotiation,
  completeRenegotiation,
  mayRenegotiate,
  requireMayRenegotiate,
} from "../../tls12/renegotiation.ts";
import type { Tls12Session } from "../../tls12/session.ts";
import { sendFirstClientHello } from "../client_hello.ts";
import { ExpectServerHello } from "../expect_server_hello.ts";
import { findSession } from "../../../session/find_session.ts";
import { keepSession, mayKeepSession } from "../../../session/keep_session.ts";
import { Tls12Keys } from "../../tls12/keys.ts";

/** Keeps the ticket that the server sends before its Finished (RFC 5077, Section 3.3). */
export function takeTls12Ticket(hs: HandshakeContext, message: HandshakeMessage): void {
  const { ticket, ticketLifetimeHint } = parseTls12NewSessionTicket(message.body);
  // RFC 5077, Section 3.3: an empty one says that there is none after all.
  if (ticket.length === 0 || ticket.length > MAX_TICKET_LENGTH) return;
  const lifetime = ticketLifetimeHint || TICKET_LIFETIME; // RFC 5077, Section 5.6: 0 is unspecified
  hs.negotiated.tls12Ticket = {
    ticket: ticket.slice(),
    expiresAt: hs.environment.now() + Math.min(lifetime, TICKET_LIFETIME) * 1000,
  };
}

/** Completes the handshake: the session may be resumed from now on. */
export async function completeTls12(
  hs: HandshakeContext,
  session: Tls12Session,
  sessionId: Uint8Array<ArrayBuffer>,
): Promise<HandshakeState> {
  await keepTls12Session(hs, session, sessionId);
  completeRenegotiation(hs);
  hs.transcript.forget();
  const keys = new Tls12Keys(session.masterSecret, session.randoms);
  hs.output.emit({ kind: "connected", keys, tickets: Promise.resolve([]) });
  return new Tls12ClientConnected();
}

async function keepTls12Session(
  hs: HandshakeContext,
  { suite, masterSecret, extendedMasterSecret }: Tls12Session,
  sessionId: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const { negotiated, environment } = hs;
  const { tls12Ticket } = negotiated;
  const isResumable = tls12Ticket !== null || sessionId.length > 0;
  // Without the extended master secret a session can be made to be somebody else's (the triple handshake, RFC 7627,
  // Section 1): it is not resumed.
  if (!mayKeepSession(hs) || !isResumable || !extendedMasterSecret) return;
  const authenticatedAt = negotiated.authenticatedAt ?? environment.now();
  await keepSession(hs, {
    version: TLS_1_2,
    sessionId: sessionId.slice(),
    ticket: tls12Ticket?.ticket ?? new Uint8Array(0),
    masterSecret: masterSecret.bytes,
    cipherSuite: suite,
    extendedMasterSecret,
    authenticatedAt,
    expiresAt: Math.min(
      tls12Ticket?.expiresAt ?? authenticatedAt + SESSION_ID_LIFETIME * 1000,
      authenticatedAt + MAX_SESSION_AGE * 1000,
    ),
    alpnProtocol: negotiated.alpnProtocol,
    peerChain: negotiated.peerChain,
    stapledOcspResponse: negotiated.stapledOcspResponse,
    signedCertTimestamps: negotiated.signedCertTimestamps,
    localChain: negotiated.localChain,
  });
}

/** A complete handshake: takes what the server may send at any time. */
class Tls12ClientConnected implements HandshakeState {
  /** Takes HelloRequest: renegotiates, or declines (RFC 5246, Section 7.4.1.1). */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.helloRequest);
    parseHelloRequest(message.body);
    if (mayRenegotiate(hs, true)) return await this.#sendHello(hs, null);
    hs.output.emit({ kind: "declineRenegotiation" });
    return this;
  }

  /** Sends a ClientHello. */
  async reHandshake(hs: HandshakeContext, request: ReHandshakeRequest): Promise<HandshakeState> {
    requireMayRenegotiate(hs);
    return await this.#sendHello(hs, request);
  }

  async #sendHello(
    hs: HandshakeContext,
    request: ReHandshakeRequest | null,
  ): Promise<HandshakeState> {
    beginRenegotiation(hs, this, request);
    // A server that asks for it wants more than the session has, such as a certificate: NSS begins anew, too.
    const session = request === null || request.full ? null : await findSession(hs);
    return new ExpectServerHello(
      await sendFirstClientHello(hs, session?.version === TLS_1_2 ? session : null),
    );
  }
}
