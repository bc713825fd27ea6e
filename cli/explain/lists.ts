// Copyright 2026 the NSS for Deno authors. MIT license.

/** Lists of one kind of thing, as a message has them. @module */

import type { Reader } from "../../ssl/wire/reader.ts";
import type { Content, FieldReader } from "./field.ts";

/**
 * Reads a list to its end.
 *
 * @param fields The reader of the list, without its length.
 * @param item What an item is called.
 * @param read Reads an item.
 * @returns The items, and a value that names all that are listed.
 */
export function listOf(
  fields: FieldReader,
  item: string,
  read: (reader: Reader) => string | Content,
): Content {
  fields.each(() => fields.add(item, "", read));
  const items = fields.finish();
  return {
    value: items.length === 0 ? "none" : items.map(({ value }) => value).join(", "),
    fields: items,
    isList: true,
  };
}

/** Names a number by its place in a table. */
export function nameOfNumber(value: number, names: Readonly<Record<number, string>>): Content {
  const name = names[value];
  return name === undefined ? { value: `${value}`, mark: "unknown" } : { value: name };
}

/** `CertificateCompressionAlgorithm` (RFC 8879, Section 7.3). */
export const COMPRESSIONS: Readonly<Record<number, string>> = { 1: "zlib", 2: "brotli", 3: "zstd" };
