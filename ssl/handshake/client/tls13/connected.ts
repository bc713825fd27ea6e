// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../../../base/errors.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { parseNewSessionTicket } from "../../../messages/new_session_ticket.ts";
import { MAX_SESSION_AGE } from "../../../base/session_cache.ts";
import { MAX_TICKET_LENGTH } from "../../../session/session_ticket.ts";
import type { CipherSuite } from "../../../tables/cipher_suites.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { TLS_1_3 } from "../../../tables/versions.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import type { ResumptionMasterSecret } from "../../../crypto/expanded_secrets.ts";
import { CertificateRequests } from "./certificate_requests.ts";
import { keepSession, mayKeepSession } from "../../../session/keep_session.ts";
import type { TrafficKeys } from "../../tls13/traffic_keys.ts";

/** RFC 8446, Section 4.6.1: servers MUST NOT use a lifetime of more than seven days, in seconds. */
export const MAX_TICKET_LIFETIME = 604_800;

/** A complete handshake: takes what the server may send at any time (RFC 8446, Section 4.6). */
export class ClientConnected implements HandshakeState {
  readonly #cipherSuite: CipherSuite;
  readonly #keys: TrafficKeys;
  readonly #resumption: Promise<ResumptionMasterSecret>;
  readonly #requests = new CertificateRequests();

  /** Takes the keys of the connection. */
  constructor(
    cipherSuite: CipherSuite,
    keys: TrafficKeys,
    resumption: Promise<ResumptionMasterSecret>,
  ) {
    this.#cipherSuite = cipherSuite;
    this.#keys = keys;
    this.#resumption = resumption;
  }

  /** Takes NewSessionTicket, KeyUpdate or, where it was offered, CertificateRequest. */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    const { newSessionTicket, keyUpdate, certificateRequest } = HandshakeType;
    if (message.type === certificateRequest && hs.config.postHandshakeAuth) {
      await this.#requests.answer(message, hs, this.#keys);
      return this;
    }
    expectMessage(message, newSessionTicket, keyUpdate);
    if (message.type === keyUpdate) await this.#keys.receive(message, hs.output);
    else await this.#keepTicket(message, hs);
    return this;
  }

  /** Cannot: that is for the server (RFC 8446, Section 4.6.2). */
  reHandshake(): HandshakeState {
    throw new SslError(
      "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED",
      "Cannot renegotiate: TLS 1.3 has no renegotiation; keyUpdate() renews the keys",
    );
  }

  async #keepTicket(message: HandshakeMessage, hs: HandshakeContext): Promise<void> {
    hs.output.emit({ kind: "newSessionTicket" });
    const { ticket, ticketNonce, ticketLifetime, ticketAgeAdd } = parseNewSessionTicket(
      message.body,
    );
    const { negotiated, environment } = hs;
    if (!mayKeepSession(hs) || ticketLifetime === 0) return;
    // Longer than any server's, and a hello must have room for it.
    if (ticket.length > MAX_TICKET_LENGTH) return;
    const receivedAt = environment.now();
    const authenticatedAt = negotiated.authenticatedAt ?? receivedAt;
    const psk = await (await this.#resumption).resumptionPsk(ticketNonce);
    await keepSession(hs, {
      version: TLS_1_3,
      ticket: ticket.slice(),
      psk,
      cipherSuite: this.#cipherSuite,
      ticketAgeAdd,
      receivedAt,
      authenticatedAt,
      expiresAt: Math.min(
        receivedAt + Math.min(ticketLifetime, MAX_TICKET_LIFETIME) * 1000,
        authenticatedAt + MAX_SESSION_AGE * 1000,
      ),
      alpnProtocol: negotiated.alpnProtocol,
      peerChain: negotiated.peerChain,
      stapledOcspResponse: negotiated.stapledOcspResponse,
      signedCertTimestamps: negotiated.signedCertTimestamps,
      localChain: negotiated.localChain,
    });
  }
}
