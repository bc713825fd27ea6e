// Copyright 2026 the NSS for Deno authors. MIT license.

/** What bytes of TLS say, as a tree that can be printed, drawn, or written as JSON. @module */

import { stateOf } from "../../cert/base/printable.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import { DecodeError } from "../../ssl/wire/decode_error.ts";
import { Reader } from "../../ssl/wire/reader.ts";
import { count, safe } from "../base/text.ts";

/**
 * What is special about a field:
 *
 * - `grease`: it stands for nothing, and is there so that peers learn to ignore what they do not
 *   know (RFC 8701)
 * - `unknown`: no registry that this program has names it
 * - `weak`: it is known to be insecure
 * - `malformed`: it cannot be decoded, or must not be here; its value says why
 */
export type Mark = "grease" | "unknown" | "weak" | "malformed";

/** A part of a message: what it is called, what it says, what it is for, where it stands. */
export interface Field {
  /** Its name in the RFC, as `cipher_suites`; that of an item of a list is in the singular. */
  readonly name: string;
  /** What it says, on one line, escaped for terminals and bounded; may be empty. */
  readonly value: string;
  /** What it is for, as a phrase without a full stop; empty where the name says it. */
  readonly text: string;
  /** What is special about it. */
  readonly mark: Mark | null;
  /** The offset of its first byte in the message, whose header counts. */
  readonly start: number;
  /** The offset behind its last byte. */
  readonly end: number;
  /** Its parts, in the order on the wire. */
  readonly fields: readonly Field[];
  /** Whether its value names all of its parts, so that a short view can leave these out. */
  readonly isList: boolean;
}

/** What a field says, besides its name and its place. */
export interface Content {
  /** What it is called, if that depends on what was read. */
  readonly name?: string;
  /** The value; see {@linkcode Field.value}. */
  readonly value: string;
  /** What it is for, if that depends on the value. */
  readonly text?: string;
  /** What is special about it. */
  readonly mark?: Mark | null;
  /** Its parts. */
  readonly fields?: readonly Field[];
  /** Whether the value names all parts. */
  readonly isList?: boolean;
}

const DEFAULTS = { text: "", mark: null, fields: [], isList: false } as const;

/** The most parts of a list that are shown: a peer may send 32,767 cipher suites. */
export const MAX_LISTED = 100;

/** The most bytes that are shown as digits. */
export const MAX_HEX = 32;

/** Shows bytes as digits, shortened. */
export function hex(bytes: Uint8Array, max: number = MAX_HEX): string {
  if (bytes.length === 0) return "empty";
  const digits = toHex(bytes.subarray(0, max));
  return bytes.length <= max ? digits : `${digits}... (${bytes.length} bytes)`;
}

/** Shows a number of two bytes. */
export function hex16(value: number): string {
  return `0x${value.toString(16).padStart(4, "0")}`;
}

/** Shows how many bytes something has, and the first of them. */
export function lengthAndHex(bytes: Uint8Array, max = 8): string {
  if (bytes.length === 0) return "empty";
  return `${count(bytes.length, "byte")}: ${toHex(bytes.subarray(0, max))}${
    bytes.length > max ? "..." : ""
  }`;
}

/**
 * Reads the fields of a message in their order. What cannot be decoded becomes a field that says so
 * with its place, and nothing behind it is read: no error of the peer's bytes leaves it.
 */
export class FieldReader {
  readonly #reader: Reader;
  readonly #end: number;
  readonly #message: Uint8Array;
  readonly #fields: Field[] = [];
  #isBroken = false;

  /**
   * Begins to read.
   *
   * @param bytes What is read: the message, or a subarray of it.
   * @param message The message, in which places are counted.
   */
  constructor(bytes: Uint8Array<ArrayBuffer>, message: Uint8Array = bytes) {
    this.#reader = new Reader(bytes);
    this.#message = message;
    this.#end = bytes.byteOffset - message.byteOffset + bytes.length;
  }

  /** How many bytes are not read yet; none where they cannot be. */
  get remaining(): number {
    return this.#isBroken ? 0 : this.#reader.remaining;
  }

  /** Whether something could not be decoded. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /**
   * Reads a field.
   *
   * @param name The name of the field.
   * @param text What it is for.
   * @param read Reads its bytes, and says what they say.
   */
  add(name: string, text: string, read: (reader: Reader) => string | Content): void {
    if (this.#isBroken) return;
    const start = this.#place;
    let content;
    try {
      content = read(this.#reader);
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof NssError)) throw error;
      return this.#break(name, start, safe(stateOf(error)));
    }
    const all = typeof content === "string" ? { value: content } : content;
    this.#fields.push({ ...DEFAULTS, name, text, ...all, start, end: this.#place });
  }

  /**
   * Reads parts of one kind until no bytes are left; only the first {@linkcode MAX_LISTED} are
   * shown.
   *
   * @param each Reads a part by {@linkcode FieldReader.add}; it must take at least a byte.
   */
  each(each: (fields: FieldReader) => void): void {
    while (this.remaining > 0 && this.#fields.length < MAX_LISTED) each(this);
    if (this.remaining > 0) {
      this.add("...", "", (reader) => `${count(reader.rest().length, "byte")} more of the list`);
    }
  }

  /** A reader of the fields in some bytes, which a field of this one has read. */
  within(bytes: Uint8Array<ArrayBuffer>): FieldReader {
    return new FieldReader(bytes, this.#message);
  }

  /** Makes fields of what lies within some bytes, whose own places are not known. */
  parts(
    bytes: Uint8Array,
    rows: readonly (readonly [name: string, value: string])[],
  ): readonly Field[] {
    const start = bytes.byteOffset - this.#message.byteOffset;
    const end = start + bytes.length;
    return rows.map(([name, value]) => ({ ...DEFAULTS, name, value, start, end }));
  }

  /** Returns the fields; bytes that are left are malformed. */
  finish(): Field[] {
    if (this.remaining > 0) {
      this.#break("...", this.#place, `${count(this.remaining, "byte")} too many`);
    }
    return this.#fields;
  }

  get #place(): number {
    return this.#end - this.#reader.remaining;
  }

  #break(name: string, start: number, why: string): void {
    this.#isBroken = true;
    const bytes = this.#message.subarray(start, this.#end);
    const value = `malformed at byte ${start}: ${why}${
      bytes.length === 0 ? "" : `; the bytes are ${hex(bytes, 16)}`
    }`;
    this.#fields.push({ ...DEFAULTS, name, value, mark: "malformed", start, end: this.#end });
  }
}

/** Makes the field of a whole message, or of what is none. */
export function wholeField(
  bytes: Uint8Array,
  content: Content & { readonly name: string },
): Field {
  return { ...DEFAULTS, ...content, start: 0, end: bytes.length };
}

/** Whether a field or one of its parts cannot be decoded. */
export function isMalformed({ mark, fields }: Field): boolean {
  return mark === "malformed" || fields.some(isMalformed);
}
