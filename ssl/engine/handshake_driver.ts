// Copyright 2026 the NSS for Deno authors. MIT license.

import { LazyModule } from "../../cert/base/lazy_module.ts";
import { SslError } from "../base/errors.ts";
import { offersTls13 } from "../config/config.ts";
import type { Role } from "../config/import_options.ts";
import {
  type HandshakeContext,
  type HandshakeState,
  unexpectedMessage,
} from "../handshake/handshake.ts";
import { TLS_1_2 } from "../tables/versions.ts";
import type { CommonState } from "./common_state.ts";
import { isHandshaking, livePhase } from "./phase.ts";

// Most programs need one of them, and that once there is a connection.
const CLIENT = new LazyModule(
  "the handshake of a client",
  () => import("../handshake/client/start.ts"),
);
const SERVER = new LazyModule(
  "the handshake of a server",
  () => import("../handshake/server/start.ts"),
);

/** Begins to load the states of a server's handshake, while there is no client yet. */
export function preloadServer(): void {
  SERVER.preload();
}

/** Returns what begins a later handshake. */
export function restartOf(role: Role): HandshakeContext["restart"] {
  return role === "client"
    ? async (hs, resumes) => (CLIENT.exports ?? await CLIENT.load()).restartClient(hs, resumes)
    : async () => (SERVER.exports ?? await SERVER.load()).startServer();
}

/** Passes handshake messages to the states, one at a time. */
export class HandshakeDriver {
  /** The context of the states. */
  readonly context: HandshakeContext;
  readonly #common: CommonState;
  #state: HandshakeState = NOT_STARTED;
  /** The change of state that is under way: they happen one after the other. */
  #changing: Promise<void> | null = null;

  /** Creates the driver of a handshake that has not been started. */
  constructor(common: CommonState, context: HandshakeContext) {
    this.#common = common;
    this.context = context;
  }

  /** Begins the handshake: a client queues its ClientHello, a server waits for one. */
  async start(): Promise<void> {
    this.#common.throwIfFailed();
    try {
      if (this.#common.role === "client") {
        const { startClient } = CLIENT.exports ?? await this.#load(CLIENT);
        this.#state = await startClient(this.context);
      } else {
        const { startServer } = SERVER.exports ?? await this.#load(SERVER);
        this.#state = startServer();
      }
    } catch (error) {
      throw this.#common.fail(error);
    }
  }

  /** Loads the states, unless the connection is aborted meanwhile. */
  async #load<T>(states: LazyModule<T>): Promise<T> {
    const loaded = await states.load();
    this.#common.throwIfFailed();
    return loaded;
  }

  /** Processes the content of a handshake record. */
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
      const change = this.change((state) => state.handle(next, this.context));
      if (change !== undefined) await change;
      if (!isHandshaking(this.#common.phase)) read.endFlight();
      read.inFlight = false;
    }
  }

  /**
   * Replaces the state by the next one, after the change that is under way.
   *
   * @returns A promise of the change; `undefined` if it has been made, without waiting.
   */
  change(
    decide: (state: HandshakeState) => HandshakeState | Promise<HandshakeState>,
  ): Promise<void> | undefined {
    if (this.#changing !== null) return this.#changeAfter(this.#changing, decide);
    this.#common.throwIfFailed();
    const next = decide(this.#state);
    if (next instanceof Promise) return this.#changing = this.#await(next);
    this.#state = next;
    return undefined;
  }

  async #await(next: Promise<HandshakeState>): Promise<void> {
    try {
      this.#state = await next;
    } finally {
      this.#changing = null;
    }
    // The connection may have been aborted meanwhile.
    this.#common.throwIfFailed();
  }

  async #changeAfter(
    before: Promise<void>,
    decide: (state: HandshakeState) => HandshakeState | Promise<HandshakeState>,
  ): Promise<void> {
    await before.catch(() => {}); // its caller is told
    await this.change(decide);
  }

  /** Processes a change_cipher_spec: in TLS 1.2 it changes keys, in TLS 1.3 it is dropped. */
  takeChangeCipherSpec(fragment: Uint8Array<ArrayBuffer>): Promise<void> | void {
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
    if (!isTls12) return this.#common.floods.countEmptyRecord();
    return this.change((state) => state.takeChangeCipherSpec?.(this.context) ?? state);
  }

  /** Processes a no_renegotiation alert, which most states ignore. */
  takeNoRenegotiation(): void {
    this.#state = this.#state.takeNoRenegotiation?.(this.context) ?? this.#state;
  }

  /**
   * Returns whether a change_cipher_spec may come in TLS 1.3: between the first ClientHello and the
   * peer's Finished (RFC 8446, Section 5), and before a second ClientHello (Appendix D.4), which
   * may be the first that this socket receives, after a stateless HelloRetryRequest.
   */
  #toleratesChangeCipherSpec(): boolean {
    const { role, helloRetryRequestCallback } = this.context.config;
    const awaitsSecondHello = role === "server" && helloRetryRequestCallback !== null;
    const phase = livePhase(this.#common.phase);
    return phase.kind === "handshaking" && (phase.helloSeen || awaitsSecondHello);
  }
}

/** The state before the start, which accepts no message. */
const NOT_STARTED: HandshakeState = {
  handle({ type }) {
    throw unexpectedMessage(type);
  },
};
