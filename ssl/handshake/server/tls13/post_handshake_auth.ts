// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../../../base/errors.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { verifyPeerFinished } from "../../tls13/finished.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import { clientAuthAgain } from "../../tls12/renegotiation.ts";
import type { TrafficKeys } from "../../tls13/traffic_keys.ts";
import { ExpectClientCertificate } from "./expect_certificate.ts";
import { sendCertificateRequest } from "./send_certificate_request.ts";

/** As OpenSSL's. */
const CONTEXT_LENGTH = 32;

/**
 * Asks a client for a certificate after the handshake (RFC 8446, Section 4.6.2).
 *
 * ```text
 *                                 CertificateRequest -->
 * ExpectClientCertificate         <-- Certificate
 * ExpectCertificateVerify         <-- CertificateVerify, unless that was empty
 * ExpectFinished                  <-- Finished
 * ```
 *
 * Application data comes and goes meanwhile; the client may take its time, and may renew its key before it answers.
 *
 * @param connected The state to go on in when the client has answered.
 * @throws {SslError} `SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION` if the client cannot be asked.
 */
export function requestCertificate(
  hs: HandshakeContext,
  keys: TrafficKeys,
  connected: HandshakeState,
): HandshakeState {
  if (!hs.negotiated.postHandshakeAuth) {
    throw new SslError(
      "SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION",
      "Cannot ask for a certificate: the client has not offered post-handshake authentication",
    );
  }
  const config = hs.latestConfig();
  const { peerChain } = hs.negotiated;
  const exchange: HandshakeContext = {
    ...hs,
    // Whoever asks wants to see something, whatever was configured for the handshake itself.
    config: {
      ...config,
      clientAuth: config.clientAuth === "none" ? "request" : clientAuthAgain(config, peerChain),
    },
    // What is signed is the handshake and this exchange, and no exchange before it.
    transcript: hs.transcript.snapshot(),
    // What the client claims does not count before it is proved.
    negotiated: { ...hs.negotiated, badCertAccepted: false },
  };
  const context = hs.environment.random(CONTEXT_LENGTH);
  sendCertificateRequest(exchange, context);
  const finished = new ExpectFinished(keys, hs, connected);
  const first = new ExpectClientCertificate(context, finished);
  return new PostHandshakeAuth(exchange, first, connected);
}

/** One exchange, whose states share a context of their own. */
class PostHandshakeAuth implements HandshakeState {
  readonly #exchange: HandshakeContext;
  readonly #connected: HandshakeState;
  readonly #first: HandshakeState;
  #state: HandshakeState;

  constructor(exchange: HandshakeContext, first: HandshakeState, connected: HandshakeState) {
    this.#exchange = exchange;
    this.#connected = connected;
    this.#first = this.#state = first;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    if (this.#state === this.#first && message.type === HandshakeType.keyUpdate) {
      await this.#connected.handle(message, hs);
      return this;
    }
    this.#state = await this.#state.handle(message, this.#exchange);
    return this.#state === this.#connected ? this.#connected : this;
  }

  /** Cannot before the client has answered. */
  reHandshake(): HandshakeState {
    throw new SslError(
      "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
      "Cannot ask for a certificate: the client has not answered the request before",
    );
  }
}

/** Waits for Finished, whose key comes from what the client writes with by now (RFC 8446, Section 4.4). */
class ExpectFinished implements HandshakeState {
  readonly #keys: TrafficKeys;
  readonly #connection: HandshakeContext;
  readonly #connected: HandshakeState;

  constructor(keys: TrafficKeys, connection: HandshakeContext, connected: HandshakeState) {
    this.#keys = keys;
    this.#connection = connection;
    this.#connected = connected;
  }

  async handle(message: HandshakeMessage, exchange: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.finished);
    await verifyPeerFinished(exchange, message, this.#keys.read);
    const { peerChain, peerSignatureScheme, badCertAccepted } = exchange.negotiated;
    Object.assign(this.#connection.negotiated, { peerChain, peerSignatureScheme });
    if (badCertAccepted) this.#connection.negotiated.badCertAccepted = true;
    exchange.transcript.forget();
    this.#connection.output.emit({ kind: "reauthenticated" });
    return this.#connected;
  }
}
