// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The pump between an engine and a transport: the one hard file of ring 2.
 *
 * General theory of operation (learned from trio's `_ssl.py` and tokio-rustls):
 *
 * - One reader and one writer at a time; a second one fails at once. Handshakes are neither: they join the pump that runs.
 * - The engine is touched between awaits only; then exactly one thing is awaited; then one looks again.
 * - There is one output pump and one input pump at a time. Whoever needs one starts it or joins the one that runs, so
 *   no two of them ever wait for the same bytes.
 * - What the engine has to say leaves before the peer is waited for.
 * - The first error is the one that is reported, for ever. A failure closes the transport, after a bounded try to send the
 *   alert, so that nothing stays half open.
 *
 * @module
 */

import type { ChannelInfo, PreliminaryChannelInfo } from "../base/channel_info.ts";
import { bounded, type HandshakeBounds, withinBounds } from "./bounds.ts";
import { ChunkReader } from "./chunk_reader.ts";
import type { SslConfig } from "../config/config.ts";
import { configOf, lockConfig, unlockConfig } from "../config/config_registry.ts";
import { effectiveConfig } from "../config/effective_config.ts";
import { type AlertDirection, type MessageFilter, SslEngine } from "../engine/engine.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { Environment } from "../base/environment.ts";
import type { ReHandshakeRequest } from "../handshake/handshake.ts";
import { checkForRole } from "../config/resolve_config.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { socketHooks } from "./socket_hooks.ts";
import type { Alert } from "../tables/alert_descriptions.ts";
import { isReset, transportError } from "./transport_error.ts";
import type { Transport } from "./transports.ts";

/** How a connection is set up, beside its configuration. */
export interface ConnectionOptions {
  /** Bytes of the peer's that have been read already. */
  readonly head?: Uint8Array | undefined;
  /** Aborts the handshake. */
  readonly signal?: AbortSignal | undefined;
  /** The names of the options that `importFD` was given. */
  readonly given?: readonly string[] | undefined;
  /** For tests: the clock and the randomness. */
  readonly environment?: Environment | undefined;
  /** For tests: how many records are under way at once. */
  readonly window?: number | undefined;
  /** For tests: stands between handshake and records. */
  readonly messageFilter?: MessageFilter | undefined;
}

/** Up to so much application data is kept while a handshake or another waits for the peer. */
export const MAX_KEPT_APPLICATION_DATA = 1 << 20;

/** How many milliseconds a peer's alert may take that is on its way while the transport refuses to write already. */
export const LAST_WORDS_TIMEOUT = 250;

const PLATFORM: Environment = {
  now: () => Date.now(),
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
};

/** One TLS connection over a transport. */
export class Connection<A = unknown> {
  readonly transport: Transport<A>;
  readonly #socket: SslSocket<A>;
  readonly #options: ConnectionOptions;
  readonly #chunks: ChunkReader;
  #engine: SslEngine | null = null;
  #handshake: Promise<ChannelInfo> | null = null;
  /** A handshake after the first one that is under way. */
  #again: Promise<ChannelInfo> | null = null;
  #failure: SslError | null = null;
  /** Whether anybody has been told of the failure. */
  #failureSeen = false;
  #handshakeComplete = false;
  #reading = false;
  #writing: Promise<number> | null = null;
  #sending: Promise<void> | null = null;
  /** Whether the transport has refused to write. */
  #outputBroken = false;
  #receiving: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  /** Whether all that was written has left before the socket closes. */
  #flushed = false;
  #writeClosing: Promise<void> | null = null;
  #transportClosing: Promise<void> | null = null;
  /** Rejects when the connection is broken, whatever a handshake is waiting for. */
  readonly #broken = Promise.withResolvers<never>();
  /** Resolves when application data has been read that others wait to be read. */
  #taken: PromiseWithResolvers<void> | null = null;
  /** Resolves when there may be room in the engine's window. */
  #progress = Promise.withResolvers<void>();

  constructor(socket: SslSocket<A>, transport: Transport<A>, options: ConnectionOptions) {
    this.#socket = socket;
    this.transport = transport;
    this.#options = options;
    this.#chunks = new ChunkReader(transport, options.head);
    this.#broken.promise.catch(() => {}); // only a handshake waits for it
  }

  get handshakeStarted(): boolean {
    return this.#handshake !== null;
  }

  /** The engine of a connection whose handshake is complete. */
  get connectedEngine(): SslEngine {
    if (this.#failure !== null) throw this.#failure;
    if (this.#engine === null || !this.#engine.connected) {
      throw new SslError(
        "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
        "Cannot tell: the handshake is not complete",
      );
    }
    return this.#engine;
  }

  /** What the handshake has negotiated so far; `null` before it has begun. */
  get preliminaryChannelInfo(): PreliminaryChannelInfo | null {
    return this.#engine?.preliminaryChannelInfo ?? null;
  }

  /** What the connection shows of itself, authenticated or not; `null` before the handshake has begun. */
  get visible(): SslEngine["visible"] | null {
    return this.#engine?.visible ?? null;
  }

  /** The bytes that can be read without waiting. */
  get pendingLength(): number {
    return this.#engine?.pendingLength ?? 0;
  }

  get #config(): SslConfig {
    return configOf(this.#socket);
  }

  /** Runs the handshake, once; all callers get the same promise. One that follows the first is joined as well. */
  handshake(): Promise<ChannelInfo> {
    if (this.#again !== null) return this.#again;
    if (this.#handshake === null) {
      this.#handshake = this.#boundedHandshake();
      this.#handshake.catch(() => {}); // whoever reads or writes next meets it
    }
    return this.#handshake;
  }

  /** What reading and writing waits for: not for a handshake that follows, which may be declined, or answered late. */
  async #firstHandshake(): Promise<void> {
    if (!this.#handshakeComplete) await this.handshake();
  }

  /** Runs or joins the handshake, and gives the connection up if it takes too long. */
  async forceHandshake(bounds: HandshakeBounds): Promise<ChannelInfo> {
    const handshake = this.handshake();
    if (this.#handshakeComplete && this.#again === null) return await handshake;
    return await withinBounds(bounds, () => handshake, (error) => this.#break(error));
  }

  /** Runs another handshake, which the peer may decline, or leave unanswered: the connection goes on as it was. */
  async reHandshake(request: ReHandshakeRequest, bounds: HandshakeBounds): Promise<ChannelInfo> {
    const engine = this.connectedEngine;
    this.#throwIfBroken();
    if (this.#again !== null || !this.#handshakeComplete) {
      throw new SslError(
        "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
        "Cannot begin another handshake: the one before is not complete",
      );
    }
    let forgotten: Promise<void> | undefined;
    const info = await this.#runAgain(engine, bounds, async () => {
      ({ forgotten } = await engine.beginReHandshake(request));
    });
    await forgotten;
    return info;
  }

  /** Reads decrypted bytes into `p`, as many as there are. */
  async read(p: Uint8Array): Promise<number | null> {
    return await this.#exclusiveRead((engine) => {
      let filled = 0;
      while (filled < p.length) {
        const piece = engine.takeApplicationData(p.length - filled);
        if (piece === null) break;
        p.set(piece, filled);
        filled += piece.length;
      }
      return filled > 0 || p.length === 0 ? filled : null;
    });
  }

  /** The next piece of decrypted bytes, which is the caller's to keep; `null` at the end. */
  readPiece(): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#exclusiveRead((engine) => engine.takeApplicationData());
  }

  /** Encrypts and sends bytes; resolves once all are sealed, and no more than half a window waits for the transport. */
  write(p: Uint8Array): Promise<number> {
    if (this.#writing !== null) return Promise.reject(busy("write"));
    if (this.#closing !== null) return Promise.reject(this.#failure ?? closedError());
    const writing = this.#write(p).finally(() => {
      this.#writing = null;
    });
    this.#writing = writing;
    return writing;
  }

  /** Says that no more will be written, once; reading goes on. */
  closeWrite(): Promise<void> {
    if (this.#writing !== null) return Promise.reject(busy("write"));
    return this.#writeClosing ??= this.#closeWrite();
  }

  /** Sends what was written and close_notify, then closes the transport. */
  close(): Promise<void> {
    return this.#end(true);
  }

  /** Sends what was written, then closes the transport without close_notify: the peer sees a truncation. */
  abort(): Promise<void> {
    return this.#end(false);
  }

  /** Renews the write key, and asks the peer to renew its own where `requestUpdate`. */
  async keyUpdate(requestUpdate: boolean): Promise<void> {
    await this.#firstHandshake();
    this.#throwIfBroken();
    await this.#engine!.keyUpdate(requestUpdate);
    await this.#send();
  }

  async #boundedHandshake(): Promise<ChannelInfo> {
    const bounds = { timeout: this.#config.handshakeTimeout, signal: this.#options.signal };
    try {
      return await withinBounds(
        bounds,
        () => Promise.race([this.#runHandshake(), this.#broken.promise]),
        (error) => this.#break(error),
      );
    } catch (error) {
      throw await this.#fail(error);
    }
  }

  async #runHandshake(): Promise<ChannelInfo> {
    this.#throwIfBroken();
    checkForRole(this.#config, this.#options.given ?? []);
    if (this.#config.noDelay) this.transport.setNoDelay();
    lockConfig(this.#socket);
    const engine = this.#engine = new SslEngine({
      hooks: socketHooks(this.#socket),
      config: effectiveConfig(this.#config),
      latestConfig: () => effectiveConfig(this.#config),
      peerAddress: addressText(this.transport.remoteAddr),
      environment: this.#options.environment ?? PLATFORM,
      onProgress: () => this.#onProgress(),
      onAlert: (direction, alert) => this.#tellOfAlert(direction, alert),
      window: this.#options.window,
      messageFilter: this.#options.messageFilter,
    });
    await engine.start();
    while (!engine.connected) {
      // Not awaited: over a transport without buffers two ends that both write would wait for each other.
      this.#startSending();
      await this.#receive();
    }
    await this.#send();
    const info = await this.#tellOfHandshake(engine);
    this.#handshakeComplete = true;
    return info;
  }

  async #tellOfHandshake(engine: SslEngine): Promise<ChannelInfo> {
    unlockConfig(this.#socket);
    const info = engine.channelInfo;
    try {
      await this.#config.handshakeCallback?.(this.#socket, info);
    } catch (error) {
      throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
    }
    return info;
  }

  /** Not at once: the engine is in the middle of something that the callback must not meddle with. */
  #tellOfAlert(direction: AlertDirection, alert: Alert): void {
    const { alertSentCallback, alertReceivedCallback } = this.#config;
    const callback = direction === "sent" ? alertSentCallback : alertReceivedCallback;
    if (callback === null) return;
    Promise.resolve().then(() => callback(this.#socket, alert)).catch(() => {}); // it looks on
  }

  /** Runs another handshake; joins the one that runs. */
  #runAgain(
    engine: SslEngine,
    bounds: HandshakeBounds,
    begin: () => Promise<void> = () => Promise.resolve(),
  ): Promise<ChannelInfo> {
    if (this.#again !== null) return this.#again;
    lockConfig(this.#socket);
    this.#again = this.#boundedAgain(engine, bounds, begin).finally(() => {
      unlockConfig(this.#socket);
      this.#again = null;
    });
    return this.#again;
  }

  async #boundedAgain(
    engine: SslEngine,
    bounds: HandshakeBounds,
    begin: () => Promise<void>,
  ): Promise<ChannelInfo> {
    const timeout = bounds.timeout ?? this.#config.handshakeTimeout;
    let begun = false;
    let early: SslError | null = null;
    const giveUp = (error: SslError): void => {
      // In the middle of it there is no way back, nor is there while the callback is told; a peer that has not begun need not
      // be waited for.
      if (engine.renegotiating || (begun && engine.again === null)) this.#break(error);
      else if (begun) engine.giveUpReHandshake(error);
      else early ??= error; // there is nothing yet to give up
    };
    return await withinBounds({ ...bounds, timeout }, async () => {
      // It may ask a cache or a hook, which may take its time as well.
      await Promise.race([this.#begin(engine, begin), this.#broken.promise]);
      begun = true;
      const done = Promise.race([engine.again, this.#broken.promise]);
      done.catch(() => {}); // awaited by the pump
      if (early !== null) giveUp(early);
      return await Promise.race([this.#pumpUntil(done, engine), this.#broken.promise]);
    }, giveUp);
  }

  /** Begins another handshake; where it cannot, the connection goes on, unless it was in the middle of it. */
  async #begin(engine: SslEngine, begin: () => Promise<void>): Promise<void> {
    try {
      await begin();
    } catch (error) {
      throw engine.error === null ? error : await this.#fail(error);
    }
  }

  /** Keeps the pump going until a handshake is over, whoever reads and writes meanwhile. */
  async #pumpUntil(done: Promise<unknown>, engine: SslEngine): Promise<ChannelInfo> {
    while (engine.again !== null) {
      this.#startSending();
      if (engine.pendingLength > MAX_KEPT_APPLICATION_DATA) {
        this.#taken ??= Promise.withResolvers();
        await Promise.race([done, this.#taken.promise]);
      } else {
        await Promise.race([done, this.#receive()]);
      }
    }
    await done;
    await this.#send();
    try {
      const info = await this.#tellOfHandshake(engine);
      this.#handshake = Promise.resolve(info); // what counts from here on
      return info;
    } catch (error) {
      throw await this.#fail(error);
    }
  }

  /** Waits until `take` finds something, with nobody else reading; `null` at the end of the peer's data. */
  async #exclusiveRead<T>(take: (engine: SslEngine) => T | null): Promise<T | null> {
    if (this.#reading) throw busy("read");
    this.#reading = true;
    try {
      await this.#firstHandshake();
      const engine = this.#engine!;
      for (;;) {
        const taken = take(engine);
        if (taken !== null) {
          this.#taken?.resolve();
          this.#taken = null;
          return taken;
        }
        if (engine.readClosed && this.#failure === null) return null;
        this.#throwIfBroken();
        await this.#receive().catch(() => {}); // the failure stays, and what came before it is still good
      }
    } finally {
      this.#reading = false;
    }
  }

  async #write(p: Uint8Array): Promise<number> {
    const data = toArrayBufferBytes(p);
    const { length } = data;
    await this.#firstHandshake();
    const engine = this.#engine!;
    await engine.ticketsReady;
    for (let sent = 0;;) {
      if (data.length !== length) {
        throw new SslError("SEC_ERROR_INVALID_ARGS", "Cannot write: the bytes were taken away");
      }
      this.#throwIfFailed(); // and not if closing: close() waits for a write that it finds under way
      if (engine.writeClosed) {
        throw new SslError("PR_SOCKET_SHUTDOWN_ERROR", "Cannot write: the writing side is closed");
      }
      sent += engine.send(sent === 0 ? data : data.subarray(sent));
      this.#startSending();
      if (sent === length && !engine.congested) return sent;
      await this.#progress.promise;
    }
  }

  #end(inOrder: boolean): Promise<void> {
    if (this.#closing === null) {
      this.#closing = this.#close(inOrder);
      this.#closing.catch(() => {}); // the end of a socket is often not awaited
    }
    return this.#closing;
  }

  async #close(inOrder: boolean): Promise<void> {
    if (this.#failure !== null) {
      await this.#closeTransport().catch(() => {}); // the first error counts
      // Data that was accepted and lost must not go unnoticed.
      if (!this.#failureSeen) throw this.#failure;
      return;
    }
    const { closeTimeout } = this.#config;
    try {
      await bounded(this.#sayGoodbye(inOrder), closeTimeout);
      if (!this.#flushed) throw closeTimeoutError(closeTimeout);
    } finally {
      const closed = this.#closeTransport(this.#flushed ? "close" : "abort");
      this.#break(closedError());
      // Over another socket the close_notify was data, which a peer that is gone has no use for.
      await closed.catch((error) => {
        if (!isReset(error)) throw error;
      });
    }
  }

  async #sayGoodbye(inOrder: boolean): Promise<void> {
    await this.#writing;
    await this.#send();
    this.#flushed = true;
    if (inOrder) this.#engine?.close();
    await this.#send().catch(() => {}); // everything has left but the close_notify: the peer is gone already
  }

  async #closeWrite(): Promise<void> {
    await this.#firstHandshake();
    this.#throwIfBroken();
    this.#engine!.close();
    await this.#send();
    try {
      await this.transport.closeWrite();
    } catch (error) {
      throw transportError("write", error);
    }
  }

  /** Sends all output; joins the pump that runs. */
  #send(): Promise<void> {
    if (this.#sending !== null) return this.#sending;
    if (!this.#engine?.hasOutput) return Promise.resolve();
    this.#sending = this.#pumpOutput();
    return this.#sending;
  }

  #startSending(): void {
    this.#send().catch(() => {}); // the failure stays with the connection
  }

  async #pumpOutput(): Promise<void> {
    const engine = this.#engine!;
    try {
      while (engine.hasOutput) {
        const output = await engine.takeOutput();
        this.#wakeWriter();
        if (output !== null) await this.transport.write(output);
      }
      engine.releaseBuffers();
    } catch (error) {
      this.#outputBroken = true;
      const failure = transportError("write", error);
      if (isReset(failure)) await this.#hearLastWords();
      this.#break(failure);
      throw this.#failure ?? failure;
    } finally {
      this.#sending = null;
      this.#wakeWriter();
    }
  }

  /** A peer that no longer listens may have said why, by an alert that is the better error. */
  async #hearLastWords(): Promise<void> {
    const engine = this.#engine!;
    let listening = this.#closing === null;
    const listen = async () => {
      while (listening && this.#failure === null && !engine.readClosed) {
        if (engine.pendingLength > MAX_KEPT_APPLICATION_DATA) return;
        await this.#receive();
      }
    };
    await bounded(listen(), LAST_WORDS_TIMEOUT).catch(() => {}); // it is the connection's error by then
    listening = false;
  }

  /** Takes the next bytes from the peer; joins the pump that runs. */
  #receive(): Promise<void> {
    this.#receiving ??= this.#pumpInput();
    return this.#receiving;
  }

  async #pumpInput(): Promise<void> {
    const engine = this.#engine!;
    try {
      const mayReadAhead = engine.connected && engine.pendingLength < MAX_KEPT_APPLICATION_DATA;
      const chunk = await this.#nextChunk(mayReadAhead);
      if (this.#failure !== null) throw this.#failure;
      if (chunk === null) engine.receiveEof();
      else await engine.receive(chunk);
      if (this.#failure !== null) throw this.#failure; // a hook took its time, and meanwhile the connection broke
    } catch (error) {
      throw await this.#fail(error);
    } finally {
      this.#receiving = null;
    }
    if (!engine.connected) return;
    this.#startSending();
    // Where it is the peer's request, or an answer that nobody waits for any more: whoever reads or writes next meets the error.
    if (engine.renegotiating || engine.takeLateAnswer()) this.#runAgain(engine, {}).catch(() => {});
  }

  async #nextChunk(mayReadAhead: boolean): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      return await this.#chunks.next(mayReadAhead);
    } catch (error) {
      throw transportError("read", error);
    }
  }

  /** Ends the connection for an error: its alert leaves, within bounds, then the transport is closed. */
  async #fail(cause: unknown): Promise<SslError> {
    this.#failureSeen = true;
    if (this.#failure !== null) return this.#failure;
    const error = toSslError(cause);
    this.#failure = error;
    this.#engine?.abort(error);
    this.#wakeWriter();
    if (!this.#outputBroken) {
      await bounded(this.#send(), this.#config.closeTimeout).catch(() => {}); // a last-gasp alert hides no error
    }
    await this.#closeTransport().catch(() => {});
    return error;
  }

  /** Ends the connection at once. */
  #break(error: SslError): void {
    this.#failure ??= error;
    this.#broken.reject(this.#failure);
    this.#wakeWriter();
    this.#closeTransport("abort").catch(() => {});
  }

  /** Closes the transport, once; all callers get the same promise. */
  #closeTransport(how: "close" | "abort" = "close"): Promise<void> {
    this.#transportClosing ??= this.#closeTransportOnce(how);
    return this.#transportClosing;
  }

  async #closeTransportOnce(how: "close" | "abort"): Promise<void> {
    try {
      await this.transport[how]();
    } catch (error) {
      throw transportError("close", error);
    }
  }

  #onProgress(): void {
    this.#wakeWriter();
    this.#startSending();
  }

  #wakeWriter(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }

  #throwIfFailed(): void {
    if (this.#failure === null) return;
    this.#failureSeen = true;
    throw this.#failure;
  }

  #throwIfBroken(): void {
    this.#throwIfFailed();
    if (this.#closing !== null) throw closedError();
  }
}

function busy(what: "read" | "write"): SslError {
  return new SslError("PR_IN_PROGRESS_ERROR", `Cannot ${what}: another ${what} is in progress`);
}

function closedError(): SslError {
  return new SslError("PR_BAD_DESCRIPTOR_ERROR", "Cannot use socket: it was closed");
}

function closeTimeoutError(milliseconds: number): SslError {
  return new SslError(
    "PR_IO_TIMEOUT_ERROR",
    `Cannot send all that was written before the socket closes: it took longer than ${milliseconds} ms ` +
      "(closeTimeout)",
  );
}

/** WebCrypto wants bytes on an `ArrayBuffer`; only those on shared memory need a copy. */
function toArrayBufferBytes(p: Uint8Array): Uint8Array<ArrayBuffer> {
  return p.buffer instanceof ArrayBuffer
    ? new Uint8Array(p.buffer, p.byteOffset, p.byteLength)
    : new Uint8Array(p);
}

function addressText(address: unknown): string {
  return typeof address === "object" && address !== null ? JSON.stringify(address) : "";
}
