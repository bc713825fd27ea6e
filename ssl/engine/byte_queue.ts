// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a piece costs in bytes besides its buffer, as measured in V8. */
export const PIECE_COST = 256;
/** Pieces of at least this length in bytes are kept without a copy. */
const MIN_KEPT_LENGTH = 1024;
/** The maximum length in bytes of a piece made of small ones. */
const MAX_JOINED_LENGTH = 16384;

/**
 * A queue of bytes, taken in linear time.
 *
 * Small pieces are joined, because each costs more than it holds, and so are pieces in a buffer
 * more than twice as long, such as a padded record. So {@linkcode ByteQueue.cost} is at most three
 * times the {@linkcode ByteQueue.length}, and a constant.
 */
export class ByteQueue {
  /** The oldest pieces, the first one last. */
  #front: Uint8Array<ArrayBuffer>[] = [];
  /** The pieces after them, in order. */
  #back: Uint8Array<ArrayBuffer>[] = [];
  /** The small pieces after these, joined; the rest of the buffer is free. */
  #joined: Uint8Array<ArrayBuffer> | null = null;
  #joinedLength = 0;
  #length = 0;
  #cost = 0;

  /** The number of bytes in the queue. */
  get length(): number {
    return this.#length;
  }

  /** The memory in bytes that the queue takes: its buffers, and {@linkcode PIECE_COST} for each. */
  get cost(): number {
    return this.#cost;
  }

  /** Adds a piece, which the queue then owns. */
  push(piece: Uint8Array<ArrayBuffer>): void {
    const { length } = piece;
    if (length === 0) return;
    const isEmpty = this.#length === 0;
    this.#length += length;
    // The only piece is usually taken at once.
    if (isEmpty) return this.#keep(piece);
    if (length < MIN_KEPT_LENGTH) return this.#join(piece);
    this.#keep(piece.buffer.byteLength > 2 * length ? piece.slice() : piece);
  }

  /**
   * Returns and removes the next piece.
   *
   * @returns The bytes, whose buffer the caller then owns; `null` if there are none.
   */
  take(): Uint8Array<ArrayBuffer> | null {
    const first = this.#next();
    if (first === null) return null;
    this.#front.pop();
    this.#length -= first.length;
    this.#cost -= costOf(first);
    return first;
  }

  /**
   * Copies and removes the next bytes, and releases the buffers that become empty.
   *
   * @param into The memory that is filled as far as there are bytes.
   * @returns The number of bytes.
   */
  read(into: Uint8Array): number {
    let filled = 0;
    for (let first; filled < into.length && (first = this.#next()) !== null;) {
      const left = into.length - filled;
      if (first.length > left) {
        into.set(first.subarray(0, left), filled);
        this.#front[this.#front.length - 1] = first.subarray(left);
        this.#length -= left;
        return into.length;
      }
      into.set(first, filled);
      filled += first.length;
      this.take();
      freeBuffer(first);
    }
    return filled;
  }

  #next(): Uint8Array<ArrayBuffer> | null {
    if (this.#front.length === 0) {
      this.#endJoined();
      [this.#front, this.#back] = [this.#back.reverse(), this.#front];
    }
    return this.#front.at(-1) ?? null;
  }

  #keep(piece: Uint8Array<ArrayBuffer>): void {
    this.#endJoined();
    this.#back.push(piece);
    this.#cost += costOf(piece);
  }

  /** Appends a small piece to the joined ones; their buffer grows by doubling. */
  #join(piece: Uint8Array<ArrayBuffer>): void {
    if (this.#joinedLength + piece.length > MAX_JOINED_LENGTH) this.#endJoined();
    const needed = this.#joinedLength + piece.length;
    const old = this.#joined;
    if (old === null || old.length < needed) {
      const grown = new Uint8Array(Math.min(MAX_JOINED_LENGTH, Math.max(2 * needed, PIECE_COST)));
      if (old !== null) {
        grown.set(old.subarray(0, this.#joinedLength));
        this.#cost -= costOf(old);
      }
      this.#joined = grown;
      this.#cost += costOf(grown);
    }
    this.#joined!.set(piece, this.#joinedLength);
    this.#joinedLength = needed;
  }

  #endJoined(): void {
    if (this.#joined === null) return;
    this.#back.push(this.#joined.subarray(0, this.#joinedLength));
    this.#joined = null;
    this.#joinedLength = 0;
  }
}

/** A buffer that runtimes since 2023 can detach. */
interface Detachable {
  readonly byteLength: number;
  transfer?(length: number): ArrayBuffer;
}

/**
 * Frees a buffer that is no longer used, as large as a record may be, before the next garbage
 * collection: the next record then gets memory that is in a cache, instead of new pages.
 */
export function freeBuffer({ buffer }: Uint8Array<ArrayBuffer>): void {
  const detachable: Detachable = buffer;
  if (buffer.byteLength >= MIN_KEPT_LENGTH) detachable.transfer?.(0);
}

function costOf(piece: Uint8Array<ArrayBuffer>): number {
  return piece.buffer.byteLength + PIECE_COST;
}
