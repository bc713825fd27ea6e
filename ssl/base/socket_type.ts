// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo } from "./channel_info.ts";

/**
 * A TLS connection, made by {@linkcode importFD}. It is a `Deno.Conn`, and goes wherever one goes.
 *
 * The handshake runs by itself on the first read or write. What NSS does to a file descriptor is done by functions that
 * take the socket: `peerCertificate(socket)`, `setURL(socket, "example.com")` and so on.
 *
 * @typeParam A The type of the transport's addresses.
 */
export interface SslSocket<A = unknown> extends Disposable, AsyncDisposable {
  /** The address of this end of the transport. */
  readonly localAddr: A;

  /** The address of the peer's end of the transport. */
  readonly remoteAddr: A;

  /** The decrypted data as a byte stream; cancelling it closes the socket. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;

  /** A stream of data to encrypt; closing it says that no more will be written. */
  readonly writable: WritableStream<Uint8Array<ArrayBufferLike>>;

  /**
   * Completes the handshake, unless it is complete.
   *
   * @returns What has been negotiated.
   * @throws {SslError} If the handshake fails; every later call throws the same error.
   */
  handshake(): Promise<ChannelInfo>;

  /**
   * Reads decrypted data, after the handshake.
   *
   * @param p Where to put the bytes.
   * @returns How many bytes there are; `null` after the peer's close_notify.
   * @throws {SslError} If the connection has failed, or ends without close_notify.
   */
  read(p: Uint8Array): Promise<number | null>;

  /**
   * Encrypts and sends data, after the handshake.
   *
   * @param p The bytes, the caller's again when the promise settles.
   * @returns How many bytes were taken: all of them.
   * @throws {SslError} If the connection has failed or its writing side is closed.
   */
  write(p: Uint8Array): Promise<number>;

  /**
   * Says that no more will be written, by close_notify; reading goes on.
   *
   * @throws {SslError} If the connection has failed.
   */
  closeWrite(): Promise<void>;

  /**
   * Sends what was written and close_notify, then closes the transport. It does not wait for the peer.
   *
   * @returns A promise that settles when the transport is closed; it need not be awaited.
   */
  close(): Promise<void>;

  /** Keeps the process alive while the connection is open. */
  ref(): void;

  /** Lets the process end while the connection is open. */
  unref(): void;

  /** Closes the transport once what was written has left, without close_notify: the peer sees a truncation. */
  [Symbol.dispose](): void;

  /** Closes the socket in order. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A listener whose connections speak TLS, made by {@linkcode importFD}. The handshake of an accepted socket has not begun: no
 * slow client keeps `accept()` from the next one.
 *
 * @typeParam A The type of the connections' addresses.
 */
export interface SslListener<A = unknown> extends AsyncIterable<SslSocket<A>>, Disposable {
  /** The address that is listened on. */
  readonly addr: A;

  /**
   * Waits for the next connection.
   *
   * @returns A server socket with the configuration that the listener has now.
   */
  accept(): Promise<SslSocket<A>>;

  /** Stops listening; accepted sockets live on. */
  close(): void;

  /** Keeps the process alive while the listener is open. */
  ref(): void;

  /** Lets the process end while the listener is open. */
  unref(): void;

  /** Accepts connections until the listener is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<SslSocket<A>>;

  /** Stops listening. */
  [Symbol.dispose](): void;
}

/**
 * A configuration without a connection (NSS's model socket), made by {@linkcode newModel}: set it up with options or with the
 * functions that take a socket, and name it as `model` when sockets are imported. Each socket copies the values that the model
 * has at that moment.
 */
export interface SslModel {
  /** Tells a model from a socket. */
  readonly [Symbol.toStringTag]: "SslModel";
}
