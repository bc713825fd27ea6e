// Copyright 2026 the NSS for Deno authors. MIT license.

import { encodeHandshake, type HandshakeMessage } from "../../../messages/handshake.ts";
import { encodeHelloRequest } from "../../../messages/empty_messages.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
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
import type { Tls12Negotiated } from "../../negotiated.ts";
import { Tls12Keys } from "../../tls12/keys.ts";

/** Completes the handshake. */
export function completeTls12(
  hs: HandshakeContext,
  session: Tls12Session,
  negotiated: Tls12Negotiated,
): HandshakeState {
  completeRenegotiation(hs);
  hs.transcript.forget();
  const keys = new Tls12Keys(session.masterSecret, session.randoms);
  hs.output.emit({ kind: "connected", negotiated, keys, tickets: Promise.resolve([]) });
  return new Tls12ServerConnected(negotiated, null);
}

/** The state after a complete handshake. */
class Tls12ServerConnected implements HandshakeState {
  readonly #negotiated: Tls12Negotiated;
  /** The request for which a HelloRequest has been sent; `null` for none. */
  readonly #request: ReHandshakeRequest | null;

  constructor(negotiated: Tls12Negotiated, request: ReHandshakeRequest | null) {
    this.#negotiated = negotiated;
    this.#request = request;
  }

  /** Processes a ClientHello: renegotiates, or declines (RFC 5246, Section 7.2.2). */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.clientHello);
    const negotiated = this.#negotiated;
    if (this.#request === null && !mayRenegotiate(hs.latestConfig(), negotiated, true)) {
      hs.output.emit({ kind: "declineRenegotiation" });
      return this;
    }
    const declined = new Tls12ServerConnected(negotiated, null);
    beginRenegotiation(hs, negotiated, declined, this.#request);
    const state = await hs.restart(hs, true);
    return await state.handle(message, hs);
  }

  /** Sends a HelloRequest, which is not part of the handshake (RFC 5246, Section 7.4.1.1). */
  reHandshake(hs: HandshakeContext, request: ReHandshakeRequest): HandshakeState {
    requireMayRenegotiate(hs.latestConfig(), this.#negotiated);
    hs.output.sendMessage(encodeHandshake(HandshakeType.helloRequest, encodeHelloRequest()));
    return new Tls12ServerConnected(this.#negotiated, request);
  }

  /** Gives up the request; without one the alert is ignored. */
  takeNoRenegotiation(hs: HandshakeContext): HandshakeState {
    if (this.#request === null) return this;
    hs.output.emit({ kind: "renegotiationDeclined" });
    return new Tls12ServerConnected(this.#negotiated, null);
  }
}
