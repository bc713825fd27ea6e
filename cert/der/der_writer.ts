// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../base/errors.ts";
import { copyBytes } from "../base/bytes.ts";
import { TAG } from "./tag.ts";

// Ring 0.

const ENCODER = new TextEncoder();

/**
 * A writer of DER that computes all lengths.
 *
 * @example Usage
 * ```ts
 * import { DerWriter } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const der = new DerWriter().sequence((w) => w.integer(5).null()).finish();
 * assertEquals(der, Uint8Array.of(0x30, 5, 2, 1, 5, 5, 0));
 * ```
 *
 * @category DER and PEM
 */
export class DerWriter {
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;

  /** The number of bytes written. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds encoded DER.
   *
   * @param der The encoding of whole elements.
   * @returns This writer.
   */
  raw(der: Uint8Array): this {
    this.#push(copyBytes(der));
    return this;
  }

  #push(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  #header(tag: number, length: number): void {
    if (length < 0x80) return this.#push(Uint8Array.of(tag, length));
    const bytes: number[] = [];
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
    this.#push(Uint8Array.of(tag, 0x80 | bytes.length, ...bytes));
  }

  /**
   * Adds a primitive element.
   *
   * @param tag The tag.
   * @param content The content.
   * @returns This writer.
   */
  primitive(tag: number, content: Uint8Array): this {
    this.#header(tag, content.length);
    return this.raw(content);
  }

  /**
   * Adds a constructed element.
   *
   * @param tag The tag.
   * @param body Writes the content.
   * @returns This writer.
   */
  constructed(tag: number, body: (writer: DerWriter) => void): this {
    const inner = new DerWriter();
    body(inner);
    this.#header(tag, inner.#length);
    for (const chunk of inner.#chunks) this.#push(chunk);
    return this;
  }

  /**
   * Adds a SEQUENCE.
   *
   * @param body Writes the content.
   * @returns This writer.
   */
  sequence(body: (writer: DerWriter) => void): this {
    return this.constructed(TAG.sequence, body);
  }

  /**
   * Adds a SET OF, with its elements sorted as DER requires (X.690, Section 11.6).
   *
   * @param bodies Each writes one element.
   * @returns This writer.
   */
  setOf(bodies: readonly ((writer: DerWriter) => void)[]): this {
    const elements = bodies.map((body) => {
      const inner = new DerWriter();
      body(inner);
      return inner.finish();
    });
    elements.sort((a, b) => {
      const length = Math.min(a.length, b.length);
      for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
      return a.length - b.length;
    });
    return this.constructed(TAG.set, (w) => elements.forEach((element) => w.raw(element)));
  }

  /**
   * Adds a BOOLEAN.
   *
   * @param value The value.
   * @returns This writer.
   */
  boolean(value: boolean): this {
    return this.primitive(TAG.boolean, Uint8Array.of(value ? 0xff : 0));
  }

  /**
   * Adds an INTEGER.
   *
   * @param value A number, or its two's complement, which is shortened to the minimal form.
   * @param tag The tag, if it is implicit or ENUMERATED.
   * @returns This writer.
   */
  integer(value: number | bigint | Uint8Array, tag: number = TAG.integer): this {
    const bytes = value instanceof Uint8Array ? value : twosComplement(BigInt(value));
    let start = 0;
    while (
      start < bytes.length - 1 &&
      ((bytes[start] === 0 && bytes[start + 1]! < 0x80) ||
        (bytes[start] === 0xff && bytes[start + 1]! >= 0x80))
    ) start++;
    if (bytes.length === 0) return this.primitive(tag, Uint8Array.of(0));
    return this.primitive(tag, bytes.subarray(start));
  }

  /**
   * Adds a non-negative INTEGER, with a sign byte if the highest bit of the magnitude is set.
   *
   * @param magnitude The number, big-endian.
   * @returns This writer.
   */
  unsignedInteger(magnitude: Uint8Array): this {
    const bytes = new Uint8Array(magnitude.length + 1);
    bytes.set(magnitude, 1);
    this.integer(bytes);
    bytes.fill(0); // may be part of a private key
    return this;
  }

  /**
   * Adds an OBJECT IDENTIFIER.
   *
   * @param dotted The identifier in dotted form.
   * @param tag The tag, if it is implicit.
   * @returns This writer.
   * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if it is not an object identifier.
   */
  oid(dotted: string, tag: number = TAG.oid): this {
    if (!/^[0-2](\.(0|[1-9][0-9]*))+$/.test(dotted)) {
      throw new NssError("SEC_ERROR_INVALID_ARGS", `Cannot encode "${dotted}": not a dotted OID`);
    }
    const [root, second, ...rest] = dotted.split(".").map(BigInt);
    if (root! < 2n && second! >= 40n) {
      throw new NssError("SEC_ERROR_INVALID_ARGS", `Cannot encode "${dotted}": not a dotted OID`);
    }
    const bytes: number[] = [];
    for (const arc of [40n * root! + second!, ...rest]) {
      const groups = [Number(arc & 0x7fn)];
      for (let left = arc >> 7n; left > 0n; left >>= 7n) {
        groups.unshift(0x80 | Number(left & 0x7fn));
      }
      bytes.push(...groups);
    }
    return this.primitive(tag, Uint8Array.from(bytes));
  }

  /**
   * Adds an OCTET STRING.
   *
   * @param value The bytes, or a function that writes DER as the content.
   * @returns This writer.
   */
  octetString(value: Uint8Array | ((writer: DerWriter) => void)): this {
    return value instanceof Uint8Array
      ? this.primitive(TAG.octetString, value)
      : this.constructed(TAG.octetString, value);
  }

  /**
   * Adds a BIT STRING of whole bytes.
   *
   * @param value The bytes, or a function that writes DER as the content.
   * @returns This writer.
   */
  bitString(value: Uint8Array | ((writer: DerWriter) => void)): this {
    return this.constructed(TAG.bitString, (w) => {
      w.raw(Uint8Array.of(0));
      if (value instanceof Uint8Array) w.raw(value);
      else value(w);
    });
  }

  /**
   * Adds a BIT STRING of named bits, without trailing zero bits.
   *
   * @param bits The numbers of the bits to set; bit 0 is the first.
   * @param tag The tag, if it is implicit.
   * @returns This writer.
   */
  namedBits(bits: Iterable<number>, tag: number = TAG.bitString): this {
    const set = [...bits];
    if (set.length === 0) return this.primitive(tag, Uint8Array.of(0));
    const highest = Math.max(...set);
    const content = new Uint8Array(2 + (highest >> 3));
    content[0] = 7 - (highest & 7);
    for (const bit of set) content[1 + (bit >> 3)]! |= 0x80 >> (bit & 7);
    return this.primitive(tag, content);
  }

  /**
   * Adds a NULL.
   *
   * @returns This writer.
   */
  null(): this {
    return this.primitive(TAG.null, new Uint8Array(0));
  }

  /**
   * Adds a string of a type that is encoded as ASCII or UTF-8.
   *
   * @param tag The tag.
   * @param text The text.
   * @returns This writer.
   */
  string(tag: number, text: string): this {
    return this.primitive(tag, ENCODER.encode(text));
  }

  /**
   * Returns the encoding and empties the writer, which overwrites its own copy: that may be a
   * private key.
   *
   * @returns The encoding of everything written.
   */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#length);
    let offset = 0;
    for (const chunk of this.#chunks.splice(0)) {
      bytes.set(chunk, offset);
      offset += chunk.length;
      chunk.fill(0);
    }
    this.#length = 0;
    return bytes;
  }
}

function twosComplement(value: bigint): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(BigInt.asUintN(8, rest));
    bytes.unshift(byte);
    rest >>= 8n;
    if ((rest === 0n && byte < 0x80) || (rest === -1n && byte >= 0x80)) break;
  }
  return Uint8Array.from(bytes);
}
