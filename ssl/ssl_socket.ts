// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo } from "./base/channel_info.ts";
import type { SslConfig } from "./config/config.ts";
import { setConfig } from "./config/config_registry.ts";
import { Connection, type ConnectionOptions } from "./connection/connection.ts";
import type { Transport } from "./connection/transport.ts";

/** The pump behind a socket, for the functions that take a socket. */
export let connectionOf: <A>(socket: SslSocket<A>) => Connection<A>;

/**
 * A TLS connection, made by {@linkcode importFD}. It is a `Deno.Conn`, and goes wherever one goes.
 *
 * The handshake runs by itself on the first read or write. What NSS does to a file descriptor is done by functions that
 * take the socket: `peerCertificate(socket)`, `setURL(socket, "example.com")` and so on.
 *
 * @typeParam A The type of the transport's addresses.
 */
export class SslSocket<A = unknown> implements Disposable, AsyncDisposable {
  readonly #connection: Connection<A>;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | undefined;
  #readableEnded = false;
  #writableEnded = false;

  static {
    connectionOf = (socket) => socket.#connection;
  }

  /** Wraps a transport; {@linkcode importFD} is the function for it. */
  constructor(transport: Transport<A>, config: SslConfig, options: ConnectionOptions = {}) {
    setConfig(this, config);
    this.#connection = new Connection(this, transport, options);
  }

  /** The address of this end of the transport. */
  get localAddr(): A {
    return this.#connection.transport.localAddr;
  }

  /** The address of the peer's end of the transport. */
  get remoteAddr(): A {
    return this.#connection.transport.remoteAddr;
  }

  /**
   * Completes the handshake, unless it is complete.
   *
   * @returns What has been negotiated.
   * @throws {SslError} If the handshake fails; every later call throws the same error.
   */
  handshake(): Promise<ChannelInfo> {
    return this.#connection.handshake();
  }

  /**
   * Reads decrypted data, after the handshake.
   *
   * @param p Where to put the bytes.
   * @returns How many bytes there are; `null` after the peer's close_notify.
   * @throws {SslError} If the connection has failed, or ends without close_notify.
   */
  read(p: Uint8Array): Promise<number | null> {
    return this.#connection.read(p);
  }

  /**
   * Encrypts and sends data, after the handshake.
   *
   * @param p The bytes, the caller's again when the promise settles.
   * @returns How many bytes were taken: all of them.
   * @throws {SslError} If the connection has failed or its writing side is closed.
   */
  write(p: Uint8Array): Promise<number> {
    return this.#connection.write(p);
  }

  /**
   * Says that no more will be written, by close_notify; reading goes on.
   *
   * @throws {SslError} If the connection has failed.
   */
  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  /**
   * Sends what was written and close_notify, then closes the transport. It does not wait for the peer.
   *
   * @returns A promise that settles when the transport is closed; it need not be awaited.
   */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Keeps the process alive while the connection is open. */
  ref(): void {
    this.#connection.transport.ref();
  }

  /** Lets the process end while the connection is open. */
  unref(): void {
    this.#connection.transport.unref();
  }

  /** The decrypted data as a byte stream; cancelling it closes the socket. */
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

  /** A stream of data to encrypt; closing it says that no more will be written. */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#writable ??= new WritableStream({
      write: async (chunk) => {
        await this.#connection.write(chunk);
      },
      close: async () => {
        await this.closeWrite();
        this.#writableEnded = true;
        await this.#closeWhenEnded();
      },
      abort: () => this.#connection.abort(),
    });
  }

  /** Closes the transport once what was written has left, without close_notify: the peer sees a truncation. */
  [Symbol.dispose](): void {
    this.#connection.abort(); // in its own time
  }

  /** Closes the socket in order. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A connection whose streams have both ended is of no use to anybody. */
  async #closeWhenEnded(): Promise<void> {
    if (this.#readableEnded && this.#writableEnded) await this.close();
  }
}
