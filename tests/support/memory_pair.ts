// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { Prng } from "./prng.ts";

/**
 * How bytes are cut on their way: as they were written, one at a time, or into random pieces that
 * depend only on the seed.
 */
export type Chunking = "whole" | "byte" | { readonly seed: number; readonly max?: number };

/** What {@linkcode memoryPair} takes. */
export interface MemoryPairOptions {
  /** How each read is cut. Default: as written. */
  readonly chunking?: Chunking;
  /** How many unread bytes a direction holds before its writer waits. Default: 256 KiB. */
  readonly capacity?: number;
}

/** One direction: a bounded queue of bytes with one reader. */
class Pipe {
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #size = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #capacity: number;
  readonly #cut: (available: number) => number;

  constructor(capacity: number, cut: (available: number) => number) {
    this.#capacity = capacity;
    this.#cut = cut;
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#size === 0) {
      if (this.#error) throw this.#error;
      if (this.#ended) return null;
      await this.#wake.promise;
    }
    const chunk = this.#chunks[0];
    if (chunk === undefined) throw new Error("Cannot read: the queue lost count");
    const length = Math.min(into.length, this.#cut(chunk.length));
    into.set(chunk.subarray(0, length));
    if (length === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(length);
    this.#size -= length;
    this.#changed();
    return length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    while (this.#size >= this.#capacity && !this.#ended && !this.#error) await this.#wake.promise;
    if (this.#error) throw this.#error;
    if (this.#ended) throw new Deno.errors.BrokenPipe("Cannot write: the pipe is closed");
    if (bytes.length > 0) {
      this.#chunks.push(bytes.slice());
      this.#size += bytes.length;
      this.#changed();
    }
    return bytes.length;
  }

  end(): void {
    this.#ended = true;
    this.#changed();
  }

  fail(error: Error): void {
    if (!this.#ended) this.#error ??= error;
    this.#chunks = [];
    this.#size = 0;
    this.#changed();
  }
}

/** One end of a {@linkcode memoryPair}: a `Deno.Conn` with no socket behind it. */
export class MemoryConn implements Deno.Conn<Deno.NetAddr> {
  /** This end's made-up address. */
  readonly localAddr: Deno.NetAddr;
  /** The other end's made-up address. */
  readonly remoteAddr: Deno.NetAddr;
  #in: Pipe;
  #out: Pipe;
  #closed = false;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | undefined;

  /** Creates an end out of its two directions; use {@linkcode memoryPair}. */
  constructor(input: Pipe, output: Pipe, localPort: number, remotePort: number) {
    this.#in = input;
    this.#out = output;
    this.localAddr = { transport: "tcp", hostname: "127.0.0.1", port: localPort };
    this.remoteAddr = { transport: "tcp", hostname: "127.0.0.1", port: remotePort };
  }

  /** Reads up to the array's length; `null` once the other end has closed its write side. */
  async read(into: Uint8Array): Promise<number | null> {
    if (this.#closed) throw new Deno.errors.BadResource("Cannot read: this end is closed");
    return await this.#in.read(into);
  }

  /** Writes all bytes, waiting while the other end does not read. */
  async write(bytes: Uint8Array): Promise<number> {
    if (this.#closed) throw new Deno.errors.BadResource("Cannot write: this end is closed");
    return await this.#out.write(bytes);
  }

  /** Ends this end's writing: the other end reads `null` after what was written. */
  // deno-lint-ignore require-await
  async closeWrite(): Promise<void> {
    this.#out.end();
  }

  /**
   * Closes both directions: the other end reads what was written, then `null`, and can write no
   * more.
   */
  close(): void {
    if (this.#closed) throw new Deno.errors.BadResource("Cannot close: this end is closed");
    this.#closed = true;
    this.#out.end();
    this.#in.fail(new Deno.errors.BrokenPipe("Cannot write: the other end is closed"));
    this.#in.end();
  }

  /** Breaks the connection as a reset would: unread bytes are lost and both ends fail. */
  reset(): void {
    const error = new Deno.errors.ConnectionReset("Cannot go on: the connection was reset");
    this.#in.fail(error);
    this.#out.fail(error);
  }

  /** Closes the end if it is open. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.close();
  }

  /** Does nothing: no event loop is held. */
  ref(): void {}

  /** Does nothing: no event loop is held. */
  unref(): void {}

  /** The bytes that arrive, as a stream that ends with the other end's writing. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= new ReadableStream({
      pull: async (controller) => {
        const buffer = new Uint8Array(64 * 1024);
        const length = await this.read(buffer);
        if (length === null) controller.close();
        else controller.enqueue(buffer.slice(0, length));
      },
      cancel: () => this[Symbol.dispose](),
    }, { highWaterMark: 0 });
  }

  /** The bytes to send, as a stream whose closing closes this end's writing. */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#writable ??= new WritableStream({
      write: async (chunk) => {
        await this.write(chunk);
      },
      close: () => this.closeWrite(),
      abort: () => this.reset(),
    });
  }
}

/** A pair of byte streams: what `importFD` takes where there is no connection object. */
export interface ByteStreams {
  /** Bytes from the other end. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Bytes to the other end. */
  readonly writable: WritableStream<Uint8Array<ArrayBufferLike>>;
}

/** The client's port of the next pair: no two have the same addresses, as in a network. */
let nextPort = 40_000;

/**
 * Makes two joined connections in memory.
 *
 * @param options How bytes are cut and how many are held.
 * @returns The two ends; whether one is the client's is up to the test.
 */
export function memoryPair(options: MemoryPairOptions = {}): [MemoryConn, MemoryConn] {
  const { chunking = "whole", capacity = 256 * 1024 } = options;
  const pipe = (salt: number): Pipe => new Pipe(capacity, cutter(chunking, salt));
  const forth = pipe(0);
  const back = pipe(1);
  const port = nextPort++;
  return [new MemoryConn(back, forth, port, 443), new MemoryConn(forth, back, 443, port)];
}

/**
 * Makes two joined pairs of byte streams in memory, with no `Deno.Conn` about them.
 *
 * @param options How bytes are cut and how many are held.
 * @returns The two ends.
 */
export function memoryStreams(options: MemoryPairOptions = {}): [ByteStreams, ByteStreams] {
  const [a, b] = memoryPair(options);
  const streams = (end: MemoryConn): ByteStreams => ({
    readable: end.readable,
    writable: end.writable,
  });
  return [streams(a), streams(b)];
}

function cutter(chunking: Chunking, salt: number): (available: number) => number {
  if (chunking === "whole") return (available) => available;
  if (chunking === "byte") return () => 1;
  const prng = new Prng(chunking.seed * 2 + salt);
  const max = chunking.max ?? 4096;
  return (available) => Math.min(available, prng.integer(1, max));
}
