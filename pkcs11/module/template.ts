// Copyright 2026 the NSS for Deno authors. MIT license.

import { addressOf, alloc } from "./memory.ts";

/** The value of an attribute: a CK_ULONG, a CK_BBOOL, text or bytes. */
export type AttributeValue = number | boolean | string | Uint8Array;

/** The size of CK_ATTRIBUTE and CK_MECHANISM in bytes: a type, a pointer and a length. */
export const ATTRIBUTE_SIZE = 24;

/** CK_UNAVAILABLE_INFORMATION: the length of an attribute without a readable value. */
export const UNAVAILABLE = 0xffffffffffffffffn;

/**
 * Encodes a CK_ULONG.
 *
 * @param value The number.
 * @returns The bytes.
 */
export function ulong(value: number): Uint8Array<ArrayBuffer> {
  const bytes = alloc(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

/**
 * Decodes a CK_ULONG.
 *
 * @param bytes The bytes.
 * @returns The number; `null` if there are not 8 bytes.
 */
export function readUlong(bytes: Uint8Array | undefined): number | null {
  if (bytes?.length !== 8) return null;
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
}

function encode(value: AttributeValue): Uint8Array {
  if (typeof value === "number") return ulong(value);
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}

/** An array of CK_ATTRIBUTE, followed by the values in the same memory. */
export class Template {
  /** The memory, which begins with the array. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of attributes. */
  readonly count: number;
  readonly #view: DataView;

  private constructor(rows: readonly (readonly [type: number, size: number])[]) {
    const head = ATTRIBUTE_SIZE * rows.length;
    // Values are aligned for the largest type, CK_ULONG
    const size = rows.reduce((sum, [, size]) => sum + align(size), head);
    this.bytes = alloc(size);
    this.count = rows.length;
    this.#view = new DataView(this.bytes.buffer);
    const address = addressOf(this.bytes);
    let offset = head;
    rows.forEach(([type, size], i) => {
      this.#view.setBigUint64(ATTRIBUTE_SIZE * i, BigInt(type), true);
      this.#view.setBigUint64(
        ATTRIBUTE_SIZE * i + 8,
        size === 0 ? 0n : address + BigInt(offset),
        true,
      );
      this.#view.setBigUint64(ATTRIBUTE_SIZE * i + 16, BigInt(size), true);
      offset += align(size);
    });
  }

  /**
   * Creates a template with values.
   *
   * @param attributes The types and values.
   * @returns The template.
   */
  static of(attributes: readonly (readonly [type: number, value: AttributeValue])[]): Template {
    const rows = attributes.map(([type, value]) => [type, encode(value)] as const);
    const template = new Template(rows.map(([type, value]) => [type, value.length]));
    let offset = ATTRIBUTE_SIZE * rows.length;
    for (const [, value] of rows) {
      template.bytes.set(value, offset);
      offset += align(value.length);
    }
    return template;
  }

  /**
   * Creates a template for values to be read.
   *
   * @param rows The types, and the maximum lengths of the values in bytes; 0 asks for the length.
   * @returns The template.
   */
  static room(rows: readonly (readonly [type: number, size: number])[]): Template {
    return new Template(rows);
  }

  /**
   * Returns the length of a value.
   *
   * @param i The index of the attribute.
   * @returns The length in bytes; `null` if the value is not readable.
   */
  lengthOf(i: number): number | null {
    const length = this.#view.getBigUint64(ATTRIBUTE_SIZE * i + 16, true);
    return length === UNAVAILABLE ? null : Number(length);
  }

  /**
   * Returns a value.
   *
   * @param i The index of the attribute.
   * @param offset The offset of the value.
   * @returns A copy.
   */
  valueOf(i: number, offset: number): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(offset, offset + (this.lengthOf(i) ?? 0));
  }
}

/**
 * Rounds up to the alignment of values.
 *
 * @param size The length.
 * @returns The next multiple of 8.
 */
export function align(size: number): number {
  return (size + 7) & ~7;
}

/**
 * Encodes a CK_MECHANISM, followed by its parameter.
 *
 * @param type The mechanism.
 * @param parameter Its parameter, if it has one.
 * @returns The memory.
 */
export function mechanism(
  type: number,
  parameter: Uint8Array = new Uint8Array(0),
): Uint8Array<ArrayBuffer> {
  return Template.of([[type, parameter]]).bytes;
}
