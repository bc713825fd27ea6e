// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo } from "./base/channel_info.ts";
import type { SslSocket as SslSocketType } from "./base/socket_type.ts";
import type { SslConfig } from "./config/config.ts";
import { setConfig } from "./config/config_registry.ts";
import { Connection } from "./connection/connection.ts";
import { setConnection } from "./connection/connection_registry.ts";
import type { ConnectionOptions } from "./connection/handshakes.ts";
import type { Transport } from "./connection/transports.ts";

/**
 * Creates a socket over a transport. Applications call {@linkcode importFD}.
 *
 * @typeParam A The type of the transport's addresses.
 */
export function createSocket<A>(
  transport: Transport<A>,
  config: SslConfig,
  options: ConnectionOptions = {},
): SslSocketType<A> {
  return new SslSocket(transport, config, options);
}

class SslSocket<A = unknown> implements SslSocketType<A> {
  readonly #connection: Connection<A>;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | undefined;
  #readableEnded = false;
  #writableEnded = false;

  constructor(transport: Transport<A>, config: SslConfig, options: ConnectionOptions) {
    setConfig(this, config);
    this.#connection = new Connection(this, transport, options);
    setConnection(this, this.#connection);
  }

  get localAddr(): A {
    return this.#connection.transport.localAddr;
  }

  get remoteAddr(): A {
    return this.#connection.transport.remoteAddr;
  }

  handshake(): Promise<ChannelInfo> {
    return this.#connection.handshake();
  }

  read(p: Uint8Array): Promise<number | null> {
    return this.#connection.read(p);
  }

  write(p: Uint8Array): Promise<number> {
    return this.#connection.write(p);
  }

  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  ref(): void {
    this.#connection.liveness.ref();
  }

  unref(): void {
    this.#connection.liveness.unref();
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= new ReadableStream({
      type: "bytes",
      pull: async (controller) => {
        const data = await this.#connection.readPiece();
        if (data !== null) return controller.enqueue(data);
        controller.close();
        controller.byobRequest?.respond(0);
        this.#readableEnded = true;
        await this.#closeWhenEnded();
      },
      cancel: async () => {
        this.#readableEnded = true;
        await this.close();
      },
    }, { highWaterMark: 0 });
  }

  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#writable ??= new WritableStream({
      write: async (chunk) => {
        await this.#connection.write(chunk);
      },
      close: async () => {
        await this.#connection.finishWriting();
        this.#writableEnded = true;
        await this.#closeWhenEnded();
      },
      abort: () => this.#connection.abort(),
    });
  }

  [Symbol.dispose](): void {
    this.#connection.abort(); // not awaited: disposal is synchronous
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Closes the connection once both streams have ended. */
  async #closeWhenEnded(): Promise<void> {
    if (this.#readableEnded && this.#writableEnded) await this.close();
  }
}
