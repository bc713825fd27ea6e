// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ErrorName, NssError } from "../base/errors.ts";
import { asciiOf } from "../base/bytes.ts";
import { dottedOid } from "./dotted_oid.ts";
import { TAG } from "./tag.ts";

// Ring 0. Distinguished encoding rules (ITU-T X.690, Sections 8 to 11): each value has exactly one
// encoding. A reader that accepts others lets two parties see different certificates in the same
// bytes.

/**
 * The maximum number of bytes that {@linkcode DerReader} accepts. A TLS certificate message is
 * bounded by 2^24 bytes (RFC 8446, Section 4.4.2), and the largest CRLs on the public web have some
 * ten million.
 *
 * @category DER and PEM
 */
export const MAX_DER_SIZE = 1 << 26;

/**
 * The maximum nesting depth of readers. The deepest structure of RFC 5280 (a name in a general name
 * in a distribution point) has 14 levels; certificates in OCSP responses add 6. mozilla::pkix reads
 * no deeper structures either.
 */
export const MAX_DER_DEPTH = 32;

/** The maximum size in bytes of an object identifier. NSS prints no longer ones; none has 64. */
export const MAX_OID_SIZE = 128;

/**
 * One type-length-value triple.
 *
 * @category DER and PEM
 */
export interface DerElement {
  /** The identifier octet. */
  readonly tag: number;
  /** The whole element: tag, length and value. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The value. */
  readonly content: Uint8Array<ArrayBuffer>;
}

/**
 * The value of a BIT STRING.
 *
 * @category DER and PEM
 */
export interface BitString {
  /** The number of unused bits in the last byte, 0 to 7; they are zero. */
  readonly unusedBits: number;
  /** The bits, the first one in the highest bit of the first byte. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const PEM_HINT = "; this is PEM: parseCertificatesPem() reads certificates, decodePem() all else";
const hex = (byte: number) => `0x${byte.toString(16).padStart(2, "0")}`;

/**
 * A strict reader of DER.
 *
 * Every method takes the name of the field that it reads, so that an error says where the bytes are
 * wrong: `Cannot parse certificate: tbsCertificate.validity at byte 93: expected tag 0x30, found
 * 0x31`.
 *
 * @example Usage
 * ```ts
 * import { DerReader } from "@nss/nss/cert/der";
 * import { assertEquals } from "@std/assert";
 *
 * const reader = new DerReader(Uint8Array.of(0x30, 3, 2, 1, 5), "example");
 * const sequence = reader.sequence("numbers");
 * assertEquals(sequence.smallInteger("first"), 5);
 * sequence.finish();
 * reader.finish();
 * ```
 *
 * @category DER and PEM
 */
export class DerReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #end: number;
  readonly #what: string;
  readonly #error: ErrorName;
  readonly #parent: DerReader | null;
  readonly #name: string;
  readonly #base: number;
  readonly #depth: number;
  #position: number;

  /**
   * Creates a reader of a whole encoding.
   *
   * @param bytes The encoding; results are views of it.
   * @param what What the bytes are, for error messages, such as `certificate`.
   * @param error The name of the errors thrown, `SEC_ERROR_BAD_DER` by default.
   * @param base The offset that messages add to positions, if the bytes are part of a larger
   * encoding.
   * @param inner Set by {@linkcode DerReader.constructed}: the part of another reader to read.
   * @throws {NssError} If there are more than {@linkcode MAX_DER_SIZE} bytes, or readers are nested
   * too deep (`docs/limits.md`).
   */
  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    what: string,
    error: ErrorName = "SEC_ERROR_BAD_DER",
    base = 0,
    inner?: { parent: DerReader; name: string; start: number; end: number },
  ) {
    this.#bytes = bytes;
    this.#what = what;
    this.#error = error;
    this.#base = base;
    this.#parent = inner?.parent ?? null;
    this.#name = inner?.name ?? "";
    this.#position = inner?.start ?? 0;
    const { length } = bytes;
    this.#end = inner?.end ?? length;
    this.#depth = inner === undefined ? 0 : inner.parent.#depth + 1;
    if (length > MAX_DER_SIZE) this.fail("", `${length} bytes are more than ${MAX_DER_SIZE}`);
    if (this.#depth > MAX_DER_DEPTH) this.fail("", `nested deeper than ${MAX_DER_DEPTH}`);
  }

  /** The number of bytes that are left. */
  get remaining(): number {
    return this.#end - this.#position;
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.#position === this.#end;
  }

  /** The offset of the next byte, as in error messages. */
  get offset(): number {
    return this.#base + this.#position;
  }

  /** The tag of the next element, or -1 at the end. */
  get nextTag(): number {
    return this.#position < this.#end ? this.#bytes[this.#position]! : -1;
  }

  #path(name: string): string {
    const own = this.#name === "" || name === "" ? this.#name + name : `${this.#name}.${name}`;
    return this.#parent === null ? own : this.#parent.#path(own);
  }

  /**
   * Throws an error that names the field and the byte.
   *
   * @param name The name of the field inside this reader's element.
   * @param state What is wrong with it.
   * @param offset The offset of the byte at fault in this reader's bytes, by default the next one.
   * @throws {NssError} Always.
   */
  fail(name: string, state: string, offset: number = this.#position): never {
    const path = this.#path(name);
    const where = path === "" ? "" : `${path} `;
    throw new NssError(
      this.#error,
      `Cannot parse ${this.#what}: ${where}at byte ${this.#base + offset}: ${state}`,
    );
  }

  /** Reads a header, leaves the position at the content, and returns the end of the content. */
  #header(name: string): number {
    const bytes = this.#bytes;
    const start = this.#position;
    if (this.#end - start < 2) {
      this.fail(name, start === this.#end ? "missing" : "the header is truncated");
    }
    const tag = bytes[start]!;
    // X.509 has no tag number above 30, so none needs the multi-byte form (X.690, Section 8.1.2.4)
    if ((tag & 0x1f) === 0x1f) this.fail(name, `tag ${hex(tag)} has the multi-byte form`);
    let length = bytes[start + 1]!;
    let position = start + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      // X.690, Section 10.1: the definite form, in the fewest octets
      if (count === 0) this.fail(name, "the length is indefinite");
      if (count > 4) this.fail(name, `the length has ${count} bytes`);
      if (this.#end - position < count) this.fail(name, "the header is truncated");
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + bytes[position + i]!;
      if (length < 0x80 || length < 2 ** (8 * (count - 1))) {
        this.fail(name, "the length is not minimal");
      }
      position += count;
    }
    if (length > this.#end - position) {
      this.fail(name, `${length} bytes announced, ${this.#end - position} present`);
    }
    this.#position = position;
    return position + length;
  }

  #expect(tag: number, name: string): void {
    const found = this.#bytes[this.#position]!;
    if (this.#position >= this.#end || found === tag) return;
    const hint = found === 0x2d && this.offset === 0 ? PEM_HINT : "";
    this.fail(name, `expected tag ${hex(tag)}, found ${hex(found)}${hint}`);
  }

  /**
   * Reads an element of any tag, or of a given one.
   *
   * @param name The name of the field.
   * @param tag The required tag; any if absent.
   * @returns The element.
   * @throws {NssError} If there is no such element, or it is truncated.
   */
  element(name: string, tag?: number): DerElement {
    if (tag !== undefined) this.#expect(tag, name);
    const start = this.#position;
    const end = this.#header(name);
    const content = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return { tag: this.#bytes[start]!, der: this.#bytes.subarray(start, end), content };
  }

  /**
   * Reads the content of an element of a given tag.
   *
   * @param name The name of the field.
   * @param tag The required tag.
   * @returns The content, a view.
   * @throws {NssError} If there is no such element, or it is truncated.
   */
  content(name: string, tag: number): Uint8Array<ArrayBuffer> {
    this.#expect(tag, name);
    const end = this.#header(name);
    const content = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return content;
  }

  /**
   * Returns the bytes that are left, without parsing them.
   *
   * @returns The bytes, a view.
   */
  rest(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.subarray(this.#position, this.#end);
    this.#position = this.#end;
    return bytes;
  }

  /**
   * Enters a constructed element.
   *
   * @param name The name of the field.
   * @param tag The required tag.
   * @returns A reader of the content; this reader continues after the element.
   * @throws {NssError} If there is no such element, or it is truncated.
   */
  constructed(name: string, tag: number): DerReader {
    this.#expect(tag, name);
    const end = this.#header(name);
    const start = this.#position;
    this.#position = end;
    const inner = { parent: this, name, start, end };
    return new DerReader(this.#bytes, this.#what, this.#error, this.#base, inner);
  }

  /**
   * Enters a SEQUENCE.
   *
   * @param name The name of the field.
   * @returns A reader of the content.
   * @throws {NssError} If there is no such element, or it is truncated.
   */
  sequence(name: string): DerReader {
    return this.constructed(name, TAG.sequence);
  }

  /**
   * Reads an element of any tag without moving past it.
   *
   * @param name The name of the field.
   * @returns The element.
   * @throws {NssError} If there is no such element, or it is truncated.
   */
  peek(name: string): DerElement {
    const start = this.#position;
    const element = this.element(name);
    this.#position = start;
    return element;
  }

  /**
   * Reads a BOOLEAN.
   *
   * @param name The name of the field.
   * @returns Its value.
   * @throws {NssError} If the content is not one byte 0x00 or 0xff (X.690, Section 11.1).
   */
  boolean(name: string): boolean {
    const start = this.#position;
    const content = this.content(name, TAG.boolean);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) {
      this.fail(name, "not a BOOLEAN of DER", start);
    }
    return content[0] === 0xff;
  }

  /**
   * Reads an INTEGER of any size.
   *
   * @param name The name of the field.
   * @param tag The tag, if it is implicit.
   * @returns The two's complement, in the fewest bytes, a view.
   * @throws {NssError} If it is empty or not minimal (X.690, Section 8.3.2).
   */
  integer(name: string, tag: number = TAG.integer): Uint8Array<ArrayBuffer> {
    const start = this.#position;
    const content = this.content(name, tag);
    if (content.length === 0) this.fail(name, "the INTEGER is empty", start);
    // A first byte that only repeats the sign of the second
    if (content.length > 1 && content[0] === (content[1]! < 0x80 ? 0 : 0xff)) {
      this.fail(name, "the INTEGER is not minimal", start);
    }
    return content;
  }

  /**
   * Reads a non-negative INTEGER of any size without its sign byte.
   *
   * @param name The name of the field.
   * @returns The magnitude, in the fewest bytes; zero is one zero byte.
   * @throws {NssError} If it is negative.
   */
  unsignedInteger(name: string): Uint8Array<ArrayBuffer> {
    const start = this.#position;
    const content = this.integer(name);
    if ((content[0]! & 0x80) !== 0) this.fail(name, "the INTEGER is negative", start);
    return content.length > 1 && content[0] === 0 ? content.subarray(1) : content;
  }

  /**
   * Reads a non-negative INTEGER below 2^31.
   *
   * @param name The name of the field.
   * @param tag The tag, if it is implicit or ENUMERATED.
   * @returns Its value.
   * @throws {NssError} If it is negative or larger.
   */
  smallInteger(name: string, tag: number = TAG.integer): number {
    const start = this.#position;
    const content = this.integer(name, tag);
    if ((content[0]! & 0x80) !== 0) this.fail(name, "the INTEGER is negative", start);
    if (content.length > 4) this.fail(name, "the INTEGER is 2^31 or more", start);
    return content.reduce((value, byte) => value * 256 + byte, 0);
  }

  /**
   * Reads an OBJECT IDENTIFIER.
   *
   * @param name The name of the field.
   * @param tag The tag, if it is implicit.
   * @returns The identifier in dotted form.
   * @throws {NssError} If it is empty, truncated, not minimal or too long (`docs/limits.md`).
   */
  oid(name: string, tag: number = TAG.oid): string {
    const start = this.#position;
    const content = this.content(name, tag);
    if (content.length === 0) this.fail(name, "the OBJECT IDENTIFIER is empty", start);
    if (content.length > MAX_OID_SIZE) {
      this.fail(name, `the OBJECT IDENTIFIER has more than ${MAX_OID_SIZE} bytes`, start);
    }
    if ((content[content.length - 1]! & 0x80) !== 0) {
      this.fail(name, "the OBJECT IDENTIFIER is truncated", start);
    }
    const dotted = dottedOid(content);
    if (dotted === null) this.fail(name, "the OBJECT IDENTIFIER is not minimal", start);
    return dotted;
  }

  /**
   * Reads an OCTET STRING.
   *
   * @param name The name of the field.
   * @param tag The tag, if it is implicit.
   * @returns Its bytes, a view.
   * @throws {NssError} If there is no such element, or it is truncated.
   */
  octetString(name: string, tag: number = TAG.octetString): Uint8Array<ArrayBuffer> {
    return this.content(name, tag);
  }

  /**
   * Enters an OCTET STRING that holds DER.
   *
   * @param name The name of the field.
   * @returns A reader of the content.
   * @throws {NssError} If there is no such element, or it is truncated.
   */
  octetStringReader(name: string): DerReader {
    return this.constructed(name, TAG.octetString);
  }

  /**
   * Reads a BIT STRING.
   *
   * @param name The name of the field.
   * @param tag The tag, if it is implicit.
   * @returns Its bits.
   * @throws {NssError} If an unused bit is set (X.690, Section 11.2.1).
   */
  bitString(name: string, tag: number = TAG.bitString): BitString {
    const start = this.#position;
    const content = this.content(name, tag);
    const unusedBits = content[0];
    if (unusedBits === undefined) this.fail(name, "the BIT STRING is empty", start);
    const last = content.length > 1 ? content[content.length - 1]! : 0;
    if (
      unusedBits > 7 || (content.length === 1 && unusedBits !== 0) ||
      (last & ((1 << unusedBits) - 1)) !== 0
    ) {
      this.fail(name, "the BIT STRING's unused bits are not of DER", start);
    }
    return { unusedBits, bytes: content.subarray(1) };
  }

  /**
   * Reads a BIT STRING of whole bytes, as keys and signatures are.
   *
   * @param name The name of the field.
   * @returns Its bytes, a view.
   * @throws {NssError} If the last byte has unused bits.
   */
  bitStringBytes(name: string): Uint8Array<ArrayBuffer> {
    const start = this.#position;
    const { unusedBits, bytes } = this.bitString(name);
    if (unusedBits !== 0) this.fail(name, "the BIT STRING has no whole bytes", start);
    return bytes;
  }

  /**
   * Reads a BIT STRING of named bits.
   *
   * DER forbids trailing zero bits (X.690, Section 11.2.2), but two roots of Mozilla's store have
   * them ("Trustwave Global ECC"), so they are accepted, as in every other implementation. They do
   * not change the meaning.
   *
   * @param name The name of the field.
   * @param tag The tag, if it is implicit.
   * @returns The numbers of the bits that are set.
   * @throws {NssError} If there are more than 32 bits.
   */
  namedBits(name: string, tag: number = TAG.bitString): ReadonlySet<number> {
    const start = this.#position;
    const { bytes } = this.bitString(name, tag);
    if (bytes.length > 4) this.fail(name, "the BIT STRING has more than 32 named bits", start);
    const set = new Set<number>();
    bytes.forEach((byte, i) => {
      for (let bit = 0; bit < 8; bit++) if ((byte & (0x80 >> bit)) !== 0) set.add(8 * i + bit);
    });
    return set;
  }

  /**
   * Reads a NULL.
   *
   * @param name The name of the field.
   * @throws {NssError} If it is not empty.
   */
  null(name: string): void {
    const start = this.#position;
    if (this.content(name, TAG.null).length !== 0) this.fail(name, "the NULL is not empty", start);
  }

  /**
   * Reads an IA5String, which is ASCII.
   *
   * @param name The name of the field.
   * @param tag The tag, if it is implicit.
   * @returns The text.
   * @throws {NssError} If a byte is 0x80 or more.
   */
  ia5String(name: string, tag: number = TAG.ia5String): string {
    const start = this.#position;
    const content = this.content(name, tag);
    const text = asciiOf(content);
    if (text === null) this.fail(name, "the IA5String is not ASCII", start);
    return text;
  }

  /**
   * Checks that no bytes are left.
   *
   * @throws {NssError} If there are.
   */
  finish(): void {
    if (!this.done) this.fail("", `${this.remaining} bytes after the last field`);
  }
}
