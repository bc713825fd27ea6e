// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesOf } from "../../cert/base/bytes.ts";
import { settlesWithin } from "./bounds.ts";
import { transportError } from "./transport_error.ts";
import { isLike, kindOf } from "../../cert/base/options.ts";
import { requireSslArgs } from "../config/option_values.ts";

/**
 * The members of `Deno.Conn` that TLS uses; any object with them can be a transport.
 *
 * @category Sockets
 */
export interface ConnLike<A = unknown> {
  /** Reads from 1 to `p.length` bytes, and returns how many; `null` at the end, never 0. */
  read(p: Uint8Array): Promise<number | null>;
  /** Writes at least one byte of `p`, and returns how many. */
  write(p: Uint8Array): Promise<number>;
  /** Closes the connection. */
  close(): void;
  /** Closes the writing side. */
  closeWrite?(): Promise<void>;
  /** Keeps the process alive while the connection is open. */
  ref?(): void;
  /** Lets the process end while the connection is open. */
  unref?(): void;
  /** Disables Nagle's algorithm, which would delay each flight by 40 ms. */
  setNoDelay?(noDelay?: boolean): void;
  /** Has the system ask a silent peer whether it is there still. */
  setKeepAlive?(keepAlive?: boolean): void;
  /** The address of this end. */
  readonly localAddr: A;
  /** The address of the peer. */
  readonly remoteAddr: A;
}

/**
 * The members of `Deno.Listener` that a TLS listener uses.
 *
 * @category Sockets
 */
export interface ListenerLike<A = unknown> {
  /** Waits for the next connection. */
  accept(): Promise<ConnLike<A>>;
  /** Stops listening. */
  close(): void;
  /** Keeps the process alive while the listener is open. */
  ref?(): void;
  /** Lets the process end while the listener is open. */
  unref?(): void;
  /** The address on which it listens. */
  readonly addr: A;
}

/**
 * Two byte streams, such as those of a `WebSocketStream`, a process or two pipes.
 *
 * @category Sockets
 */
export interface ByteStreams {
  /** The stream of bytes from the peer. */
  readonly readable: ReadableStream<Uint8Array>;
  /** The stream of bytes to the peer. */
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * The address of a socket over byte streams, which have none.
 *
 * @category Sockets
 */
export interface StreamAddr {
  /** Distinguishes it from network addresses. */
  readonly transport: "stream";
}

/** The sink behind a writable stream, which may take bytes, and fail, after they are written. */
export interface Sink {
  /** Settles when it has taken all that was written; rejects if it has failed. */
  written(): Promise<void>;
  /** Closes it, and settles with its end, unless it does not even take the last bytes. */
  finish(): Promise<void>;
}

/** The operations that TLS needs of a transport. */
export interface Transport<A = unknown> {
  readonly localAddr: A;
  readonly remoteAddr: A;
  /** Reads up to `p.length` bytes; `null` at the end. The caller checks the count. */
  read(p: Uint8Array<ArrayBuffer>): Promise<number | null>;
  /** Writes all of `p`; the caller must not change it until the promise settles. */
  write(p: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Closes the writing side. */
  closeWrite(): Promise<void>;
  /** Whether the peer is elsewhere: over TCP, and no socket of this process. */
  readonly isRemote: boolean;
  /** The sink of a pair of streams; a connection has none: what it takes is on its way. */
  readonly sink?: Sink;
  /** Closes both directions; pending data is still sent. */
  close(): void | Promise<void>;
  /** Closes both directions at once: the peer may be stuck. */
  abort(): void | Promise<void>;
  setNoDelay(noDelay?: boolean): void;
  setKeepAlive(keepAlive: boolean): void;
  ref(): void;
  unref(): void;
}

/**
 * Rejects what is no transport.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is none; the message says how to make one.
 */
export function checkTransport(transport: unknown): void {
  requireSslArgs("Cannot import connection", transportProblem(transport, "the transport"));
}

function transportProblem(transport: unknown, name: string): string | null {
  if (typeof transport !== "object" || transport === null || transport instanceof Promise) {
    return `${name} is ${kindOf(transport)}, not a connection, a pair of streams or a listener`;
  }
  if ("pipe" in transport && "on" in transport) {
    return `${name} is a stream of Node; pass fromNodeStream(stream), of @nss/nss/node`;
  }
  if ("listen" in transport && "on" in transport) {
    return `${name} is a server of Node; pass fromNodeServer(server), of @nss/nss/node`;
  }
  if ("getReader" in transport || "getWriter" in transport) {
    return `${name} is one stream; pass { readable, writable }`;
  }
  if ("accept" in transport) return isLike("a listener", "accept", "close")(transport, name);
  if (isConn(transport)) return isLike("a connection", "read", "write", "close")(transport, name);
  if (!("readable" in transport) || !("writable" in transport)) {
    return `${name} has no read() and write(), no readable and writable, and no accept()`;
  }
  const { readable, writable } = transport;
  return isLike("a ReadableStream", "getReader")(readable, "readable") ??
    isLike("a WritableStream", "getWriter")(writable, "writable") ??
    (isLocked(readable) ? "readable is locked: another reader has it" : null) ??
    (isLocked(writable) ? "writable is locked: another writer has it" : null);
}

function isLocked(stream: unknown): boolean {
  return typeof stream === "object" && stream !== null && "locked" in stream &&
    stream.locked === true;
}

/** Returns whether a transport is a connection rather than a pair of streams. */
export function isConn<A>(transport: ConnLike<A> | object): transport is ConnLike<A> {
  return "read" in transport && typeof transport.read === "function";
}

/** The TCP connections of this process: from which address, to which. */
const ownConnections = new Set<string>();

/** A transport over a connection. */
export class ConnTransport<A> implements Transport<A> {
  readonly #conn: ConnLike<A>;
  readonly #route: string | null;

  /** Creates a transport that owns the connection. */
  constructor(conn: ConnLike<A>) {
    this.#conn = conn;
    this.#route = route(conn.localAddr, conn.remoteAddr);
    if (this.#route !== null) ownConnections.add(this.#route);
  }

  get localAddr(): A {
    return this.#conn.localAddr;
  }

  get remoteAddr(): A {
    return this.#conn.remoteAddr;
  }

  get isRemote(): boolean {
    const fromPeer = route(this.#conn.remoteAddr, this.#conn.localAddr);
    return fromPeer !== null && !ownConnections.has(fromPeer);
  }

  read(p: Uint8Array<ArrayBuffer>): Promise<number | null> {
    return this.#conn.read(p);
  }

  async write(p: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let offset = 0; offset < p.length;) {
      const count = await this.#conn.write(offset === 0 ? p : p.subarray(offset));
      offset += checkedCount("write", count, p.length - offset);
    }
  }

  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite?.();
  }

  close(): void | Promise<void> {
    if (this.#route !== null) ownConnections.delete(this.#route);
    return this.#conn.close();
  }

  abort(): void | Promise<void> {
    return this.close();
  }

  setNoDelay(noDelay = true): void {
    this.#conn.setNoDelay?.(noDelay);
  }

  setKeepAlive(keepAlive: boolean): void {
    this.#conn.setKeepAlive?.(keepAlive);
  }

  ref(): void {
    this.#conn.ref?.();
  }

  unref(): void {
    this.#conn.unref?.();
  }
}

function route(from: unknown, to: unknown): string | null {
  return isTcpAddr(from) && isTcpAddr(to)
    ? `${from.hostname} ${from.port} ${to.hostname} ${to.port}`
    : null;
}

function isTcpAddr(addr: unknown): addr is { readonly hostname: unknown; readonly port: unknown } {
  return typeof addr === "object" && addr !== null && "transport" in addr &&
    addr.transport === "tcp" && "hostname" in addr && "port" in addr;
}

/**
 * Checks a count that a connection returned: with 0 it would be called again in an endless loop.
 *
 * @param call The call that returned it.
 * @param count The count.
 * @param length The number of bytes that the call was given.
 * @returns The count.
 * @throws {Error} If it is not a whole number from 1 to the length.
 */
export function checkedCount(call: "read" | "write", count: unknown, length: number): number {
  if (typeof count === "number" && Number.isInteger(count) && count >= 1 && count <= length) {
    return count;
  }
  const given = typeof count === "number" ? count : kindOf(count);
  const due = call === "read"
    ? "the number of bytes, from 1 to the length of the buffer, or null at the end"
    : "the number of bytes that it took, at least 1 and at most all";
  throw new Error(`${call}() of the connection returned ${given}; it must return ${due}`);
}

/** The maximum number of empty chunks of a stream in a row; they move nothing. */
export const MAX_EMPTY_CHUNKS = 1000;

/** The number of empty chunks after which other work gets its turn. */
const CHUNKS_PER_TURN = 16;

/**
 * A sink takes the last chunk within so many times the time, and so many turns of the event loop,
 * in which it took the one before.
 */
const SINK_PATIENCE = 4;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A transport over two byte streams. */
export class StreamTransport implements Transport<StreamAddr>, Sink {
  readonly localAddr: StreamAddr = { transport: "stream" };
  readonly remoteAddr: StreamAddr = { transport: "stream" };
  readonly isRemote = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #rest: Uint8Array | undefined;
  /** Settles when the sink has taken the last chunk. */
  #taken: Promise<void> = Promise.resolve();
  /** The time in milliseconds that the sink took for the last chunk that it has taken. */
  #pace = 0;

  /** Creates a transport and locks the streams. */
  constructor({ readable, writable }: ByteStreams) {
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {}); // reported by the next write
    this.#reader.closed.catch(() => {}); // reported by the next read
  }

  async read(p: Uint8Array<ArrayBuffer>): Promise<number | null> {
    for (let empty = 0; this.#rest === undefined || this.#rest.length === 0; empty++) {
      if (empty > MAX_EMPTY_CHUNKS) {
        throw new Error(`more than ${MAX_EMPTY_CHUNKS} empty chunks came in a row`);
      }
      // A stream may have the next chunk at once: other work gets its turn.
      if (empty % CHUNKS_PER_TURN === CHUNKS_PER_TURN - 1) await nextTurn();
      const { done, value } = await this.#reader.read();
      if (done) return null;
      const bytes = bytesOf(value);
      if (bytes === null) throw new TypeError(`the stream gave ${kindOf(value)} instead of bytes`);
      this.#rest = bytes;
    }
    const taken = this.#rest.subarray(0, p.length);
    p.set(taken);
    this.#rest = this.#rest.subarray(taken.length);
    return taken.length;
  }

  async write(p: Uint8Array<ArrayBuffer>): Promise<void> {
    // Waits for room in the stream's queue, not for the peer to read, so that two writers do not
    // deadlock.
    await this.#writer.ready;
    const start = performance.now();
    // A stream may keep the chunk after the write, so it gets a copy.
    this.#taken = this.#writer.write(p.slice()).then(() => {
      this.#pace = performance.now() - start;
    });
    this.#taken.catch(() => {}); // reported by the next call
  }

  async closeWrite(): Promise<void> {
    await this.#writer.ready;
    this.#writer.close().catch(() => {}); // already closed, or the peer is gone
  }

  get sink(): Sink {
    return this;
  }

  async written(): Promise<void> {
    try {
      await this.#taken;
    } catch (error) {
      throw transportError("write", error);
    }
  }

  async finish(): Promise<void> {
    this.#writer.close().catch(() => {}); // already closed, or the same error
    // The last chunk is a close_notify. A stream that is joined to another one takes it when that
    // one is read, perhaps never; a sink takes it as it took the others.
    const patience = SINK_PATIENCE * this.#pace;
    if (!await settlesWithin(this.#taken, patience, SINK_PATIENCE)) return;
    try {
      await this.#writer.closed;
    } catch (error) {
      throw transportError("close", error);
    }
  }

  close(): void {
    this.#reader.cancel().catch(() => {}); // the stream had already failed
    // Fails if it is already closed or the peer is gone. Queued data is still sent.
    this.#writer.close().catch(() => {});
  }

  abort(): void {
    this.#reader.cancel().catch(() => {}); // the stream had already failed
    this.#writer.abort().catch(() => {}); // already closed, or the peer is gone
  }

  setNoDelay(): void {}

  setKeepAlive(): void {}

  ref(): void {}

  unref(): void {}
}
