// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslListener as SslListenerType, SslSocket } from "./base/socket_type.ts";
import type { SslConfig } from "./config/config.ts";
import { configOf, setConfig } from "./config/config_registry.ts";
import { preloadServer } from "./engine/handshake_driver.ts";
import { createSocket } from "./ssl_socket.ts";
import { ConnTransport, type ListenerLike } from "./connection/transports.ts";

/**
 * Creates a TLS listener. Applications call {@linkcode importFD}.
 *
 * @typeParam A The type of the connections' addresses.
 */
export function createListener<A>(
  listener: ListenerLike<A>,
  config: SslConfig,
): SslListenerType<A> {
  return new SslListener(listener, config);
}

class SslListener<A = unknown> implements SslListenerType<A> {
  readonly #listener: ListenerLike<A>;
  #closed = false;

  constructor(listener: ListenerLike<A>, config: SslConfig) {
    this.#listener = listener;
    setConfig(this, config);
    preloadServer();
  }

  get addr(): A {
    return this.#listener.addr;
  }

  async accept(): Promise<SslSocket<A>> {
    const conn = await this.#listener.accept();
    return createSocket(new ConnTransport(conn), { ...configOf(this) });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
  }

  ref(): void {
    this.#listener.ref?.();
  }

  unref(): void {
    this.#listener.unref?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SslSocket<A>> {
    for (;;) {
      let socket;
      try {
        socket = await this.accept();
      } catch (error) {
        // As in Deno's listeners, closing ends the loop, and so does a connection that is gone
        // before it is accepted.
        if (error instanceof Error && ["BadResource", "Interrupted"].includes(error.name)) return;
        throw error;
      }
      yield socket;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
