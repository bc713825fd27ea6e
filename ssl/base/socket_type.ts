// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo } from "./channel_info.ts";

/**
 * A TLS connection, created by {@linkcode importFD}. It has the members of a `Deno.Conn` and can be
 * used as one.
 *
 * The first read or write runs the handshake. The functions of NSS on a file descriptor take the
 * socket: `peerCertificate(socket)`, `setURL(socket, "example.com")` and so on.
 *
 * @typeParam A The type of the transport's addresses.
 *
 * @category Sockets
 */
export interface SslSocket<A = unknown> extends Disposable, AsyncDisposable {
  /** The address of this end of the transport. */
  readonly localAddr: A;

  /** The address of the peer's end of the transport. */
  readonly remoteAddr: A;

  /** The decrypted data as a byte stream; cancelling it closes the socket. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;

  /**
   * A stream of data to encrypt; closing it sends close_notify, and waits, as `close()` does, for
   * the first session ticket of a server of TLS 1.3 where nobody reads.
   */
  readonly writable: WritableStream<Uint8Array<ArrayBufferLike>>;

  /**
   * Runs the handshake if it is not complete.
   *
   * @returns The negotiated parameters.
   * @throws {SslError} If the handshake fails; every later call throws the same error.
   */
  handshake(): Promise<ChannelInfo>;

  /**
   * Reads decrypted data, after the handshake. One read runs at a time.
   *
   * @param p The bytes to read into.
   * @returns The number of bytes; `null` after the peer's close_notify.
   * @throws {SslError} If the connection has failed, or ends without close_notify;
   * `PR_IN_PROGRESS_ERROR` while another read is in progress.
   * @throws {TypeError} If `p` is no `BufferSource`.
   */
  read(p: Uint8Array): Promise<number | null>;

  /**
   * Encrypts and sends data, after the handshake and after earlier writes, which need not be
   * awaited. While nobody reads, an alert of the peer is looked for in the background, and fails
   * the next write.
   *
   * @param p The bytes, not to be changed until the promise settles.
   * @returns The number of bytes, always all of `p`.
   * @throws {SslError} If the connection has failed or its writing side is closed;
   * `PR_IN_PROGRESS_ERROR` while 16 MiB of earlier writes wait.
   * @throws {TypeError} If `p` is no `BufferSource`, such as a string.
   */
  write(p: Uint8Array): Promise<number>;

  /**
   * Sends close_notify after earlier writes, and closes the writing side; reading continues.
   *
   * @throws {SslError} If the connection has failed.
   */
  closeWrite(): Promise<void>;

  /**
   * Sends pending data and close_notify, then closes the transport.
   *
   * Where written data may still be on its way, what the peer sends meanwhile is taken and dropped,
   * because a kernel that closes over unread bytes destroys that data. A client of TLS 1.3
   * therefore also waits for the first session ticket, for at most one second, and a server over
   * TCP for what its client may be sending still, until that has been silent for 200 ms. Everything
   * together takes at most `closeTimeout`. Over byte streams, the promise settles with the end of
   * the sink.
   *
   * @returns A promise that settles when the transport is closed; it need not be awaited.
   * @throws {SslError} If written data is lost, or the peer has sent an alert, and no other call
   * has reported it: `PR_IO_TIMEOUT_ERROR` after `closeTimeout`, or the error that ended the
   * connection.
   */
  close(): Promise<void>;

  /** Keeps the process alive while something waits for the connection, which is the default. */
  ref(): void;

  /** Lets the process end while the connection is open, also during its handshake. */
  unref(): void;

  /**
   * Closes the transport at once, without close_notify: the peer sees a truncation, and what the
   * transport does not take at once is lost.
   */
  [Symbol.dispose](): void;

  /** Closes the socket like `close()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A TLS listener, created by {@linkcode importFD}. `accept()` does not run the handshake, so that a
 * slow client does not delay the next one.
 *
 * @typeParam A The type of the connections' addresses.
 *
 * @category Sockets
 */
export interface SslListener<A = unknown> extends AsyncIterable<SslSocket<A>>, Disposable {
  /** The address on which it listens. */
  readonly addr: A;

  /**
   * Waits for the next connection.
   *
   * @returns A server socket with the listener's current configuration.
   */
  accept(): Promise<SslSocket<A>>;

  /** Stops listening; accepted sockets stay open. */
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
 * A configuration without a connection (NSS's model socket), created by {@linkcode newModel}.
 * Configure it with options or with the functions that take a socket, and pass it as the option
 * `model` of `importFD`, which copies its current settings.
 *
 * @category Sockets
 */
export interface SslModel {
  /** Distinguishes a model from a socket. */
  readonly [Symbol.toStringTag]: "SslModel";
}
