// Copyright 2026 the NSS for Deno authors. MIT license.

import { DecodeError } from "./decode_error.ts";

/**
 * A reader of the presentation language of RFC 8446, Section 3.
 *
 * It copies nothing: byte strings are subarrays of the input. Each method throws a
 * {@linkcode DecodeError} if there are too few bytes or the length of a vector is out of range.
 */
export class Reader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #offset: number;
  readonly #end: number;

  /** Creates a reader of all of the bytes, or of those from `start` to `end`. */
  constructor(bytes: Uint8Array<ArrayBuffer>, start = 0, end: number = bytes.length) {
    if (start < 0 || end > bytes.length || start > end) {
      throw new RangeError(`Cannot read bytes: ${start} to ${end} is not within ${bytes.length}`);
    }
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  /** The number of unread bytes. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** Reads a `uint8`. */
  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  /** Reads a `uint16`. */
  u16(): number {
    const at = this.#take(2);
    return this.#bytes[at]! << 8 | this.#bytes[at + 1]!;
  }

  /** Reads a `uint24`. */
  u24(): number {
    const at = this.#take(3);
    return this.#bytes[at]! << 16 | this.#bytes[at + 1]! << 8 | this.#bytes[at + 2]!;
  }

  /** Reads a `uint32`. */
  u32(): number {
    const at = this.#take(4);
    // Shifts are signed in JavaScript: the top byte is multiplied instead.
    return this.#bytes[at]! * 0x1000000 +
      (this.#bytes[at + 1]! << 16 | this.#bytes[at + 2]! << 8 | this.#bytes[at + 3]!);
  }

  /** Reads `opaque[length]`. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Reads an opaque vector with a length field of one byte. */
  vector8(min = 0, max = 0xff): Uint8Array<ArrayBuffer> {
    return this.bytes(bounded(this.u8(), min, max));
  }

  /** Reads an opaque vector with a length field of two bytes. */
  vector16(min = 0, max = 0xffff): Uint8Array<ArrayBuffer> {
    return this.bytes(bounded(this.u16(), min, max));
  }

  /** Reads an opaque vector with a length field of three bytes. */
  vector24(min = 0, max = 0xffffff): Uint8Array<ArrayBuffer> {
    return this.bytes(bounded(this.u24(), min, max));
  }

  /** Reads a vector with a length field of one byte; returns a reader of its elements. */
  reader8(min = 0, max = 0xff): Reader {
    return this.#sub(bounded(this.u8(), min, max));
  }

  /** Reads a vector with a length field of two bytes; returns a reader of its elements. */
  reader16(min = 0, max = 0xffff): Reader {
    return this.#sub(bounded(this.u16(), min, max));
  }

  /** Reads a vector with a length field of three bytes; returns a reader of its elements. */
  reader24(min = 0, max = 0xffffff): Reader {
    return this.#sub(bounded(this.u24(), min, max));
  }

  /** Reads elements until no bytes are left. */
  list<T>(element: (reader: Reader) => T): T[] {
    const values: T[] = [];
    while (this.remaining > 0) {
      const before = this.#offset;
      values.push(element(this));
      if (this.#offset === before) {
        throw new RangeError("Cannot read list: an element has no bytes");
      }
    }
    return values;
  }

  /** Reads all remaining bytes. */
  rest(): Uint8Array<ArrayBuffer> {
    return this.bytes(this.remaining);
  }

  /** Throws a {@linkcode DecodeError} if bytes are left. */
  finish(): void {
    if (this.remaining > 0) {
      throw new DecodeError(`${this.remaining} bytes are left at the end`);
    }
  }

  #take(length: number): number {
    const at = this.#offset;
    if (length > this.#end - at) {
      throw new DecodeError(`${length} bytes are needed where ${this.#end - at} are left`);
    }
    this.#offset = at + length;
    return at;
  }

  #sub(length: number): Reader {
    const at = this.#take(length);
    return new Reader(this.#bytes, at, at + length);
  }
}

function bounded(length: number, min: number, max: number): number {
  if (length < min || length > max) {
    throw new DecodeError(`a vector of ${length} bytes is not within <${min}..${max}>`);
  }
  return length;
}
