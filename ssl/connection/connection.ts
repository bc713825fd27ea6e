// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesOf } from "../../cert/base/bytes.ts";
import type { ChannelInfo, PreliminaryChannelInfo } from "../base/channel_info.ts";
import { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { SslConfig } from "../config/config.ts";
import { configOf } from "../config/config_registry.ts";
import type { SslEngine } from "../engine/engine.ts";
import type { EarlyWrite } from "../handshake/early_data.ts";
import type { ReHandshakeRequest } from "../handshake/handshake.ts";
import { bounded, type HandshakeBounds, settlesWithin } from "./bounds.ts";
import { type ConnectionOptions, Handshakes } from "./handshakes.ts";
import { Liveness } from "./liveness.ts";
import type { Pump } from "./pump.ts";
import type { EarlyParts } from "./send_early_data.ts";
import { closedError, Teardown } from "./teardown.ts";
import { isReset, transportError } from "./transport_error.ts";
import { kindOf } from "../../cert/base/options.ts";
import type { Transport } from "./transports.ts";

/**
 * The maximum number of bytes that wait in writes behind the one in progress, with
 * {@linkcode WAITING_WRITE_COST} for each; a write is refused while as many wait.
 */
export const MAX_WAITING_WRITES = 1 << 24;
/** What a waiting write costs in bytes besides its data. */
export const WAITING_WRITE_COST = 1024;

/**
 * A TLS connection over a transport: the operations of a socket.
 *
 * A second concurrent read is rejected at once, since each takes what comes next; a second write
 * waits its turn.
 */
export class Connection<A = unknown> {
  readonly transport: Transport<A>;
  /** Whether the connection keeps the process alive. */
  readonly liveness: Liveness;
  readonly #config: SslConfig;
  readonly #teardown: Teardown;
  readonly #handshakes: Handshakes;
  #reading = false;
  /** The last write that has been called, while it is in progress or waits. */
  #writing: Promise<number> | null = null;
  /** The cost of the writes that wait for that in progress. */
  #waitingCost = 0;
  #writeClosing: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  constructor(socket: SslSocket<A>, transport: Transport<A>, options: ConnectionOptions) {
    this.transport = transport;
    this.#config = configOf(socket);
    this.#teardown = new Teardown(transport);
    this.liveness = new Liveness(transport);
    this.#handshakes = new Handshakes(socket, this.#teardown, this.liveness, options);
  }

  /** The engine of a connection whose handshake is complete. */
  get connectedEngine(): SslEngine {
    return this.#handshakes.connectedPump.engine;
  }

  /** What the handshake has negotiated so far; `null` before it starts. */
  get preliminaryChannelInfo(): PreliminaryChannelInfo | null {
    return this.engine?.preliminaryChannelInfo ?? null;
  }

  /**
   * The properties visible to the application, authenticated or not; `null` before the handshake
   * starts.
   */
  get visible(): SslEngine["visible"] | null {
    return this.engine?.visible ?? null;
  }

  /** The error that has ended the connection; `null` for none. */
  get failure(): SslError | null {
    return this.#teardown.error;
  }

  /** The number of bytes that can be read without waiting. */
  get pendingLength(): number {
    return this.engine?.pendingLength ?? 0;
  }

  /** The engine; `null` before the first handshake starts. */
  get engine(): SslEngine | null {
    return this.#handshakes.pump?.engine ?? null;
  }

  /** Runs the first handshake, or joins the current one; concurrent callers share the promise. */
  handshake(): Promise<ChannelInfo> {
    return this.#handshakes.run();
  }

  /** Runs or joins the handshake; a timeout or abort ends the connection. */
  forceHandshake(bounds: HandshakeBounds): Promise<ChannelInfo> {
    return this.#handshakes.force(bounds);
  }

  /** Runs another handshake. If the peer declines or does not answer, the connection continues. */
  reHandshake(request: ReHandshakeRequest, bounds: HandshakeBounds): Promise<ChannelInfo> {
    return this.#handshakes.rehandshake(request, bounds);
  }

  /** Reads decrypted bytes into `p`, as many as are available; `null` at the end. */
  read(p: unknown): Promise<number | null> {
    const into = bytesOf(p);
    if (into === null) return Promise.reject(noBytes("read", p));
    return this.#exclusiveRead((engine) => {
      const filled = engine.readApplicationData(into);
      return filled > 0 || into.length === 0 ? filled : null;
    });
  }

  /** Returns the next decrypted bytes, which the caller owns; `null` at the end. */
  readPiece(): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#exclusiveRead((engine) => engine.takeApplicationData());
  }

  /**
   * Encrypts and sends bytes, after earlier writes. Resolves when all are encrypted and at most
   * half a window waits for the transport.
   */
  write(p: unknown): Promise<number> {
    const bytes = bytesOf(p);
    if (bytes === null) return Promise.reject(noBytes("write", p));
    if (this.#closing !== null) return Promise.reject(this.#teardown.error ?? closedError());
    if (this.#writeClosing !== null) {
      return Promise.reject(this.#teardown.error ?? writeClosedError());
    }
    const before = this.#writing;
    if (before !== null && this.#waitingCost >= MAX_WAITING_WRITES) {
      return Promise.reject(tooManyWrites());
    }
    const data = toArrayBufferBytes(bytes);
    const writing = before === null
      ? this.#write(data, data.length)
      : this.#writeAfter(before, data);
    this.#writing = writing;
    return writing.finally(() => {
      if (this.#writing === writing) this.#writing = null;
    });
  }

  /** Begins the handshake with early data, as the first of all writes, which wait for it. */
  writeFirst<T>(early: EarlyWrite, send: (parts: EarlyParts) => Promise<T>): Promise<T> {
    if (this.#closing !== null) throw this.#teardown.error ?? closedError();
    const handshake = this.#handshakes.runWith(early);
    const result = send({
      handshake,
      begin: () => this.#handshakes.begin(),
      teardown: this.#teardown,
      write: (rest) => this.#write(rest, rest.length),
    });
    const writing = this.#writing = result.then(() => 0);
    writing.catch(() => {}).then(() => { // the caller is told
      if (this.#writing === writing) this.#writing = null;
    });
    return result;
  }

  /** Reads early data of the client's into `p`; `null` where there is no more. */
  async readEarly(p: Uint8Array): Promise<number | null> {
    if (this.#reading) throw busy();
    this.#reading = true;
    try {
      const pump = await this.#handshakes.begin();
      const { engine } = pump;
      for (;;) {
        const { earlyRead } = engine.early;
        const filled = engine.readApplicationData(p.subarray(0, earlyRead?.left ?? 0));
        if (filled > 0) {
          pump.notifyTaken();
          return filled;
        }
        if (engine.connected || earlyRead?.ended) return null;
        if (p.length === 0) return 0;
        this.#teardown.throwUnlessOpen();
        await this.#teardown.unlessBroken(pump.receive());
      }
    } finally {
      this.#reading = false;
    }
  }

  /** Sends close_notify, once, after earlier writes; reading continues. */
  closeWrite(): Promise<void> {
    return this.#writeClosing ??= this.#closeWrite();
  }

  /**
   * Like {@linkcode Connection.closeWrite}, as the last thing that a program may do: what was
   * written arrives then, too.
   */
  async finishWriting(): Promise<void> {
    await this.closeWrite();
    const { pump } = this.#handshakes;
    if (pump === null || !pump.engine.mayLoseData) return;
    await pump.receiveTicket(() => this.#reading);
    this.#teardown.throwIfFailed();
  }

  /** Sends pending data and close_notify, then closes the transport. */
  close(): Promise<void> {
    return this.#end(() => this.#close());
  }

  /**
   * Closes the transport at once, without close_notify: the peer sees a truncation. What the
   * transport does not take at once is lost.
   */
  abort(): Promise<void> {
    return this.#end(() => this.#abort());
  }

  /** Updates the write key; `requestUpdate` asks the peer to update its own. */
  async keyUpdate(requestUpdate: boolean): Promise<void> {
    const pump = await this.#handshakes.completeFirst();
    this.#teardown.throwUnlessOpen();
    await pump.engine.keyUpdate(requestUpdate);
    await pump.send();
  }

  /** Waits until `take` returns a value, as the only reader; `null` at the end of the data. */
  async #exclusiveRead<T>(take: (engine: SslEngine) => T | null): Promise<T | null> {
    if (this.#reading) throw busy();
    this.#reading = true;
    try {
      const pump = await this.#handshakes.completeFirst();
      const { engine } = pump;
      for (;;) {
        const taken = take(engine);
        if (taken !== null) {
          pump.notifyTaken();
          return taken;
        }
        if (engine.readClosed && this.#teardown.error === null) return null;
        this.#teardown.throwUnlessOpen();
        try {
          await pump.receive();
        } catch { /* data received before the failure is still read */ }
      }
    } finally {
      this.#reading = false;
    }
  }

  /** Writes after another write, however that ends: its caller is told. */
  async #writeAfter(before: Promise<number>, data: Uint8Array<ArrayBuffer>): Promise<number> {
    const { length } = data;
    this.#waitingCost += length + WAITING_WRITE_COST;
    await before.catch(() => {});
    this.#waitingCost -= length + WAITING_WRITE_COST;
    return await this.#write(data, length);
  }

  /** Writes data, which had this length when the application passed it. */
  async #write(data: Uint8Array<ArrayBuffer>, length: number): Promise<number> {
    const pump = await this.#handshakes.untilWritable();
    const { engine } = pump;
    await engine.ticketsReady;
    for (let sent = 0;;) {
      if (data.length !== length) {
        throw new SslError("SEC_ERROR_INVALID_ARGS", "Cannot write: the bytes were taken away");
      }
      this.#teardown.throwIfFailed(); // not if closing: close() waits for this write
      if (engine.writeClosed) {
        throw writeClosedError();
      }
      sent += engine.send(sent === 0 ? data : data.subarray(sent));
      pump.startSending();
      if (sent === length && !engine.congested) return sent;
      await this.#teardown.writable.wait();
    }
  }

  async #closeWrite(): Promise<void> {
    await this.#writing?.catch(() => {}); // its caller is told
    const pump = await this.#handshakes.completeFirst();
    this.#teardown.throwUnlessOpen();
    await this.#queueCloseNotify(pump);
    await pump.send();
    try {
      await this.transport.closeWrite();
    } catch (error) {
      throw transportError("write", error);
    }
  }

  #end(end: () => Promise<void>): Promise<void> {
    if (this.#closing === null) {
      this.#closing = end();
      this.#closing.catch(() => {}); // applications often do not await close()
    }
    return this.#closing;
  }

  async #close(): Promise<void> {
    const teardown = this.#teardown;
    if (teardown.error !== null) {
      await teardown.closeTransport().catch(() => {}); // not the first error
      await this.#handshakes.haveReported();
      return teardown.throwIfUnreported();
    }
    teardown.beginClosing();
    const { closeTimeout } = this.#config;
    const end: End = { atRisk: "data" };
    try {
      await bounded(this.#finish(end), closeTimeout);
      if (end.atRisk !== "nothing") throw closeTimeoutError(closeTimeout);
    } finally {
      await this.#closeTransport(end.atRisk === "data" ? "abort" : "close");
    }
  }

  async #abort(): Promise<void> {
    const teardown = this.#teardown;
    if (teardown.error !== null) return await teardown.closeTransport().catch(() => {});
    teardown.beginClosing();
    const sent = this.#handshakes.pump?.send().catch(() => {}) ?? Promise.resolve();
    const isSent = await settlesWithin(sent, 0);
    await this.#closeTransport(isSent ? "close" : "abort");
  }

  async #closeTransport(how: "close" | "abort"): Promise<void> {
    const closed = this.#teardown.closeTransport(how);
    this.#teardown.break(closedError());
    await closed.catch(unlessReset);
  }

  /** Sends what is left, and sees to it that it arrives. */
  async #finish(end: End): Promise<void> {
    const { sink } = this.transport;
    await this.#writing;
    const { pump } = this.#handshakes;
    await pump?.send();
    // A client whose Finished meets a closed connection drops what it has read.
    if (pump?.engine.hasSent && !pump.engine.connected) await this.#handshakes.run();
    const hasSent = pump?.engine.hasSent ?? false;
    if (hasSent) await sink?.written();
    end.atRisk = hasSent && sink !== undefined ? "the sink's end" : "nothing";
    if (pump === null) return;
    await this.#queueCloseNotify(pump);
    // Only the close_notify is left to send: the peer may be gone already.
    await pump.send().catch(() => {});
    if (!hasSent) return;
    await sink?.finish().catch(async (error) => {
      // Once the peer has ended the connection, its stream may be gone before the sink is closed.
      await pump.readPendingAlert();
      if (pump.engine.readClosed) return;
      this.#throwIfRefused();
      unlessReset(error);
    });
    end.atRisk = "nothing";
    await this.#letArrive(pump);
    this.#throwIfRefused();
  }

  /** Throws the peer's alert, if there is one. */
  #throwIfRefused(): void {
    if (this.#teardown.error?.origin === "peer") this.#teardown.throwIfFailed();
  }

  /** Waits where a close now could reset the connection under data that the peer has not read. */
  async #letArrive(pump: Pump): Promise<void> {
    const { engine } = pump;
    if (!engine.mayLoseData || engine.readClosed) return;
    await this.transport.closeWrite().catch(() => {}); // as above
    if (this.#teardown.error === null) await pump.drain();
    // A peer that resets, and has said nothing since, not even its end, has hardly taken all of it.
    if (pump.reset !== null && engine.unanswered && !engine.readClosed) throw pump.reset;
  }

  /** A server that has read its client's end first sends the tickets that it still has. */
  async #queueCloseNotify({ engine }: Pump): Promise<void> {
    if (engine.readClosed) await engine.ticketsReady;
    engine.close();
  }
}

/** The end of a connection. */
interface End {
  /** What is lost if `close()` runs out of time. */
  atRisk: "data" | "the sink's end" | "nothing";
}

/** Throws an error, unless only the close_notify is lost, because the peer is gone. */
function unlessReset(error: unknown): void {
  if (!isReset(error)) throw error;
}

function busy(): SslError {
  return new SslError(
    "PR_IN_PROGRESS_ERROR",
    "Cannot read: another read is in progress; await it before the next one, " +
      "and use either read() or readable",
  );
}

function tooManyWrites(): SslError {
  return new SslError(
    "PR_IN_PROGRESS_ERROR",
    `Cannot write: more than ${MAX_WAITING_WRITES} bytes of earlier writes wait; await them first`,
  );
}

function noBytes(call: "read" | "write", value: unknown): TypeError {
  if (call === "read") {
    return new TypeError(`Cannot read: a Uint8Array to read into is needed, not ${kindOf(value)}`);
  }
  const hint = typeof value === "string"
    ? "; encode it with new TextEncoder().encode(text), or a stream with TextEncoderStream"
    : "";
  return new TypeError(`Cannot write: bytes (Uint8Array) are needed, not ${kindOf(value)}${hint}`);
}

function writeClosedError(): SslError {
  return new SslError("PR_SOCKET_SHUTDOWN_ERROR", "Cannot write: the writing side is closed");
}

function closeTimeoutError(milliseconds: number): SslError {
  return new SslError(
    "PR_IO_TIMEOUT_ERROR",
    "Cannot send all that was written before the socket closes: " +
      `the peer has not taken it within ${milliseconds} ms (closeTimeout); perhaps it does not read`,
  );
}

/** Returns the bytes on an `ArrayBuffer`, as WebCrypto requires; copies only shared memory. */
function toArrayBufferBytes(p: Uint8Array): Uint8Array<ArrayBuffer> {
  return p.buffer instanceof ArrayBuffer
    ? new Uint8Array(p.buffer, p.byteOffset, p.byteLength)
    : new Uint8Array(p);
}
