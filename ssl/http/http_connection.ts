// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it bounds the connections of node:http.

import type { ServerHttp2Session } from "node:http2";
import { deferred } from "../../cert/base/runtime.ts";
import { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { NodeTlsSocket } from "../node/node_socket.ts";
import { Waste } from "./waste.ts";

/**
 * The most writes that wait for the transport: what a client of HTTP/2 has answered by itself, as
 * each PING is, costs memory by its number, however short it is.
 */
export const MAX_QUEUED_WRITES = 10_000;

/** A socket that tells of what it reads. */
export class HttpSocket extends NodeTlsSocket {
  /** Called with the length of what has come, before it is parsed. */
  onPiece: (length: number) => void = () => {};
  /** Called when it has been parsed, unless nobody reads. */
  onParsed: () => void = () => {};

  override push(...args: Parameters<NodeTlsSocket["push"]>): boolean {
    const [piece] = args;
    this.onPiece(piece?.length ?? 0);
    const more = super.push(...args);
    this.onParsed();
    return more;
  }
}

/** A socket whose client must read what it asks for. */
export class ReadSocket extends HttpSocket {
  #queued = 0;

  override write(...args: unknown[]): boolean {
    if (++this.#queued > MAX_QUEUED_WRITES) this.destroy(floodError());
    return Reflect.apply(super.write, this, args);
  }

  /** Is given all that waits, as NodeStream has it. */
  override _writev(...args: Parameters<NodeTlsSocket["_writev"]>): void {
    this.#queued = 0;
    super._writev(...args);
  }
}

function floodError(): SslError {
  return new SslError(
    "PR_BUFFER_OVERFLOW_ERROR",
    "Cannot serve HTTP: a client of HTTP/2 does not read the answers that it has asked for",
  );
}

/** A count that must grow. */
interface Watched {
  readonly progress: () => number;
  readonly onStall: () => void;
  before: number;
  since: number;
}

/**
 * Finds counts that have not grown for some time, by one timer for all: requests come and go much
 * faster than it fires, and a timer for each would cost more than their answers' bytes.
 */
export class StallWatch {
  readonly #timeout: number;
  readonly #watched = new Set<Watched>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** Creates a watch that waits for a number of milliseconds; `Infinity` finds nothing. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /**
   * Calls a function once a count has not grown for the time, at the latest after twice that.
   *
   * @returns A function that forgets it.
   */
  watch(progress: () => number, onStall: () => void): () => void {
    const watched = { progress, onStall, before: progress(), since: performance.now() };
    if (this.#timeout !== Infinity && !this.#isClosed) {
      this.#watched.add(watched);
      this.#timer ??= setTimeout(() => this.#look(), this.#timeout);
    }
    return () => this.#watched.delete(watched);
  }

  /** Forgets all. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#watched.clear();
  }

  #look(): void {
    this.#timer = undefined;
    const now = performance.now();
    let next = Infinity;
    for (const watched of this.#watched) {
      let left = watched.since + this.#timeout - now;
      if (left < 1) {
        const count = watched.progress();
        if (count <= watched.before) {
          this.#watched.delete(watched);
          watched.onStall();
          continue;
        }
        watched.before = count;
        watched.since = now;
        left = this.#timeout;
      }
      next = Math.min(next, left);
    }
    if (next < Infinity && !this.#isClosed) this.#timer ??= setTimeout(() => this.#look(), next);
  }
}

/**
 * A connection of an HTTP server. It ends if no request is in progress for some time, however its
 * client drips the next one: that bounds idle clients and slow heads at once, and needs no parser.
 */
export class HttpConnection<A> {
  readonly sslSocket: SslSocket<A>;
  /**
   * Whether a request of HTTP/1.1 was refused: its client and this server do not read it alike, so
   * that what comes behind it may be none.
   */
  isRefused = false;
  /** How many handlers are at work, also for requests that were reset. */
  handlers = 0;
  /** What must go on, or the connection or a request of it ends. */
  readonly stalls: StallWatch;
  /** What the client has sent that leads to nothing. */
  readonly waste: Waste = new Waste();
  readonly #socket: HttpSocket;
  #session: ServerHttp2Session | null = null;
  #draining: Promise<void> | null = null;
  #inProgress = 0;
  #isEnding = false;
  #isUpgraded = false;
  #stopWaiting = () => {};
  /** How many bytes had come when the last request ended. */
  #bytesAtRest = 0;

  constructor(sslSocket: SslSocket<A>, socket: HttpSocket, idleTimeout: number) {
    this.sslSocket = sslSocket;
    this.#socket = socket;
    this.stalls = new StallWatch(idleTimeout);
    this.#awaitRequest();
    socket.once("close", () => this.stalls.close());
  }

  /** Whether it ends with the responses in progress. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Whether nothing can be answered any more. */
  get isGone(): boolean {
    return this.#socket.destroyed;
  }

  /** Whether a request is in progress. */
  get isBusy(): boolean {
    return this.#inProgress > 0;
  }

  /** How many bytes of responses the transport has taken. */
  get delivered(): number {
    return this.#socket.counts.written - this.#socket.writableLength;
  }

  /**
   * Settles when the transport has taken enough for more to be written; `null` if it has. Deno's
   * node:http2 writes as much as a client's windows allow, even if that reads nothing.
   */
  room(): Promise<void> | null {
    if (!this.#socket.writableNeedDrain) return null;
    return this.#draining ??= this.#drain();
  }

  /** Calls a function when the client has wasted too much. */
  boundWaste(onExcess: () => void): void {
    this.#socket.onPiece = (length) => this.waste.receive(length);
    this.#socket.onParsed = () => {
      if (this.#isUpgraded || this.isGone) return;
      if (this.waste.isTooMuch(this.#inProgress, this.delivered)) onExcess();
    };
  }

  /** Notes that it speaks HTTP/2. */
  useSession(session: ServerHttp2Session): void {
    this.#session = session;
  }

  /** Notes that a request is in progress until the function that it returns is called. */
  begin(): () => void {
    this.#stopWaiting();
    this.waste.begin();
    this.#inProgress++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#inProgress--;
      if (this.#inProgress > 0 || this.#socket.destroyed) return;
      if (this.#isEnding) this.#finish();
      else this.#awaitRequest();
    };
  }

  /** Notes that it belongs to the application from now on. */
  upgrade(): void {
    this.#stopWaiting();
    this.#isUpgraded = true;
  }

  /** Ends it when no request is in progress. */
  end(): void {
    if (this.#isEnding || this.#isUpgraded) return;
    this.#isEnding = true;
    this.#session?.close();
    if (this.#inProgress === 0) this.#finish();
  }

  /** Ends it at once: its client sees that nothing is complete. */
  destroy(): void {
    this.#session?.destroy();
    this.#socket.destroy();
  }

  async #drain(): Promise<void> {
    const { promise, resolve } = deferred<void>();
    const stop = this.stalls.watch(() => this.delivered, () => this.destroy());
    const done = () => {
      stop();
      for (const event of ["drain", "close"]) this.#socket.off(event, done);
      this.#draining = null;
      resolve();
    };
    for (const event of ["drain", "close"]) this.#socket.on(event, done);
    await promise;
  }

  #finish(): void {
    this.#stopWaiting();
    if (this.#session === null) this.#socket.destroySoon();
    else if (!this.#session.closed) this.#session.close();
    // A client that does not end its own side is not waited for.
    this.#stopWaiting = this.stalls.watch(() => 0, () => this.destroy());
  }

  #awaitRequest(): void {
    this.#stopWaiting();
    this.#bytesAtRest = this.#socket.bytesRead;
    this.#stopWaiting = this.stalls.watch(() => 0, () => this.#timeOut());
  }

  #timeOut(): void {
    const hasBegun = this.#socket.bytesRead > this.#bytesAtRest;
    if (this.#session === null && hasBegun && this.#socket.writable) {
      this.#socket.write("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n");
    }
    this.end();
  }
}
