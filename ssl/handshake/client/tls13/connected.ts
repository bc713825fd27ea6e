// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../../../base/errors.ts";
import { maxEarlyDataSize } from "../../../extensions/early_data.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { parseNewSessionTicket } from "../../../messages/new_session_ticket.ts";
import { MAX_SESSION_AGE } from "../../../base/session_cache.ts";
import { MAX_TICKET_LENGTH } from "../../../session/session_ticket.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { TLS_1_3 } from "../../../tables/versions.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import type { ResumptionMasterSecret } from "../../../crypto/expanded_secrets.ts";
import { CertificateRequests } from "./certificate_requests.ts";
import { keepSession, mayKeepSession } from "../../../session/keep_session.ts";
import { obstaclesOf, sessionFacts, type Tls13Negotiated } from "../../negotiated.ts";
import type { TrafficKeys } from "../../tls13/traffic_keys.ts";

/** The maximum lifetime in seconds of a ticket, seven days (RFC 8446, Section 4.6.1). */
export const MAX_TICKET_LIFETIME = 604_800;

/** The state after a complete handshake (RFC 8446, Section 4.6). */
export class ClientConnected implements HandshakeState {
  readonly #negotiated: Tls13Negotiated;
  readonly #keys: TrafficKeys;
  readonly #resumption: Promise<ResumptionMasterSecret> | null;
  readonly #requests: CertificateRequests;

  /**
   * Creates the state; without a `resumption` secret no ticket is kept, `requests` are the server's
   * earlier CertificateRequests.
   */
  constructor(
    negotiated: Tls13Negotiated,
    keys: TrafficKeys,
    resumption: Promise<ResumptionMasterSecret> | null,
    requests: CertificateRequests = new CertificateRequests(),
  ) {
    this.#negotiated = negotiated;
    this.#keys = keys;
    this.#resumption = resumption;
    this.#requests = requests;
  }

  /** Processes NewSessionTicket, KeyUpdate or, if offered, CertificateRequest. */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    const { newSessionTicket, keyUpdate, certificateRequest } = HandshakeType;
    if (message.type === certificateRequest && hs.config.postHandshakeAuth) {
      return await this.#answer(message, hs);
    }
    expectMessage(message, newSessionTicket, keyUpdate);
    if (message.type === keyUpdate) await this.#keys.receive(message, hs.output);
    else await this.#keepTicket(message, hs);
    return this;
  }

  /** Throws, because only a server may begin another exchange (RFC 8446, Section 4.6.2). */
  reHandshake(): HandshakeState {
    throw new SslError(
      "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED",
      "Cannot renegotiate: TLS 1.3 has no renegotiation; keyUpdate() renews the keys",
    );
  }

  async #answer(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    const negotiated = await this.#requests.answer(message, hs, this.#keys, this.#negotiated);
    return new ClientConnected(negotiated, this.#keys, this.#resumption, this.#requests);
  }

  async #keepTicket(message: HandshakeMessage, hs: HandshakeContext): Promise<void> {
    hs.output.emit({ kind: "newSessionTicket" });
    const { ticket, ticketNonce, ticketLifetime, ticketAgeAdd, extensions } = parseNewSessionTicket(
      message.body,
    );
    const negotiated = this.#negotiated;
    const resumption = this.#resumption;
    if (resumption === null || ticketLifetime === 0) return;
    if (!mayKeepSession(hs, obstaclesOf(negotiated))) return;
    // No known server sends longer ones, and the ticket must fit into a ClientHello.
    if (ticket.length > MAX_TICKET_LENGTH) return;
    const receivedAt = hs.environment.now();
    const authenticatedAt = negotiated.authenticatedAt ?? receivedAt;
    const psk = await (await resumption).resumptionPsk(ticketNonce);
    await keepSession(hs, {
      version: TLS_1_3,
      ticket: ticket.slice(),
      psk,
      cipherSuite: negotiated.cipherSuite,
      ticketAgeAdd,
      maxEarlyData: extensions.get(maxEarlyDataSize) ?? 0,
      receivedAt,
      authenticatedAt,
      expiresAt: Math.min(
        receivedAt + Math.min(ticketLifetime, MAX_TICKET_LIFETIME) * 1000,
        authenticatedAt + MAX_SESSION_AGE * 1000,
      ),
      ...sessionFacts(negotiated),
    });
  }
}
