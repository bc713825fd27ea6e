// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";

/** How the body of one extension is read and written in one kind of message, or in several. */
export interface ExtensionCodec<T> {
  /** The `ExtensionType`. */
  readonly type: number;
  /** The RFC's name of the extension. */
  readonly name: string;
  /**
   * Reads the body.
   *
   * @param reader A reader of the body alone; who calls checks that nothing is left.
   * @returns What the body says.
   * @throws {DecodeError} If the body does not parse.
   * @throws {SslError} If it parses and says what it must not.
   */
  parse(reader: Reader): T;
  /**
   * Writes the body.
   *
   * @param writer Where to write it.
   * @param value What the body says.
   * @throws {RangeError} If the value does not fit.
   */
  encode(writer: Writer, value: T): void;
}

/**
 * Makes the codec of an extension whose presence is all it says.
 *
 * @param type The `ExtensionType`.
 * @param name The RFC's name.
 * @returns A codec whose only value is `true`.
 */
export function emptyCodec(type: number, name: string): ExtensionCodec<true> {
  return { type, name, parse: () => true, encode: () => {} };
}

/**
 * Makes the codec of an extension that is a vector of numbers of two bytes.
 *
 * @param type The `ExtensionType`.
 * @param name The RFC's name.
 * @param max The longest vector in bytes.
 * @returns The codec; the vector holds at least one number.
 */
export function u16ListCodec(
  type: number,
  name: string,
  max: number,
): ExtensionCodec<readonly number[]> {
  return {
    type,
    name,
    parse: (reader) => reader.reader16(2, max).list((r) => r.u16()),
    encode: (writer, values) => {
      writer.vector16((w) => values.forEach((value) => w.u16(value)), 2, max);
    },
  };
}
