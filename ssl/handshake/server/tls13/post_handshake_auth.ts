// Copyright 2026 the NSS for Deno authors. MIT license.

import type { AuthenticatedPeer } from "../../../authentication/authenticate_peer.ts";
import { SslError } from "../../../base/errors.ts";
import { MAX_KEPT_TRANSCRIPT } from "../../../crypto/transcript.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { peerAndFinished, verifyPeerFinished } from "../../tls13/finished.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import { takesCertificates } from "../../../config/raw_public_keys.ts";
import { clientAuthAgain } from "../../client_auth_again.ts";
import type { Tls13Negotiated } from "../../negotiated.ts";
import { showPeer } from "../../progress.ts";
import type { TrafficKeys } from "../../tls13/traffic_keys.ts";
import { ExpectClientCertificate } from "./expect_certificate.ts";
import { prepareCertificateRequest } from "./send_certificate_request.ts";

/** The length in bytes of a certificate_request_context, as in OpenSSL. */
const CONTEXT_LENGTH = 32;

/** Returns the state after the exchange. */
type Connected = (negotiated: Tls13Negotiated) => HandshakeState;

/**
 * Requests a certificate of the client after the handshake (RFC 8446, Section 4.6.2).
 *
 * ```text
 *                                 CertificateRequest -->
 * ExpectClientCertificate         <-- Certificate
 * ExpectCertificateVerify         <-- CertificateVerify (with a certificate)
 * ExpectFinished                  <-- Finished
 * ```
 *
 * Application data flows meanwhile, and the client may renew its key before it answers.
 *
 * @param hs The context of the connection.
 * @param negotiated The result of the handshake.
 * @param keys The traffic keys.
 * @param connected Returns the state after the exchange.
 * @throws {SslError} `SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION` if the client has not
 * offered the extension, `SSL_ERROR_FEATURE_DISABLED` if the handshake was too long to be kept, or
 * an external PSK has authenticated both ends.
 */
export function requestCertificate(
  hs: HandshakeContext,
  negotiated: Tls13Negotiated,
  keys: TrafficKeys,
  connected: Connected,
): HandshakeState {
  if (!negotiated.postHandshakeAuth) {
    throw new SslError(
      "SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION",
      "Cannot ask for a certificate: the client has not offered post-handshake authentication",
    );
  }
  if (negotiated.peer.pskIdentity !== null) {
    // RFC 8446, Errata 6205: "MUST NOT send the CertificateRequest message either in the main
    // handshake or request post-handshake authentication".
    throw new SslError(
      "SSL_ERROR_FEATURE_DISABLED",
      "Cannot ask for a certificate: the ends have authenticated each other by an external " +
        "pre-shared key, beside which TLS 1.3 has no certificates; leave out externalPsks for them",
    );
  }
  const transcript = hs.transcript.snapshot();
  if (transcript === null) {
    throw new SslError(
      "SSL_ERROR_FEATURE_DISABLED",
      "Cannot ask for a certificate: the handshake was longer than the " +
        `${MAX_KEPT_TRANSCRIPT} bytes that are kept for it; ask in the handshake (clientAuth)`,
    );
  }
  const config = hs.latestConfig();
  const exchange: HandshakeContext = {
    ...hs,
    // An explicit request overrides clientAuth "none", which applies to the handshake.
    config: {
      ...config,
      clientAuth: config.clientAuth === "none"
        ? "request"
        : clientAuthAgain(config, negotiated.peer.isKnown),
    },
    // The transcript is that of the handshake and this exchange, without earlier exchanges. The
    // exchange has its own progress, so that the application sees no certificate before it is
    // verified.
    transcript,
  };
  const { rawClient } = negotiated.certificateTypes;
  if (!rawClient && !takesCertificates(config)) {
    throw new SslError(
      "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      "Cannot ask for a raw public key: the client has offered none, and this server takes " +
        "nothing else; set rawPublicKeys.orCertificate to accept its certificate, too",
    );
  }
  const context = hs.environment.random(CONTEXT_LENGTH);
  hs.output.sendMessage(prepareCertificateRequest(exchange, context));
  const first = new ExpectClientCertificate(context, rawClient, (peer) => {
    return new ExpectFinished(negotiated, peer, keys, hs, connected);
  });
  return new PostHandshakeAuth(exchange, first, keys);
}

/** The state of an exchange, whose inner states share their own context. */
class PostHandshakeAuth implements HandshakeState {
  readonly #exchange: HandshakeContext;
  readonly #first: HandshakeState;
  readonly #keys: TrafficKeys;
  #state: HandshakeState;

  constructor(exchange: HandshakeContext, first: HandshakeState, keys: TrafficKeys) {
    this.#exchange = exchange;
    this.#first = this.#state = first;
    this.#keys = keys;
  }

  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    const state = this.#state;
    if (state === this.#first && message.type === HandshakeType.keyUpdate) {
      await this.#keys.receive(message, hs.output);
      return this;
    }
    this.#state = await state.handle(message, this.#exchange);
    return state instanceof ExpectFinished ? this.#state : this;
  }

  /** Throws, because the client has not answered yet. */
  reHandshake(): HandshakeState {
    throw new SslError(
      "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
      "Cannot ask for a certificate: the client has not answered the request before",
    );
  }
}

/**
 * Waits for Finished, whose key derives from the client's current traffic secret (RFC 8446, Section
 * 4.4).
 */
class ExpectFinished implements HandshakeState {
  readonly #before: Tls13Negotiated;
  readonly #peer: AuthenticatedPeer | Promise<AuthenticatedPeer>;
  readonly #keys: TrafficKeys;
  readonly #connection: HandshakeContext;
  readonly #connected: Connected;

  constructor(
    before: Tls13Negotiated,
    peer: AuthenticatedPeer | Promise<AuthenticatedPeer>,
    keys: TrafficKeys,
    connection: HandshakeContext,
    connected: Connected,
  ) {
    this.#before = before;
    this.#peer = peer;
    this.#keys = keys;
    this.#connection = connection;
    this.#connected = connected;
  }

  async handle(message: HandshakeMessage, exchange: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.finished);
    const before = this.#before;
    const verified = verifyPeerFinished(exchange, message, before.cipherSuite, this.#keys.read);
    const [peer] = await peerAndFinished(this.#peer, verified);
    const negotiated = { ...before, peer: peer.answering(before.peer) };
    showPeer(this.#connection, negotiated.peer);
    exchange.transcript.forget();
    this.#connection.output.emit({ kind: "reauthenticated", negotiated });
    return this.#connected(negotiated);
  }
}
