// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { offersTls13 } from "../config/config.ts";
import { startClient } from "../handshake/client/start.ts";
import {
  type HandshakeContext,
  type HandshakeState,
  unexpectedMessage,
} from "../handshake/handshake.ts";
import { startServer } from "../handshake/server/start.ts";
import { TLS_1_2 } from "../tables/versions.ts";
import type { CommonState } from "./common_state.ts";
import { isHandshaking, livePhase } from "./phase.ts";

/** Hands the handshake's states what the peer sends, one after the other. */
export class HandshakeDriver {
  /** What the states share. */
  readonly context: HandshakeContext;
  readonly #common: CommonState;
  #state: HandshakeState = NOT_STARTED;
  /** The last change of state: changes come one after the other. */
  #turn: Promise<void> = Promise.resolve();

  /** Drives a handshake that has not been started. */
  constructor(common: CommonState, context: HandshakeContext) {
    this.#common = common;
    this.context = context;
  }

  /** Begins: a client's hello is queued, a server waits for one. */
  async start(): Promise<void> {
    this.#common.throwIfFailed();
    try {
      this.#state = this.#common.role === "client"
        ? await startClient(this.context)
        : startServer();
    } catch (error) {
      throw this.#common.fail(error);
    }
  }

  /** Takes what a handshake record holds. */
  async takeRecord(fragment: Uint8Array<ArrayBuffer>): Promise<void> {
    if (fragment.length === 0) {
      // RFC 8446, Section 5.1: zero-length fragments of Handshake types MUST NOT be sent.
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_HANDSHAKE",
        "Cannot take record: a handshake fragment is empty",
      );
    }
    const { read } = this.#common;
    const { joiner } = read;
    joiner.push(fragment);
    for (let message; (message = joiner.next()) !== null;) {
      const next = message;
      read.inFlight = isHandshaking(this.#common.phase);
      await this.change((state) => state.handle(next, this.context));
      if (!isHandshaking(this.#common.phase)) read.endFlight();
      read.inFlight = false;
    }
  }

  /** Lets the state decide about the next one, when the changes before it are done. */
  change(
    decide: (state: HandshakeState) => HandshakeState | Promise<HandshakeState>,
  ): Promise<void> {
    const change = this.#turn.then(async () => {
      this.#common.throwIfFailed();
      this.#state = await decide(this.#state);
      // It may have taken its time, and meanwhile the connection was given up.
      this.#common.throwIfFailed();
    });
    this.#turn = change.catch(() => {});
    return change;
  }

  /** Takes the peer's change_cipher_spec: in TLS 1.2 it changes keys, in TLS 1.3 it is dropped. */
  takeChangeCipherSpec(fragment: Uint8Array<ArrayBuffer>): void {
    const state = this.#state;
    const { config, progress } = this.context;
    const isTls12 = progress.version === TLS_1_2 || !offersTls13(config);
    const isDue = isTls12
      ? state.takeChangeCipherSpec !== undefined
      : this.#toleratesChangeCipherSpec();
    if (!isDue) {
      throw new SslError(
        "SSL_ERROR_RX_UNEXPECTED_CHANGE_CIPHER",
        "Cannot take change_cipher_spec: none is due",
      );
    }
    if (fragment.length !== 1 || fragment[0] !== 1) {
      throw new SslError(
        "SSL_ERROR_RX_MALFORMED_CHANGE_CIPHER",
        "Cannot take change_cipher_spec: it is not the single byte 1",
      );
    }
    this.#common.read.refuseInterleaving();
    if (isTls12) this.#state = state.takeChangeCipherSpec?.(this.context) ?? state;
    else this.#common.floods.countEmptyRecord();
  }

  /** Takes the peer's no_renegotiation, which most states ignore. */
  takeNoRenegotiation(): void {
    this.#state = this.#state.takeNoRenegotiation?.(this.context) ?? this.#state;
  }

  /**
   * RFC 8446, Section 5: between the first ClientHello and the peer's Finished. Appendix D.4: a
   * client's second hello, which may be another socket's to begin with, has it in front.
   */
  #toleratesChangeCipherSpec(): boolean {
    const { role, helloRetryRequestCallback } = this.context.config;
    const awaitsSecondHello = role === "server" && helloRetryRequestCallback !== null;
    const phase = livePhase(this.#common.phase);
    return phase.kind === "handshaking" && (phase.helloSeen || awaitsSecondHello);
  }
}

/** Before the start no message is due. */
const NOT_STARTED: HandshakeState = {
  handle: ({ type }) => Promise.reject(unexpectedMessage(type)),
};
