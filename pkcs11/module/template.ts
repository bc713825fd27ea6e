// Copyright 2026 the NSS for Deno authors. MIT license.

import { addressOf, alloc } from "./memory.ts";

/** What an attribute is set to: a CK_ULONG, a CK_BBOOL, text or bytes. */
export type AttributeValue = number | boolean | string | Uint8Array;

/** The size of CK_ATTRIBUTE and of CK_MECHANISM: a type, a pointer and a length. */
export const ATTRIBUTE_SIZE = 24;

/** CK_UNAVAILABLE_INFORMATION: the length of an attribute that the token does not give. */
export const UNAVAILABLE = 0xffffffffffffffffn;

/**
 * Writes a CK_ULONG.
 *
 * @param value The number.
 * @returns Its bytes.
 */
export function ulong(value: number): Uint8Array<ArrayBuffer> {
  const bytes = alloc(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

/**
 * Reads a CK_ULONG.
 *
 * @param bytes Its bytes.
 * @returns The number; `null` if it is none.
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

/** An array of CK_ATTRIBUTE, with the values behind it in the same piece of memory. */
export class Template {
  /** The memory, which begins with the array. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many attributes there are. */
  readonly count: number;
  readonly #view: DataView;

  private constructor(rows: readonly (readonly [type: number, size: number])[]) {
    const head = ATTRIBUTE_SIZE * rows.length;
    // Values are aligned as the largest of them may be
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
   * Writes attributes.
   *
   * @param attributes Types and values.
   * @returns The array.
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
   * Makes room for values.
   *
   * @param rows Types, and how long their values may be; 0 asks for the length.
   * @returns The array.
   */
  static room(rows: readonly (readonly [type: number, size: number])[]): Template {
    return new Template(rows);
  }

  /**
   * Tells how long a value is.
   *
   * @param i Which attribute.
   * @returns Its length; `null` if the token does not give it.
   */
  lengthOf(i: number): number | null {
    const length = this.#view.getBigUint64(ATTRIBUTE_SIZE * i + 16, true);
    return length === UNAVAILABLE ? null : Number(length);
  }

  /**
   * Gives a value.
   *
   * @param i Which attribute.
   * @param offset Where its room begins.
   * @returns A copy.
   */
  valueOf(i: number, offset: number): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(offset, offset + (this.lengthOf(i) ?? 0));
  }
}

/**
 * Rounds up to where the next value may begin.
 *
 * @param size A length.
 * @returns A multiple of 8.
 */
export function align(size: number): number {
  return (size + 7) & ~7;
}

/**
 * Writes a CK_MECHANISM, with its parameter behind it.
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
