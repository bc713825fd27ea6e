// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it bounds the connections of node:http.

import type { ServerHttp2Session } from "node:http2";
import type { SslSocket } from "../base/socket_type.ts";
import type { NodeTlsSocket } from "../node/node_socket.ts";

/**
 * A connection of an HTTP server. It ends if no request is in progress for some time, however its
 * client drips the next one: that bounds idle clients and slow heads at once, and needs no parser.
 */
export class HttpConnection<A> {
  readonly sslSocket: SslSocket<A>;
  readonly #socket: NodeTlsSocket;
  readonly #idleTimeout: number;
  #session: ServerHttp2Session | null = null;
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

  /** Whether a request is in progress. */
  get isBusy(): boolean {
    return this.#inProgress > 0;
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
