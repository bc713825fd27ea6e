// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The pump between an engine and a transport.
 *
 * Its rules (as in trio's `_ssl.py` and tokio-rustls):
 *
 * - One reader and one writer at a time: a second reader fails at once, a second writer waits its
 *   turn. Handshakes are neither: they join the running pump.
 * - The engine is used only between awaits; after each await its state is checked again.
 * - There is one output pump and one input pump at a time. A caller starts a pump or joins the
 *   running one, so that no two callers wait for the same bytes.
 * - Pending output is sent before waiting for the peer.
 * - The first error is reported by all later calls. A failure closes the transport after a bounded
 *   attempt to send the alert, so that nothing stays half open.
 *
 * @module
 */

import type { SslError } from "../base/errors.ts";
import type { SslConfig } from "../config/config.ts";
import type { SslEngine } from "../engine/engine.ts";
import { bounded } from "./bounds.ts";
import type { ChunkReader } from "./chunk_reader.ts";
import { Condition } from "./condition.ts";
import type { Teardown } from "./teardown.ts";
import { isReset, transportError } from "./transport_error.ts";

/**
 * The maximum memory in bytes of the application data that is kept while a handshake waits for the
 * peer.
 */
export const MAX_KEPT_APPLICATION_DATA = 1 << 20;

/** The time in milliseconds to wait for a peer's alert after a write has failed. */
export const PENDING_ALERT_TIMEOUT = 250;

/** The parts of a pump. */
export interface PumpOptions {
  /** The engine. */
  readonly engine: SslEngine;
  /** The reader of the transport. */
  readonly chunks: ChunkReader;
  /** The teardown of the connection, with the transport. */
  readonly teardown: Teardown;
  /** The current configuration. */
  readonly config: SslConfig;
  /** Called when the peer has begun another handshake, or has completed one that was given up. */
  readonly onRehandshake: () => void;
}

/** The pump between an engine and a transport. */
export class Pump {
  /** The engine. */
  readonly engine: SslEngine;
  readonly #chunks: ChunkReader;
  readonly #teardown: Teardown;
  readonly #config: SslConfig;
  readonly #onRehandshake: () => void;
  /** Notified when a reader has taken application data, for which a handshake waits. */
  readonly #taken = new Condition();
  #sending: Promise<void> | null = null;
  #receiving: Promise<void> | null = null;
  /** Whether a write to the transport has failed. */
  #outputBroken = false;

  /** Creates a pump that does not run yet. */
  constructor({ engine, chunks, teardown, config, onRehandshake }: PumpOptions) {
    this.engine = engine;
    this.#chunks = chunks;
    this.#teardown = teardown;
    this.#config = config;
    this.#onRehandshake = onRehandshake;
  }

  /** Sends all output, or joins the running output pump. */
  send(): Promise<void> {
    if (this.#sending !== null) return this.#sending;
    if (!this.engine.hasOutput) return Promise.resolve();
    this.#sending = this.#pumpOutput();
    return this.#sending;
  }

  /** Starts to send all output, without waiting. */
  startSending(): void {
    this.send().catch(() => {}); // the teardown keeps the error
  }

  /** Receives the next bytes from the peer, or joins the running input pump. */
  receive(): Promise<void> {
    this.#receiving ??= this.#pumpInput();
    return this.#receiving;
  }

  /** Receives the next bytes; waits for a reader first if too much application data is kept. */
  receiveForHandshake(): Promise<void> {
    return this.#full ? this.#taken.wait() : this.receive();
  }

  /** Notifies that application data has been taken from the engine. */
  notifyTaken(): void {
    this.#taken.notify();
  }

  /** Handles that the engine has output, or room for data. */
  onProgress(): void {
    this.#teardown.writable.notify();
    this.startSending();
  }

  /**
   * Ends the connection with an error: sends its alert, within a timeout, then closes the
   * transport.
   *
   * @returns The connection's first error, which the caller throws.
   */
  fail(cause: unknown): Promise<SslError> {
    return this.#teardown.fail(cause, (error) => this.#sendAlert(error));
  }

  get #full(): boolean {
    return this.engine.pendingCost > MAX_KEPT_APPLICATION_DATA;
  }

  async #sendAlert(error: SslError): Promise<void> {
    this.engine.abort(error);
    if (this.#outputBroken) return;
    await bounded(this.send(), this.#config.closeTimeout).catch(() => {}); // not the first error
  }

  async #pumpOutput(): Promise<void> {
    const { engine } = this;
    const { transport, writable } = this.#teardown;
    try {
      while (engine.hasOutput) {
        const output = await engine.takeOutput();
        writable.notify();
        if (output !== null) await transport.write(output);
      }
      engine.releaseBuffers();
    } catch (error) {
      this.#outputBroken = true;
      const failure = transportError("write", error);
      if (isReset(failure)) await this.#readPendingAlert();
      this.#teardown.break(failure);
      throw this.#teardown.error ?? failure;
    } finally {
      this.#sending = null;
      writable.notify();
    }
  }

  /** Reads on after a reset: an alert that the peer sent before it is the better error. */
  async #readPendingAlert(): Promise<void> {
    let waiting = this.#teardown.open;
    const read = async () => {
      while (waiting && this.#teardown.error === null && !this.engine.readClosed && !this.#full) {
        await this.receive();
      }
    };
    await bounded(read(), PENDING_ALERT_TIMEOUT).catch(() => {}); // the teardown keeps the error
    waiting = false;
  }

  async #pumpInput(): Promise<void> {
    const { engine } = this;
    try {
      const mayReadAhead = engine.connected && engine.pendingCost < MAX_KEPT_APPLICATION_DATA;
      const chunk = await this.#chunks.next(mayReadAhead);
      this.#teardown.throwIfFailed();
      if (chunk === null) engine.receiveEof();
      else await engine.receive(chunk);
      this.#teardown.throwIfFailed(); // the connection may have broken while a hook ran
    } catch (error) {
      throw await this.fail(error);
    } finally {
      this.#receiving = null;
    }
    if (!engine.connected) return;
    this.startSending();
    if (engine.renegotiating || engine.takeUnreportedAuthentication()) this.#onRehandshake();
  }
}
