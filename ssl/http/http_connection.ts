// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it bounds the connections of node:http.

import type { ServerHttp2Session } from "node:http2";
import { deferred } from "../../cert/base/runtime.ts";
import { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { NodeTlsSocket } from "../node/node_socket.ts";

/**
 * The most writes that wait for the transport: what a client of HTTP/2 has answered by itself, as
 * each PING is, costs memory by its number, however short it is.
 */
export const MAX_QUEUED_WRITES = 10_000;

/** A socket whose client must read what it asks for. */
export class ReadSocket extends NodeTlsSocket {
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

/**
 * Calls a function once a count has not grown for some time.
 *
 * @returns A function that ends the watch.
 */
export function whileProgress(
  progress: () => number,
  timeout: number,
  onStall: () => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    const before = progress();
    timer = setTimeout(() => progress() > before ? wait() : onStall(), timeout);
  };
  if (timeout !== Infinity) wait();
  return () => clearTimeout(timer);
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
  readonly #socket: NodeTlsSocket;
  readonly #idleTimeout: number;
  #session: ServerHttp2Session | null = null;
  #draining: Promise<void> | null = null;
  #inProgress = 0;
  #isEnding = false;
  #isUpgraded = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** How many bytes had come when the last request ended. */
  #bytesAtRest = 0;

  constructor(sslSocket: SslSocket<A>, socket: NodeTlsSocket, idleTimeout: number) {
    this.sslSocket = sslSocket;
    this.#socket = socket;
    this.#idleTimeout = idleTimeout;
    this.#startTimer();
    socket.once("close", () => clearTimeout(this.#timer));
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

  /** Notes that it speaks HTTP/2. */
  useSession(session: ServerHttp2Session): void {
    this.#session = session;
  }

  /** Notes that a request is in progress until the function that it returns is called. */
  begin(): () => void {
    clearTimeout(this.#timer);
    this.#inProgress++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#inProgress--;
      if (this.#inProgress > 0 || this.#socket.destroyed) return;
      if (this.#isEnding) this.#finish();
      else this.#startTimer();
    };
  }

  /** Notes that it belongs to the application from now on. */
  upgrade(): void {
    clearTimeout(this.#timer);
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
    const stop = whileProgress(() => this.delivered, this.#idleTimeout, () => this.destroy());
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
    clearTimeout(this.#timer);
    if (this.#session === null) this.#socket.destroySoon();
    else if (!this.#session.closed) this.#session.close();
    // A client that does not end its own side is not waited for.
    this.#timer = setTimeout(() => this.destroy(), this.#idleTimeout || undefined);
  }

  #startTimer(): void {
    clearTimeout(this.#timer);
    this.#bytesAtRest = this.#socket.bytesRead;
    if (this.#idleTimeout === Infinity) return;
    this.#timer = setTimeout(() => this.#timeOut(), this.#idleTimeout);
  }

  #timeOut(): void {
    const hasBegun = this.#socket.bytesRead > this.#bytesAtRest;
    if (this.#session === null && hasBegun && this.#socket.writable) {
      this.#socket.write("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n");
    }
    this.end();
  }
}
