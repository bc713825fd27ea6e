// Copyright 2026 the NSS for Deno authors. MIT license.

import { MAX_DER_DEPTH, MAX_DER_SIZE } from "../../cert/der/der_reader.ts";
import { TAG } from "../../cert/der/tag.ts";
import { NssError } from "../../cert/base/errors.ts";

const CONSTRUCTED = 0x20;
const END_OF_CONTENTS = 0;

/**
 * The maximum number of elements of a file, those in its encrypted parts and the segments of its
 * strings included: {@linkcode MAX_BAGS} of certificates need half of it.
 */
export const MAX_BER_ELEMENTS = 250_000;

/** The maximum number of bags of a file. The largest stores of public authorities have some 300. */
export const MAX_BAGS = 4_096;

/** Counts what a file costs beyond its bytes, to refuse files of many tiny parts. */
export class FileBudget {
  #elements = 0;
  #bags = 0;

  /**
   * Counts an element.
   *
   * @param offset Its offset, for the error message.
   * @throws {NssError} `SEC_ERROR_PKCS12_DECODING_PFX` beyond {@linkcode MAX_BER_ELEMENTS}.
   */
  spendElement(offset: number): void {
    if (++this.#elements > MAX_BER_ELEMENTS) {
      throw bad(offset, tooMany(MAX_BER_ELEMENTS, "elements"));
    }
  }

  /**
   * Counts a bag.
   *
   * @returns The number of bags so far.
   * @throws {NssError} `SEC_ERROR_PKCS12_CORRUPT_PFX_STRUCTURE` beyond {@linkcode MAX_BAGS}.
   */
  spendBag(): number {
    if (++this.#bags <= MAX_BAGS) return this.#bags;
    throw new NssError(
      "SEC_ERROR_PKCS12_CORRUPT_PFX_STRUCTURE",
      `Cannot import PKCS#12: ${tooMany(MAX_BAGS, "keys and certificates")}`,
    );
  }
}

function tooMany(max: number, what: string): string {
  return `the file has more than ${max} ${what}`;
}

/**
 * Converts BER to definite lengths and primitive strings, as in DER. PKCS#12 files are BER: NSS and
 * Windows write indefinite lengths (ITU-T X.690, Section 8.1.3.6).
 *
 * It reads twice: first to compute the lengths, then to write each byte to its final place.
 *
 * @param ber The encoding.
 * @param budget Counts the elements.
 * @returns The same values; an implicitly tagged OCTET STRING stays constructed.
 * @throws {NssError} `SEC_ERROR_PKCS12_DECODING_PFX` if it is malformed or has too many elements.
 */
export function berToDer(
  ber: Uint8Array<ArrayBuffer>,
  budget: FileBudget = new FileBudget(),
): Uint8Array<ArrayBuffer> {
  if (ber.length > MAX_DER_SIZE) throw bad(0, `${ber.length} bytes are more than ${MAX_DER_SIZE}`);
  const converter = new BerConverter(ber);
  const { length, end } = converter.measure(budget);
  if (end !== ber.length) throw bad(end, "bytes after the last field");
  return converter.write(length);
}

function bad(offset: number, state: string): NssError {
  return new NssError(
    "SEC_ERROR_PKCS12_DECODING_PFX",
    `Cannot parse PKCS#12: at byte ${offset}: ${state}`,
  );
}

/** The conversion of one encoding; methods advance `#position` behind what they read. */
class BerConverter {
  readonly #ber: Uint8Array<ArrayBuffer>;
  #position = 0;
  /** The lengths of the contents of constructed elements in DER, in the order of their headers. */
  readonly #lengths: number[] = [];
  #nextLength = 0;
  #out = new Uint8Array(0);
  #written = 0;

  constructor(ber: Uint8Array<ArrayBuffer>) {
    this.#ber = ber;
  }

  /** Checks the first element; returns its length in DER, and where it ends in BER. */
  measure(budget: FileBudget): { readonly length: number; readonly end: number } {
    const length = this.#measure(this.#ber.length, 0, false, budget);
    return { length, end: this.#position };
  }

  /** Converts the measured element, whose length in DER is given. */
  write(length: number): Uint8Array<ArrayBuffer> {
    this.#position = 0;
    this.#out = new Uint8Array(length);
    this.#write(this.#ber.length, false);
    return this.#out;
  }

  /** Of a segment of a string only the contents count. */
  #measure(limit: number, depth: number, isSegment: boolean, budget: FileBudget): number {
    const start = this.#position;
    if (depth > MAX_DER_DEPTH) throw bad(start, `nested deeper than ${MAX_DER_DEPTH}`);
    if (limit - start < 2) throw bad(start, "the header is truncated");
    budget.spendElement(start);
    const tag = this.#ber[start]!;
    if ((tag & 0x1f) === 0x1f) throw bad(start, "the tag has the multi-byte form");
    if (isSegment && (tag & ~CONSTRUCTED) !== TAG.octetString) {
      throw bad(start, "a piece is no OCTET STRING");
    }
    const end = this.#readLength(limit);
    let length = 0;
    if ((tag & CONSTRUCTED) === 0) {
      if (end === null) throw bad(start, "the length is indefinite");
      length = end - this.#position;
      this.#position = end;
    } else {
      const index = this.#lengths.push(0) - 1;
      while (!this.#isAtEnd(start, limit, end)) {
        length += this.#measure(end ?? limit, depth + 1, isString(tag), budget);
      }
      this.#lengths[index] = length;
    }
    return isSegment ? length : headerLength(length) + length;
  }

  #write(limit: number, isSegment: boolean): void {
    const start = this.#position;
    const tag = this.#ber[start]!;
    const end = this.#readLength(limit);
    if ((tag & CONSTRUCTED) === 0) {
      const content = this.#ber.subarray(this.#position, end!);
      if (!isSegment) this.#writeHeader(tag, content.length);
      this.#out.set(content, this.#written);
      this.#written += content.length;
      this.#position = end!;
      return;
    }
    const length = this.#lengths[this.#nextLength++]!;
    if (!isSegment) this.#writeHeader(isString(tag) ? TAG.octetString : tag, length);
    while (!this.#isAtEnd(start, limit, end)) this.#write(end ?? limit, isString(tag));
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
    const { content, end } = readLength(this.#ber, start, limit);
    this.#position = content;
    return end;
  }

  /** Returns whether the contents of an element end here, and skips what ends them. */
  #isAtEnd(start: number, limit: number, end: number | null): boolean {
    if (end !== null) return this.#position === end;
    if (this.#position >= limit) throw bad(start, "the contents do not end");
    if (this.#ber[this.#position] !== END_OF_CONTENTS) return false;
    if (this.#ber[this.#position + 1] !== 0) {
      throw bad(this.#position, "the end of the contents is malformed");
    }
    this.#position += 2;
    if (this.#position > limit) throw bad(start, "the contents do not end");
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
  ber: Uint8Array<ArrayBuffer>,
  start: number,
  limit: number,
): { content: number; end: number | null } {
  const first = ber[start + 1]!;
  if (first === 0x80) return { content: start + 2, end: null };
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (count > 4) throw bad(start, `the length has ${count} bytes`);
  const content = start + 2 + count;
  if (content > limit) throw bad(start, "the header is truncated");
  let length = count === 0 ? first : 0;
  for (let i = start + 2; i < content; i++) length = length * 256 + ber[i]!;
  if (length > limit - content) {
    throw bad(start, `${length} bytes announced, ${limit - content} present`);
  }
  return { content, end: content + length };
}

/**
 * Joins the segments of a constructed OCTET STRING.
 *
 * @param elements The OCTET STRINGs in DER.
 * @returns Their joined contents.
 * @throws {NssError} `SEC_ERROR_PKCS12_DECODING_PFX` if they are not OCTET STRINGs.
 */
export function joinOctetStrings(elements: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(elements.length);
  let length = 0;
  for (let position = 0; position < elements.length;) {
    if (elements[position] !== TAG.octetString) throw bad(position, "a piece is no OCTET STRING");
    const { content, end } = readLength(elements, position, elements.length);
    joined.set(elements.subarray(content, end!), length);
    length += end! - content;
    position = end!;
  }
  return joined.subarray(0, length);
}
