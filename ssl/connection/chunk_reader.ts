// Copyright 2026 the NSS for Deno authors. MIT license.

import { transportError } from "./transport_error.ts";
import type { Transport } from "./transports.ts";

/** A whole server flight often fits. */
const FIRST_CHUNK_LENGTH = 4096;
/** A connection that idles between small messages waits with this much. */
const MIN_CHUNK_LENGTH = 2048;
/**
 * Eight records and their headers, one window: with two a transfer is a twentieth faster, and takes
 * more memory than it may.
 */
export const MAX_CHUNK_LENGTH = 8 * (16384 + 256 + 5);

/**
 * Reads a transport in chunks that grow while they come in full, and reads ahead then: the next
 * chunk is on its way while this one is decrypted.
 */
export class ChunkReader {
  readonly #transport: Transport;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  /** Takes turns with the other one while chunks are read ahead; an idle connection has none. */
  #spare: Uint8Array<ArrayBuffer> | undefined;
  #length = FIRST_CHUNK_LENGTH;
  #head: Uint8Array<ArrayBuffer> | undefined;
  #ahead: Promise<Uint8Array<ArrayBuffer> | null> | undefined;

  /** Takes the transport and what has been read from it already. */
  constructor(transport: Transport, head?: Uint8Array) {
    this.#transport = transport;
    if (head !== undefined && head.length > 0) this.#head = new Uint8Array(head);
  }

  /**
   * The next chunk.
   *
   * @param mayReadAhead Whether bytes beyond the chunk may be taken from the transport already.
   * @returns The chunk, valid until the next call; `null` at the end.
   * @throws {SslError} If the transport fails.
   */
  async next(mayReadAhead: boolean): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#head !== undefined) {
      const head = this.#head;
      this.#head = undefined;
      return head;
    }
    const pending = this.#ahead ?? this.#read();
    this.#ahead = undefined;
    const chunk = await pending;
    if (chunk === null) return null;
    const full = chunk.length === this.#length;
    if (full) this.#length = Math.min(4 * this.#length, MAX_CHUNK_LENGTH);
    else if (chunk.length <= Math.max(this.#length / 8, MIN_CHUNK_LENGTH)) {
      this.#length = Math.max(Math.floor(this.#length / 4), MIN_CHUNK_LENGTH);
    }
    if (full && mayReadAhead) {
      // The chunk is in use while the next one comes in.
      [this.#buffer, this.#spare] = [this.#spare, this.#buffer];
      this.#ahead = this.#read();
      this.#ahead.catch(() => {}); // the next call reports it
    } else if (this.#length === MIN_CHUNK_LENGTH) this.#spare = undefined;
    return chunk;
  }

  async #read(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#buffer?.length !== this.#length) this.#buffer = new Uint8Array(this.#length);
    const buffer = this.#buffer;
    try {
      const count = await this.#transport.read(buffer);
      return count === null ? null : buffer.subarray(0, count);
    } catch (error) {
      throw transportError("read", error);
    }
  }
}
