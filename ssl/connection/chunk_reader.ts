// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslError } from "../base/errors.ts";
import { freeBuffer } from "../engine/byte_queue.ts";
import { transportError } from "./transport_error.ts";
import { checkedCount, type Transport } from "./transports.ts";

/** The length in bytes of the first read: often enough for a whole server flight. */
const FIRST_CHUNK_LENGTH = 4096;
/** The length in bytes of the buffer of a connection that waits for its peer. */
export const MIN_CHUNK_LENGTH = 2048;
const MAX_RECORD_LENGTH = 16384 + 256 + 5;
/** The maximum length of a chunk in bytes: that of sixteen records. */
export const MAX_CHUNK_LENGTH: number = 16 * MAX_RECORD_LENGTH;
/** The length in bytes of a chunk while as many connections as {@linkcode MAX_CHUNKS} receive. */
export const CROWDED_CHUNK_LENGTH: number = 4 * MAX_RECORD_LENGTH;
/** The maximum number of chunks of the whole process that have the maximum length: in 32 MiB. */
export const MAX_CHUNKS: number = Math.floor((1 << 25) / MAX_CHUNK_LENGTH);
/** The maximum number of buffers that wait for their next use. */
const MAX_FREE_BUFFERS = 8;

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The large buffers, which the connections of the process share: each has them only while data
 * flows. Those used last are lent first, because they are in a cache.
 */
export class ChunkBuffers {
  readonly #free: Bytes[] = [];
  /** The number of buffers of the maximum length that exist. */
  #count = 0;
  /** A connection that ends, or is given up, may take its buffer with it. */
  readonly #lost = new FinalizationRegistry<undefined>(() => this.#count--);

  /** Returns a buffer of the maximum length, or a shorter one if all of those are in use. */
  take(): Bytes {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#count >= MAX_CHUNKS) return new Uint8Array(CROWDED_CHUNK_LENGTH);
    this.#count++;
    const buffer = new Uint8Array(MAX_CHUNK_LENGTH);
    this.#lost.register(buffer.buffer, undefined, buffer.buffer);
    return buffer;
  }

  /** Takes a buffer back, which its borrower no longer uses. */
  giveBack(buffer: Bytes): void {
    if (buffer.length === MAX_CHUNK_LENGTH) {
      if (this.#free.length < MAX_FREE_BUFFERS) {
        this.#free.push(buffer);
        return;
      }
      this.#lost.unregister(buffer.buffer);
      this.#count--;
    }
    freeBuffer(buffer);
  }
}

const BUFFERS = new ChunkBuffers();

/** Bytes of the peer. */
export interface Chunk {
  readonly bytes: Bytes;
  /** Whether they were taken early, before the chunk was asked for. */
  readonly early: boolean;
}

/** Takes the bytes of a chunk early; returns whether it did. */
export type TakeEarly = (bytes: Bytes) => boolean;

/**
 * Reads a transport in chunks: into a small buffer while it waits for the peer, and while that is
 * full, into large ones. Then it also reads the next chunk while the current one is decrypted.
 */
export class ChunkReader {
  readonly #transport: Transport;
  readonly #buffers: ChunkBuffers;
  /** The buffer to wait with. */
  #small: Bytes | undefined;
  /** The large buffer of the current chunk. */
  #large: Bytes | undefined;
  /** Whether the last chunk has filled its buffer. */
  #full = false;
  /** The number of bytes that have been returned. */
  returned = 0;
  /** The error of the transport, which every later call throws; `null` without one. */
  failure: SslError | null = null;
  #head: Bytes | undefined;
  #ahead: Promise<ReadChunk | null> | undefined;

  /** Creates a reader; `head` is what has been read from the transport already. */
  constructor(transport: Transport, head?: Uint8Array, buffers: ChunkBuffers = BUFFERS) {
    this.#transport = transport;
    this.#buffers = buffers;
    if (head !== undefined && head.length > 0) this.#head = new Uint8Array(head);
  }

  /**
   * Returns the next chunk.
   *
   * @returns The chunk, valid until {@linkcode ChunkReader.release}; `null` at the end.
   * @throws {SslError} If the transport fails.
   */
  async next(): Promise<Chunk | null> {
    if (this.#head !== undefined) {
      const head = this.#head;
      this.#head = undefined;
      this.returned += head.length;
      return { bytes: head, early: false };
    }
    if (this.failure !== null) throw this.failure;
    const pending = this.#ahead ?? this.#read();
    this.#ahead = undefined;
    const chunk = await pending;
    if (chunk === null) return null;
    const { buffer, bytes } = chunk;
    this.returned += bytes.length;
    this.#full = bytes.length === buffer.length;
    this.#large = buffer === this.#small ? undefined : buffer;
    return chunk;
  }

  /** Gives back the memory of the current chunk, whose bytes are no longer used. */
  release(): void {
    if (this.#large !== undefined) this.#buffers.giveBack(this.#large);
    this.#large = undefined;
  }

  /**
   * Reads the chunk after the one that the caller is using, if that one was full.
   *
   * @param takeEarly Takes the chunk as soon as it is there.
   */
  readAhead(takeEarly: TakeEarly): void {
    if (!this.#full || this.#ahead !== undefined) return;
    this.#ahead = this.#read(takeEarly);
    this.#ahead.catch(() => {}); // reported by the next call
  }

  /** Makes the next read one into the small buffer, unless it has begun. */
  shrink(): void {
    this.#full = false;
  }

  async #read(takeEarly: TakeEarly = takeNothing): Promise<ReadChunk | null> {
    const buffer = this.#full ? this.#buffers.take() : this.#smallBuffer();
    let bytes;
    try {
      const count = await this.#transport.read(buffer);
      if (count === null) {
        if (buffer !== this.#small) this.#buffers.giveBack(buffer);
        return null;
      }
      bytes = buffer.subarray(0, checkedCount("read", count, buffer.length));
    } catch (error) {
      // A transport that fails might use the buffer still, so nobody else gets it.
      throw this.failure = transportError("read", error);
    }
    return { buffer, bytes, early: takeEarly(bytes) };
  }

  #smallBuffer(): Bytes {
    const length = this.returned === 0 ? FIRST_CHUNK_LENGTH : MIN_CHUNK_LENGTH;
    if (this.#small?.length !== length) this.#small = new Uint8Array(length);
    return this.#small;
  }
}

function takeNothing(): boolean {
  return false;
}

interface ReadChunk extends Chunk {
  readonly buffer: Bytes;
}
