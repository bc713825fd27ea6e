// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A writer of the presentation language of RFC 8446, Section 3.
 *
 * The length of a vector follows from what its function writes. A value out of range is a fault of
 * the caller: a `RangeError`.
 */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** Creates a writer; its initial capacity in bytes grows. */
  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** The number of bytes written. */
  get length(): number {
    return this.#length;
  }

  /** Writes a `uint8`. */
  u8(value: number): this {
    return this.#integer(value, 1);
  }

  /** Writes a `uint16`. */
  u16(value: number): this {
    return this.#integer(value, 2);
  }

  /** Writes a `uint24`. */
  u24(value: number): this {
    return this.#integer(value, 3);
  }

  /** Writes a `uint32`. */
  u32(value: number): this {
    return this.#integer(value, 4);
  }

  /** Writes `opaque[value.length]`. */
  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Writes `opaque[length]`, which the value must fill exactly. */
  fixed(value: Uint8Array, length: number): this {
    if (value.length !== length) {
      throw new RangeError(`Cannot write bytes: ${value.length} are given where ${length} belong`);
    }
    return this.bytes(value);
  }

  /**
   * Writes a vector with a length field of one byte: the given bytes, or those that the function
   * writes.
   */
  vector8(body: Uint8Array | ((writer: this) => void), min = 0, max = 0xff): this {
    return this.#vector(body, 1, min, max);
  }

  /**
   * Writes a vector with a length field of two bytes: the given bytes, or those that the function
   * writes.
   */
  vector16(body: Uint8Array | ((writer: this) => void), min = 0, max = 0xffff): this {
    return this.#vector(body, 2, min, max);
  }

  /**
   * Writes a vector with a length field of three bytes: the given bytes, or those that the function
   * writes.
   */
  vector24(body: Uint8Array | ((writer: this) => void), min = 0, max = 0xffffff): this {
    return this.#vector(body, 3, min, max);
  }

  /**
   * Returns the written bytes; erases its own copy, which may be secret, and is empty afterwards.
   */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#bytes.fill(0, 0, this.#length);
    this.#length = 0;
    return bytes;
  }

  #vector(
    body: Uint8Array | ((writer: this) => void),
    prefix: number,
    min: number,
    max: number,
  ): this {
    const at = this.#grow(prefix);
    const start = this.#length;
    if (typeof body === "function") body(this);
    else this.bytes(body);
    const length = this.#length - start;
    if (length < min || length > max) {
      throw new RangeError(
        `Cannot write vector: ${length} bytes are not within <${min}..${max}>`,
      );
    }
    this.#put(length, at, prefix);
    return this;
  }

  #integer(value: number, size: number): this {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
      throw new RangeError(`Cannot write integer: ${value} is not a uint${8 * size}`);
    }
    this.#put(value, this.#grow(size), size);
    return this;
  }

  #put(value: number, at: number, size: number): void {
    for (let shift = 8 * (size - 1); shift >= 0; shift -= 8) this.#bytes[at++] = value >>> shift;
  }

  #grow(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes.fill(0);
      this.#bytes = grown;
    }
    return at;
  }
}
