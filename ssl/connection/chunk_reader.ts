// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslError } from "../base/errors.ts";
import { transportError } from "./transport_error.ts";
import { checkedCount, type Transport } from "./transports.ts";

/** Often enough for a whole server flight. */
const FIRST_CHUNK_LENGTH = 4096;
/** The buffer of a connection that waits for small messages. */
const MIN_CHUNK_LENGTH = 2048;
/**
 * One window of eight records with headers. Two windows make a transfer 5% faster, but exceed the
 * memory budget.
 */
export const MAX_CHUNK_LENGTH = 8 * (16384 + 256 + 5);

/** Bytes of the peer. */
export interface Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether they were taken early, before the chunk was asked for. */
  readonly early: boolean;
}

/** Takes the bytes of a chunk early; returns whether it did. */
export type TakeEarly = (bytes: Uint8Array<ArrayBuffer>) => boolean;

/**
 * Reads a transport in chunks, which grow while they are full; then it also reads the next chunk
 * while the current one is decrypted.
 */
export class ChunkReader {
  readonly #transport: Transport;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  /** The second buffer for reading ahead; an idle connection has none. */
  #spare: Uint8Array<ArrayBuffer> | undefined;
  #length = FIRST_CHUNK_LENGTH;
  /** Whether the last chunk has filled its buffer. */
  #full = false;
  /** The number of bytes that have been returned. */
  returned = 0;
  /** The error of the transport, which every later call throws; `null` without one. */
  failure: SslError | null = null;
  #head: Uint8Array<ArrayBuffer> | undefined;
  #ahead: Promise<Chunk | null> | undefined;

  /** Creates a reader; `head` is what has been read from the transport already. */
  constructor(transport: Transport, head?: Uint8Array) {
    this.#transport = transport;
    if (head !== undefined && head.length > 0) this.#head = new Uint8Array(head);
  }

  /**
   * Returns the next chunk.
   *
   * @returns The chunk, valid until the next call; `null` at the end.
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
    const { length } = chunk.bytes;
    this.returned += length;
    this.#full = length === this.#length;
    if (this.#full) this.#length = Math.min(4 * this.#length, MAX_CHUNK_LENGTH);
    else if (length <= Math.max(this.#length / 8, MIN_CHUNK_LENGTH)) {
      this.#length = Math.max(Math.floor(this.#length / 4), MIN_CHUNK_LENGTH);
      if (this.#length === MIN_CHUNK_LENGTH) this.#spare = undefined;
    }
    return chunk;
  }

  /**
   * Reads the chunk after the one that the caller is using, if that one was full.
   *
   * @param takeEarly Takes the chunk as soon as it is there.
   */
  readAhead(takeEarly: TakeEarly): void {
    if (!this.#full || this.#ahead !== undefined) return;
    [this.#buffer, this.#spare] = [this.#spare, this.#buffer];
    this.#ahead = this.#read(takeEarly);
    this.#ahead.catch(() => {}); // reported by the next call
  }

  /** Makes the next read one into the smallest buffer, unless it has begun. */
  shrink(): void {
    if (this.#ahead !== undefined) return;
    this.#length = MIN_CHUNK_LENGTH;
    this.#spare = undefined;
  }

  async #read(takeEarly: TakeEarly = () => false): Promise<Chunk | null> {
    if (this.#buffer?.length !== this.#length) this.#buffer = new Uint8Array(this.#length);
    const buffer = this.#buffer;
    let bytes;
    try {
      const count = await this.#transport.read(buffer);
      if (count === null) return null;
      bytes = buffer.subarray(0, checkedCount("read", count, buffer.length));
    } catch (error) {
      throw this.failure = transportError("read", error);
    }
    return { bytes, early: takeEarly(bytes) };
  }
}
