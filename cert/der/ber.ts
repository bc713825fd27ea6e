// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ErrorName, NssError } from "../base/errors.ts";
import { MAX_DER_DEPTH, MAX_DER_SIZE } from "./der_reader.ts";
import { TAG } from "./tag.ts";

const CONSTRUCTED = 0x20;
const END_OF_CONTENTS = 0;

/**
 * The maximum number of elements of a file, those in its encrypted parts and the segments of its
 * strings included. The most certificates that a PKCS#12 file may have need half of it.
 */
export const MAX_BER_ELEMENTS = 250_000;

/** Counts what a file costs beyond its bytes, to refuse files of many tiny parts. */
export class BerBudget {
  readonly #what: string;
  readonly #error: ErrorName;
  #elements = 0;

  /**
   * Creates the budget of a file.
   *
   * @param what What the file is, for error messages.
   * @param error The name of the errors.
   */
  constructor(what: string, error: ErrorName) {
    this.#what = what;
    this.#error = error;
  }

  /**
   * Counts an element.
   *
   * @param offset Its offset, for the error message.
   * @throws {NssError} Beyond {@linkcode MAX_BER_ELEMENTS}.
   */
  spendElement(offset: number): void {
    if (++this.#elements > MAX_BER_ELEMENTS) {
      this.fail(offset, `the file has more than ${MAX_BER_ELEMENTS} elements`);
    }
  }

  /**
   * Throws the error of a malformed file.
   *
   * @param offset The offset of the byte at fault.
   * @param state What is wrong.
   * @throws {NssError} Always.
   */
  fail(offset: number, state: string): never {
    throw new NssError(this.#error, `Cannot parse ${this.#what}: at byte ${offset}: ${state}`);
  }
}

/**
 * Converts BER to definite lengths and primitive strings, as in DER. PKCS#7 and PKCS#12 files are
 * BER: NSS, Windows and Java write indefinite lengths (ITU-T X.690, Section 8.1.3.6).
 *
 * It reads twice: first to compute the lengths, then to write each byte to its final place.
 *
 * @param ber The encoding.
 * @param budget Counts the elements, and makes the errors.
 * @param verbatimDepth From this depth on, elements of definite length are copied as they are and
 * count as one: certificates must be DER themselves.
 * @returns The same values; an implicitly tagged OCTET STRING stays constructed.
 * @throws {NssError} If it is malformed or has too many elements.
 */
export function berToDer(
  ber: Uint8Array,
  budget: BerBudget,
  verbatimDepth = Infinity,
): Uint8Array<ArrayBuffer> {
  if (ber.length > MAX_DER_SIZE) {
    budget.fail(0, `${ber.length} bytes are more than ${MAX_DER_SIZE}`);
  }
  const converter = new BerConverter(ber, budget, verbatimDepth);
  const { length, end } = converter.measure();
  if (end !== ber.length) budget.fail(end, "bytes after the last field");
  return converter.write(length);
}

/** The conversion of one encoding; methods advance `#position` behind what they read. */
class BerConverter {
  readonly #ber: Uint8Array;
  readonly #budget: BerBudget;
  readonly #verbatimDepth: number;
  #position = 0;
  /** The lengths of the contents of constructed elements in DER, in the order of their headers. */
  readonly #lengths: number[] = [];
  #nextLength = 0;
  #out = new Uint8Array(0);
  #written = 0;

  constructor(ber: Uint8Array, budget: BerBudget, verbatimDepth: number) {
    this.#ber = ber;
    this.#budget = budget;
    this.#verbatimDepth = verbatimDepth;
  }

  /** Checks the first element; returns its length in DER, and where it ends in BER. */
  measure(): { readonly length: number; readonly end: number } {
    const length = this.#measure(this.#ber.length, 0, false);
    return { length, end: this.#position };
  }

  /** Converts the measured element, whose length in DER is given. */
  write(length: number): Uint8Array<ArrayBuffer> {
    this.#position = 0;
    this.#out = new Uint8Array(length);
    this.#write(this.#ber.length, 0, false);
    return this.#out;
  }

  /** Of a segment of a string only the contents count. */
  #measure(limit: number, depth: number, isSegment: boolean): number {
    const budget: BerBudget = this.#budget;
    const start = this.#position;
    if (depth > MAX_DER_DEPTH) budget.fail(start, `nested deeper than ${MAX_DER_DEPTH}`);
    if (limit - start < 2) budget.fail(start, "the header is truncated");
    budget.spendElement(start);
    const tag = this.#ber[start]!;
    if ((tag & 0x1f) === 0x1f) budget.fail(start, "the tag has the multi-byte form");
    if (isSegment && (tag & ~CONSTRUCTED) !== TAG.octetString) {
      budget.fail(start, "a piece is no OCTET STRING");
    }
    const end = this.#readLength(limit);
    if (this.#isVerbatim(end, depth, isSegment)) {
      this.#position = end;
      return end - start;
    }
    let length = 0;
    if ((tag & CONSTRUCTED) === 0) {
      if (end === null) budget.fail(start, "the length is indefinite");
      length = end - this.#position;
      this.#position = end;
    } else {
      const index = this.#lengths.push(0) - 1;
      while (!this.#isAtEnd(start, limit, end)) {
        length += this.#measure(end ?? limit, depth + 1, isString(tag));
      }
      this.#lengths[index] = length;
    }
    return isSegment ? length : headerLength(length) + length;
  }

  #isVerbatim(end: number | null, depth: number, isSegment: boolean): end is number {
    return end !== null && depth >= this.#verbatimDepth && !isSegment;
  }

  #write(limit: number, depth: number, isSegment: boolean): void {
    const start = this.#position;
    const tag = this.#ber[start]!;
    const end = this.#readLength(limit);
    if (this.#isVerbatim(end, depth, isSegment)) return this.#copy(start, end);
    if ((tag & CONSTRUCTED) === 0) {
      if (!isSegment) this.#writeHeader(tag, end! - this.#position);
      return this.#copy(this.#position, end!);
    }
    const length = this.#lengths[this.#nextLength++]!;
    if (!isSegment) this.#writeHeader(isString(tag) ? TAG.octetString : tag, length);
    while (!this.#isAtEnd(start, limit, end)) this.#write(end ?? limit, depth + 1, isString(tag));
  }

  #copy(start: number, end: number): void {
    this.#out.set(this.#ber.subarray(start, end), this.#written);
    this.#written += end - start;
    this.#position = end;
  }

  #writeHeader(tag: number, length: number): void {
    this.#out[this.#written++] = tag;
    const bytes = headerLength(length) - 2;
    if (bytes > 0) this.#out[this.#written++] = 0x80 | bytes;
    for (let shift = 8 * Math.max(bytes - 1, 0); shift >= 0; shift -= 8) {
      this.#out[this.#written++] = length >>> shift;
    }
  }

  /** Reads the header; returns the end of the contents, `null` if the length is indefinite. */
  #readLength(limit: number): number | null {
    const start = this.#position;
    const { content, end } = readLength(this.#ber, start, limit, this.#budget);
    this.#position = content;
    return end;
  }

  /** Returns whether the contents of an element end here, and skips what ends them. */
  #isAtEnd(start: number, limit: number, end: number | null): boolean {
    if (end !== null) return this.#position === end;
    if (this.#position >= limit) this.#budget.fail(start, "the contents do not end");
    if (this.#ber[this.#position] !== END_OF_CONTENTS) return false;
    if (this.#ber[this.#position + 1] !== 0) {
      this.#budget.fail(this.#position, "the end of the contents is malformed");
    }
    this.#position += 2;
    if (this.#position > limit) this.#budget.fail(start, "the contents do not end");
    return true;
  }
}

function isString(tag: number): boolean {
  return tag === (TAG.octetString | CONSTRUCTED);
}

/** Returns the length of tag and length in DER. */
function headerLength(length: number): number {
  if (length < 0x80) return 2;
  return 3 + (length > 0xff ? 1 : 0) + (length > 0xffff ? 1 : 0) + (length > 0xffffff ? 1 : 0);
}

function readLength(
  ber: Uint8Array,
  start: number,
  limit: number,
  budget: BerBudget,
): { content: number; end: number | null } {
  const first = ber[start + 1]!;
  if (first === 0x80) return { content: start + 2, end: null };
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (count > 4) budget.fail(start, `the length has ${count} bytes`);
  const content = start + 2 + count;
  if (content > limit) budget.fail(start, "the header is truncated");
  let length = count === 0 ? first : 0;
  for (let i = start + 2; i < content; i++) length = length * 256 + ber[i]!;
  if (length > limit - content) {
    budget.fail(start, `${length} bytes announced, ${limit - content} present`);
  }
  return { content, end: content + length };
}

/**
 * Joins the segments of a constructed OCTET STRING.
 *
 * @param elements The OCTET STRINGs in DER.
 * @param budget Makes the errors.
 * @returns Their joined contents.
 * @throws {NssError} If they are not OCTET STRINGs.
 */
export function joinOctetStrings(
  elements: Uint8Array<ArrayBuffer>,
  budget: BerBudget,
): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(elements.length);
  let length = 0;
  for (let position = 0; position < elements.length;) {
    if (elements[position] !== TAG.octetString) budget.fail(position, "a piece is no OCTET STRING");
    const { content, end } = readLength(elements, position, elements.length, budget);
    joined.set(elements.subarray(content, end!), length);
    length += end! - content;
    position = end!;
  }
  return joined.subarray(0, length);
}
