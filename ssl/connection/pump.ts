// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The pump between an engine and a transport: the one hard file of ring 2.
 *
 * General theory of operation (learned from trio's `_ssl.py` and tokio-rustls):
 *
 * - One reader and one writer at a time; a second one fails at once. Handshakes are neither: they
 *   join the pump that runs.
 * - The engine is touched between awaits only; then exactly one thing is awaited; then one looks
 *   again.
 * - There is one output pump and one input pump at a time. Whoever needs one starts it or joins the
 *   one that runs, so no two of them ever wait for the same bytes.
 * - What the engine has to say leaves before the peer is waited for.
 * - The first error is the one that is reported, for ever. A failure closes the transport, after a
 *   bounded try to send the alert, so that nothing stays half open.
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

/** Up to so much application data is kept while a handshake or another waits for the peer. */
export const MAX_KEPT_APPLICATION_DATA = 1 << 20;

/** How many milliseconds a peer's alert may take when the transport refuses to write already. */
export const PENDING_ALERT_TIMEOUT = 250;

/** What a pump stands between, and what it tells of. */
export interface PumpOptions {
  /** The engine. */
  readonly engine: SslEngine;
  /** What the transport reads. */
  readonly chunks: ChunkReader;
  /** The end of the connection, with the transport. */
  readonly teardown: Teardown;
  /** The configuration, as it is by now. */
  readonly config: SslConfig;
  /** Called when the peer has begun another handshake, or ended one that was given up. */
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
  /** Notified when application data has been read that a handshake waits to be read. */
  readonly #taken = new Condition();
  #sending: Promise<void> | null = null;
  #receiving: Promise<void> | null = null;
  /** Whether the transport has refused to write. */
  #outputBroken = false;

  /** Makes a pump that does not run yet. */
  constructor({ engine, chunks, teardown, config, onRehandshake }: PumpOptions) {
    this.engine = engine;
    this.#chunks = chunks;
    this.#teardown = teardown;
    this.#config = config;
    this.#onRehandshake = onRehandshake;
  }

  /** Sends all output; joins the pump that runs. */
  send(): Promise<void> {
    if (this.#sending !== null) return this.#sending;
    if (!this.engine.hasOutput) return Promise.resolve();
    this.#sending = this.#pumpOutput();
    return this.#sending;
  }

  /** Sends all output, in its own time. */
  startSending(): void {
    this.send().catch(() => {}); // the failure stays with the connection
  }

  /** Takes the next bytes from the peer; joins the pump that runs. */
  receive(): Promise<void> {
    this.#receiving ??= this.#pumpInput();
    return this.#receiving;
  }

  /** Takes the next bytes; waits for a reader first where too much application data has come. */
  receiveForHandshake(): Promise<void> {
    return this.#full ? this.#taken.wait() : this.receive();
  }

  /** Says that application data has been taken from the engine. */
  notifyTaken(): void {
    this.#taken.notify();
  }

  /** Says that the engine has output, or room for data. */
  onProgress(): void {
    this.#teardown.writable.notify();
    this.startSending();
  }

  /**
   * Ends the connection for an error: its alert leaves, within bounds, then the transport is
   * closed.
   *
   * @returns The connection's first error, which the caller throws.
   */
  fail(cause: unknown): Promise<SslError> {
    return this.#teardown.fail(cause, (error) => this.#sendAlert(error));
  }

  get #full(): boolean {
    return this.engine.pendingLength > MAX_KEPT_APPLICATION_DATA;
  }

  async #sendAlert(error: SslError): Promise<void> {
    this.engine.abort(error);
    if (this.#outputBroken) return;
    await bounded(this.send(), this.#config.closeTimeout).catch(() => {}); // the first error counts
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

  /** A peer that has reset the connection may have sent an alert before: the better error. */
  async #readPendingAlert(): Promise<void> {
    let waiting = this.#teardown.open;
    const read = async () => {
      while (waiting && this.#teardown.error === null && !this.engine.readClosed && !this.#full) {
        await this.receive();
      }
    };
    await bounded(read(), PENDING_ALERT_TIMEOUT).catch(() => {}); // it is the first error by then
    waiting = false;
  }

  async #pumpInput(): Promise<void> {
    const { engine } = this;
    try {
      const mayReadAhead = engine.connected && engine.pendingLength < MAX_KEPT_APPLICATION_DATA;
      const chunk = await this.#chunks.next(mayReadAhead);
      this.#teardown.throwIfFailed();
      if (chunk === null) engine.receiveEof();
      else await engine.receive(chunk);
      this.#teardown.throwIfFailed(); // a hook took its time, and meanwhile the connection broke
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
