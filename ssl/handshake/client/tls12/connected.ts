// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { parseHelloRequest } from "../../../messages/empty_messages.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import {
  expectMessage,
  type HandshakeContext,
  type HandshakeState,
  type ReHandshakeRequest,
} from "../../handshake.ts";
import type { Tls12Negotiated } from "../../negotiated.ts";
import { Tls12Keys } from "../../tls12/keys.ts";
import {
  beginRenegotiation,
  completeRenegotiation,
  mayRenegotiate,
  requireMayRenegotiate,
} from "../../tls12/renegotiation.ts";
import type { Tls12Session } from "../../tls12/session.ts";
import { keepTls12Session, type ResumptionHandles } from "./session.ts";

/** Completes the handshake, and keeps the session. */
export async function completeTls12(
  hs: HandshakeContext,
  session: Tls12Session,
  negotiated: Tls12Negotiated,
  handles: ResumptionHandles,
): Promise<HandshakeState> {
  if (hs.echRejection !== undefined) throw hs.echRejection.error();
  await keepTls12Session(hs, session, negotiated, handles);
  completeRenegotiation(hs);
  hs.transcript.forget();
  const keys = new Tls12Keys(session.masterSecret, session.randoms);
  hs.output.emit({ kind: "connected", negotiated, keys, tickets: Promise.resolve([]) });
  return new Tls12ClientConnected(negotiated);
}

/** The state after a complete handshake. */
class Tls12ClientConnected implements HandshakeState {
  readonly #negotiated: Tls12Negotiated;

  constructor(negotiated: Tls12Negotiated) {
    this.#negotiated = negotiated;
  }

  /** Processes HelloRequest: renegotiates, or declines (RFC 5246, Section 7.4.1.1). */
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
    // A server that requests it wants more than the session has, such as a certificate; NSS does
    // not resume one either.
    return await hs.restart(hs, request !== null && !request.full);
  }
}
