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
 * - While an application only writes, the pump reads in the background, a little: an alert of the
 *   peer then fails the next write, instead of lying unread.
 * - The first error is reported by all later calls. A failure closes the transport after a bounded
 *   attempt to send the alert, so that nothing stays half open.
 *
 * @module
 */

import { SslError } from "../base/errors.ts";
import type { SslConfig } from "../config/config.ts";
import type { SslEngine } from "../engine/engine.ts";
import { bounded, settlesWithin } from "./bounds.ts";
import type { Chunk, ChunkReader } from "./chunk_reader.ts";
import { Condition } from "./condition.ts";
import type { Liveness } from "./liveness.ts";
import type { Teardown } from "./teardown.ts";
import { isAbrupt, isReset, transportError } from "./transport_error.ts";

/**
 * The maximum memory in bytes of the application data that is kept while a handshake waits for the
 * peer.
 */
export const MAX_KEPT_APPLICATION_DATA = 1 << 20;

/** The maximum memory in bytes of the application data that is read in the background. */
export const MAX_BACKGROUND_DATA = 16_384;

/** The time in milliseconds to wait for a peer's alert after a write or a close has failed. */
export const PENDING_ALERT_TIMEOUT = 250;

/** The maximum number of bytes that a closing socket decrypts; it drops the rest as it comes. */
export const MAX_DECRYPTED_IN_DRAIN = 1 << 20;

/** The time in milliseconds that a closing socket waits for a peer that is about to send. */
export const DUE_TIMEOUT = 1000;

/**
 * The time in milliseconds that a closing server waits for the next bytes of a client elsewhere,
 * which may be about to send the rest of a request that has been answered early. Apache httpd waits
 * as long (nginx for 5 seconds): a busy client encrypts some megabytes before it sends the first.
 */
export const LINGER_TIMEOUT = 2000;

/** The time in milliseconds without a byte after which a peer that was sending is silent. */
const SILENCE = 16;

/** A peer that has sent so many bytes to a closing socket is in the middle of sending. */
const MUCH = 65_536;

/** The parts of a pump. */
export interface PumpOptions {
  /** The engine. */
  readonly engine: SslEngine;
  /** The reader of the transport. */
  readonly chunks: ChunkReader;
  /** The teardown of the connection, with the transport. */
  readonly teardown: Teardown;
  /** Whether the connection keeps the process alive. */
  readonly liveness: Liveness;
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
  readonly #liveness: Liveness;
  readonly #config: SslConfig;
  readonly #onRehandshake: () => void;
  /** Notified when a reader has taken application data, for which a handshake waits. */
  readonly #taken = new Condition();
  #sending: Promise<void> | null = null;
  #receiving: Promise<void> | null = null;
  /** Whether the input pump runs in the background: no call of the application waits for it. */
  #background = false;
  /**
   * The run of the input pump that has been left in the background, even if somebody has joined.
   */
  #watched: Promise<void> | null = null;
  /** Whether the transport has ended while it was read in the background. */
  #inputEnded = false;
  /** How the peer's bytes are taken: those that a closing socket drops need no decryption. */
  #drain: "no" | "decrypt" | "drop" = "no";

  /** Lets the engine begin with the chunk after the one that it processes. */
  readonly #takeEarly = (bytes: Uint8Array<ArrayBuffer>): boolean =>
    this.#drain === "no" && this.engine.receiveEarly(bytes);

  /** The error of the first write to the transport that has failed. */
  #outputFailure: SslError | null = null;

  /** Creates a pump that does not run yet. */
  constructor({ engine, chunks, teardown, liveness, config, onRehandshake }: PumpOptions) {
    this.engine = engine;
    this.#chunks = chunks;
    this.#teardown = teardown;
    this.#liveness = liveness;
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
    if (this.#background) this.#liveness.background = this.#background = false;
    this.#receiving ??= this.#pumpInput();
    return this.#receiving;
  }

  /** Receives the next bytes; waits for a reader first if too much application data is kept. */
  receiveForHandshake(): Promise<void> {
    return this.#full ? this.#taken.wait() : this.receive();
  }

  /**
   * Waits for the first session ticket, which a server sends unasked, for at most a second: a
   * program that ends before it comes would have its kernel reset the connection.
   *
   * @param isRead Returns whether the application reads.
   */
  async receiveTicket(isRead: () => boolean): Promise<void> {
    const { engine } = this;
    const deadline = performance.now() + DUE_TIMEOUT;
    while (engine.awaitsTicket && !isRead() && this.#maySendMore) {
      const left = deadline - performance.now();
      if (left <= 0 || !await settlesWithin(this.#receiveOrEnd(), left)) break;
    }
    if (this.#receiving !== null && !isRead()) this.#leaveInBackground(this.#receiving);
  }

  /**
   * Takes what the peer still sends to a closing socket, and drops the data: a kernel that closes
   * over unread bytes, or gets some later, resets the connection, and the peer loses what it has
   * not read. Waits for what is there, what follows it, and the first session ticket, which a
   * server sends unasked.
   */
  async drain(): Promise<void> {
    const { engine } = this;
    this.#drain = "decrypt";
    const start = this.#chunks.returned;
    const deadline = performance.now() + DUE_TIMEOUT;
    for (;;) {
      const taken = this.#chunks.returned - start;
      if (taken >= MAX_DECRYPTED_IN_DRAIN) this.#drain = "drop";
      const received = this.#receiveOrEnd();
      const patience = this.#patience(taken, deadline - performance.now());
      // Bytes that are there already come within one turn of the event loop.
      const parts = patience === 0 ? 1 : undefined;
      if (!await settlesWithin(received, patience, parts) || !await received) return;
      while (engine.takeApplicationData() !== null);
      if (engine.readClosed) return;
    }
  }

  /**
   * Reads on, for a short time, after the transport has failed under a write or a close: an alert
   * that the peer sent before is the better error, and a close_notify means that it has read all.
   */
  async readPendingAlert(): Promise<void> {
    let waiting = this.#teardown.open || this.engine.hasSent;
    const read = async () => {
      while (waiting && this.#teardown.error === null && !this.engine.readClosed && !this.#full) {
        await this.receive();
      }
    };
    await bounded(read(), PENDING_ALERT_TIMEOUT).catch(() => {}); // the teardown keeps the error
    waiting = false;
  }

  /** Receives the next bytes; returns whether the connection is there still. */
  #receiveOrEnd(): Promise<boolean> {
    return this.#teardown.unlessBroken(this.receive()).then(() => true, () => false);
  }

  /** The error of the transport if the peer has reset the connection; `null` otherwise. */
  get reset(): SslError | null {
    return [this.#chunks.failure, this.#outputFailure].find(isAbrupt) ?? null;
  }

  #patience(taken: number, untilTicket: number): number {
    const { engine } = this;
    if (this.#drain === "decrypt" && engine.partial) return Infinity; // the caller has a limit
    if (engine.role === "server" && this.#teardown.transport.isRemote) return LINGER_TIMEOUT;
    if (taken >= MUCH) return DUE_TIMEOUT;
    const silence = taken > 0 ? SILENCE : 0;
    return engine.awaitsTicket ? Math.max(untilTicket, silence) : silence;
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
   * @param cause The error, of any type.
   * @param reported Whether a call of the application throws it.
   * @returns The connection's first error.
   */
  fail(cause: unknown, reported = true): Promise<SslError> {
    return this.#teardown.fail(cause, (error) => this.#sendAlert(error), reported);
  }

  get #full(): boolean {
    return this.engine.pendingCost > MAX_KEPT_APPLICATION_DATA;
  }

  async #sendAlert(error: SslError): Promise<void> {
    this.engine.abort(error);
    if (this.#outputFailure !== null) return;
    await bounded(this.send(), this.#config.closeTimeout).catch(() => {}); // not the first error
  }

  async #pumpOutput(): Promise<void> {
    const { engine } = this;
    const { transport, writable } = this.#teardown;
    try {
      while (engine.hasOutput) {
        const output = await engine.takeOutput();
        writable.notify();
        if (output === null) continue;
        if (this.#receiving === null) this.#readInBackground();
        await transport.write(output);
      }
      engine.releaseBuffers();
    } catch (error) {
      const failure = this.#outputFailure = transportError("write", error);
      if (isReset(failure)) await this.readPendingAlert();
      this.#teardown.break(failure);
      throw this.#teardown.error ?? failure;
    } finally {
      this.#sending = null;
      writable.notify();
    }
  }

  async #pumpInput(): Promise<void> {
    const { engine } = this;
    try {
      const chunk = await this.#chunks.next();
      if (this.#teardown.error !== null) throw this.#teardown.error;
      if (chunk !== null) {
        await this.#process(chunk);
      } else if (this.#background) {
        // The next reader meets it again. The peer may still read, and this end go on writing.
        this.#inputEnded = true;
      } else engine.receiveEof();
      // The connection may have broken while a hook ran.
      if (this.#teardown.error !== null) throw this.#teardown.error;
    } catch (error) {
      // What a socket that is being closed meets is its peer's affair, unless the peer complains.
      if (this.#drain !== "no" && !isFromPeer(error)) throw error;
      if (this.#background && error === this.#chunks.failure) {
        this.#inputEnded = true; // as above
        throw error;
      }
      throw await this.fail(error, false); // the calls that wait report it
    } finally {
      this.#receiving = null;
      this.#chunks.release();
    }
    if (!engine.connected) return;
    this.startSending();
    if (engine.renegotiating || engine.takeUnreportedAuthentication()) this.#onRehandshake();
  }

  /** Has the engine process a chunk; the one after it is read, and begun with, meanwhile. */
  #process({ bytes, early }: Chunk): Promise<void> | undefined {
    const { engine } = this;
    const processed = this.#drain === "drop" ? undefined : engine.receive(early ? null : bytes);
    if (engine.connected && !this.#background && engine.pendingCost < MAX_KEPT_APPLICATION_DATA) {
      this.#chunks.readAhead(this.#takeEarly);
    }
    return processed;
  }

  /** Reads while nobody else does, so that an alert of the peer is found. */
  #readInBackground(): void {
    if (!this.engine.hasSent || !this.#maySendMore) return;
    this.#chunks.shrink();
    this.#background = true;
    this.#receiving = this.#pumpInput();
    this.#leaveInBackground(this.#receiving);
  }

  /** Whether the peer may still send something that there is room for. */
  get #maySendMore(): boolean {
    const { engine } = this;
    return this.#teardown.open && !engine.readClosed && !this.#inputEnded &&
      engine.pendingCost <= MAX_BACKGROUND_DATA;
  }

  /** Leaves the input pump running, while no call of the application waits for it. */
  #leaveInBackground(receiving: Promise<void>): void {
    this.#liveness.background = this.#background = true;
    if (this.#watched === receiving) return;
    this.#watched = receiving;
    receiving.catch(() => {}).then(() => { // the teardown keeps the error
      this.#watched = null;
      if (!this.#background) return; // a reader has joined
      this.#background = false;
      if (!this.#teardown.open) return;
      this.#liveness.background = false;
      if (this.#receiving === null) this.#readInBackground();
    });
  }
}

function isFromPeer(error: unknown): boolean {
  return error instanceof SslError && error.origin === "peer";
}
