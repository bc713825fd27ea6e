// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { expectMessage, type HandshakeContext, type HandshakeState } from "../../handshake.ts";
import type { Tls13Negotiated } from "../../negotiated.ts";
import type { TrafficKeys } from "../../tls13/traffic_keys.ts";
import { requestCertificate } from "./post_handshake_auth.ts";

/** The state after a complete handshake (RFC 8446, Section 4.6). */
export class ServerConnected implements HandshakeState {
  readonly #negotiated: Tls13Negotiated;
  readonly #keys: TrafficKeys;

  /** Creates the state. */
  constructor(negotiated: Tls13Negotiated, keys: TrafficKeys) {
    this.#negotiated = negotiated;
    this.#keys = keys;
  }

  /** Processes KeyUpdate. */
  async handle(message: HandshakeMessage, hs: HandshakeContext): Promise<HandshakeState> {
    expectMessage(message, HandshakeType.keyUpdate);
    await this.#keys.receive(message, hs.output);
    return this;
  }

  /** Requests a certificate; TLS 1.3 has no other exchange in place of a renegotiation. */
  reHandshake(hs: HandshakeContext): HandshakeState {
    return requestCertificate(
      hs,
      this.#negotiated,
      this.#keys,
      (negotiated) => new ServerConnected(negotiated, this.#keys),
    );
  }
}
