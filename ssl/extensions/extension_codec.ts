// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";

/** The codec of the body of an extension in one or more kinds of message. */
export interface ExtensionCodec<T> {
  /** The `ExtensionType`. */
  readonly type: number;
  /** The name of the extension in the RFC. */
  readonly name: string;
  /**
   * Parses the body.
   *
   * @param reader A reader of the body; the caller checks that no bytes are left.
   * @returns The value.
   * @throws {DecodeError} If the body is malformed.
   * @throws {SslError} If the body has a forbidden value.
   */
  parse(reader: Reader): T;
  /**
   * Writes the body.
   *
   * @param writer The writer.
   * @param value The value.
   * @throws {RangeError} If the value is out of range.
   */
  encode(writer: Writer, value: T): void;
}

/**
 * Returns the codec of an extension with an empty body.
 *
 * @param type The `ExtensionType`.
 * @param name The name in the RFC.
 * @returns A codec whose only value is `true`.
 */
export function emptyCodec(type: number, name: string): ExtensionCodec<true> {
  return { type, name, parse: () => true, encode: () => {} };
}

/**
 * Returns the codec of an extension that is a vector of `uint16`.
 *
 * @param type The `ExtensionType`.
 * @param name The name in the RFC.
 * @param max The maximum length of the vector in bytes.
 * @returns The codec; the vector has at least one element.
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
