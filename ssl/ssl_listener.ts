// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "./config/config.ts";
import { configOf, setConfig } from "./config/config_registry.ts";
import { SslSocket } from "./ssl_socket.ts";
import { type ConnLike, ConnTransport } from "./connection/transport.ts";

/** A listener as `Deno.Listener` is one. */
export interface ListenerLike<A = unknown> {
  /** Waits for the next connection. */
  accept(): Promise<ConnLike<A>>;
  /** Stops listening. */
  close(): void;
  /** Keeps the process alive while the listener is open. */
  ref?(): void;
  /** Lets the process end while the listener is open. */
  unref?(): void;
  /** The address that is listened on. */
  readonly addr: A;
}

/**
 * A listener whose connections speak TLS, made by {@linkcode importFD}. The handshake of an accepted socket has not begun: no
 * slow client keeps `accept()` from the next one.
 *
 * @typeParam A The type of the connections' addresses.
 */
export class SslListener<A = unknown> implements AsyncIterable<SslSocket<A>>, Disposable {
  readonly #listener: ListenerLike<A>;
  #closed = false;

  /** Wraps a listener; {@linkcode importFD} is the function for it. */
  constructor(listener: ListenerLike<A>, config: SslConfig) {
    this.#listener = listener;
    setConfig(this, config);
  }

  /** The address that is listened on. */
  get addr(): A {
    return this.#listener.addr;
  }

  /**
   * Waits for the next connection.
   *
   * @returns A server socket with the configuration that the listener has now.
   */
  async accept(): Promise<SslSocket<A>> {
    const conn = await this.#listener.accept();
    return new SslSocket(new ConnTransport(conn), { ...configOf(this) });
  }

  /** Stops listening; accepted sockets live on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
  }

  /** Keeps the process alive while the listener is open. */
  ref(): void {
    this.#listener.ref?.();
  }

  /** Lets the process end while the listener is open. */
  unref(): void {
    this.#listener.unref?.();
  }

  /** Accepts connections until the listener is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<SslSocket<A>> {
    for (;;) {
      let socket;
      try {
        socket = await this.accept();
      } catch (error) {
        // As Deno's own listeners do: closing ends the loop, and so does a connection that is gone before it is taken.
        if (error instanceof Error && ["BadResource", "Interrupted"].includes(error.name)) return;
        throw error;
      }
      yield socket;
    }
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    this.close();
  }
}
