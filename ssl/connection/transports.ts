// Copyright 2026 the NSS for Deno authors. MIT license.

/** A connection as `Deno.Conn` is one: anything with these members can carry TLS. */
export interface ConnLike<A = unknown> {
  /** Reads up to `p.length` bytes; `null` at the end. */
  read(p: Uint8Array): Promise<number | null>;
  /** Writes at least one byte of `p`, and returns how many. */
  write(p: Uint8Array): Promise<number>;
  /** Closes the connection. */
  close(): void;
  /** Says that no more will be written. */
  closeWrite?(): Promise<void>;
  /** Keeps the process alive while the connection is open. */
  ref?(): void;
  /** Lets the process end while the connection is open. */
  unref?(): void;
  /** Sends small writes at once, which TLS wants: Nagle's algorithm costs 40 ms in each flight. */
  setNoDelay?(noDelay?: boolean): void;
  /** The address of this end. */
  readonly localAddr: A;
  /** The address of the peer. */
  readonly remoteAddr: A;
}

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

/** Two byte streams, such as a WebSocketStream's, a process's or the ends of two pipes. */
export interface ByteStreams {
  /** What the peer sends. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What the peer is to get. */
  readonly writable: WritableStream<Uint8Array>;
}

/** The address of a socket over byte streams, which have none. */
export interface StreamAddr {
  /** Tells it from the addresses of networks. */
  readonly transport: "stream";
}

/** What TLS needs of a transport. */
export interface Transport<A = unknown> {
  readonly localAddr: A;
  readonly remoteAddr: A;
  /** Reads up to `p.length` bytes; `null` at the end. */
  read(p: Uint8Array<ArrayBuffer>): Promise<number | null>;
  /** Writes all of `p`, which is the caller's again when the promise settles. */
  write(p: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Says that no more will be written. */
  closeWrite(): Promise<void>;
  /** Ends both directions in order; what was written still leaves. */
  close(): void | Promise<void>;
  /** Ends both directions at once: the peer may be stuck. */
  abort(): void | Promise<void>;
  setNoDelay(): void;
  ref(): void;
  unref(): void;
}

/** Whether a transport is a connection, not a pair of streams. */
export function isConn<A>(transport: ConnLike<A> | ByteStreams): transport is ConnLike<A> {
  return "read" in transport && typeof transport.read === "function";
}

/** A transport over a connection. */
export class ConnTransport<A> implements Transport<A> {
  readonly #conn: ConnLike<A>;

  /** Takes the connection over. */
  constructor(conn: ConnLike<A>) {
    this.#conn = conn;
  }

  get localAddr(): A {
    return this.#conn.localAddr;
  }

  get remoteAddr(): A {
    return this.#conn.remoteAddr;
  }

  read(p: Uint8Array<ArrayBuffer>): Promise<number | null> {
    return this.#conn.read(p);
  }

  async write(p: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let offset = 0; offset < p.length;) {
      const count = await this.#conn.write(offset === 0 ? p : p.subarray(offset));
      // Who breaks that promise would be asked for ever, without a pause for anybody else.
      if (!(count > 0)) throw new Error(`it took ${count} of ${p.length} bytes`);
      offset += count;
    }
  }

  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite?.();
  }

  close(): void | Promise<void> {
    return this.#conn.close();
  }

  abort(): void | Promise<void> {
    return this.#conn.close();
  }

  setNoDelay(): void {
    this.#conn.setNoDelay?.(true);
  }

  ref(): void {
    this.#conn.ref?.();
  }

  unref(): void {
    this.#conn.unref?.();
  }
}

/** A transport over two byte streams. */
export class StreamTransport implements Transport<StreamAddr> {
  readonly localAddr: StreamAddr = { transport: "stream" };
  readonly remoteAddr: StreamAddr = { transport: "stream" };
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #rest: Uint8Array | undefined;

  /** Locks the streams. */
  constructor({ readable, writable }: ByteStreams) {
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {}); // the next write reports it
    this.#reader.closed.catch(() => {}); // the next read reports it
  }

  async read(p: Uint8Array<ArrayBuffer>): Promise<number | null> {
    while (this.#rest === undefined || this.#rest.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, p.length);
    p.set(taken);
    this.#rest = this.#rest.subarray(taken.length);
    return taken.length;
  }

  async write(p: Uint8Array<ArrayBuffer>): Promise<void> {
    // The stream's own queue is its buffer: that this does not wait for the peer to read keeps two
    // writers from a deadlock.
    await this.#writer.ready;
    // A stream may keep the chunk after the write: it gets one of its own.
    this.#writer.write(p.slice()).catch(() => {}); // the next call meets it
  }

  async closeWrite(): Promise<void> {
    await this.#writer.ready;
    this.#writer.close().catch(() => {}); // it was closed before, or the peer is gone
  }

  close(): void {
    this.#reader.cancel().catch(() => {}); // it had ended in an error of its own
    // It was closed before, or the peer is gone; what is queued still leaves.
    this.#writer.close().catch(() => {});
  }

  abort(): void {
    this.#reader.cancel().catch(() => {}); // it had ended in an error of its own
    this.#writer.abort().catch(() => {}); // it was closed before, or the peer is gone
  }

  setNoDelay(): void {}

  ref(): void {}

  unref(): void {}
}
