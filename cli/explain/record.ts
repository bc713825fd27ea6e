// Copyright 2026 the NSS for Deno authors. MIT license.

/** Explains records: their headers, and what has no message. @module */

import type { SealedRecord } from "../../ssl/record/deframer.ts";
import { RECORD_HEADER_LENGTH } from "../../ssl/record/header.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { count, safe } from "../base/text.ts";
import { type Field, FieldReader, wholeField } from "./field.ts";
import { nameOfNumber } from "./lists.ts";
import { contentOf, namedVersion } from "./names.ts";
import { describeBytes, recognize } from "./not_tls.ts";

const CONTENT_TYPES: Readonly<Record<number, string>> = {
  [ContentType.changeCipherSpec]: "change_cipher_spec",
  [ContentType.alert]: "alert",
  [ContentType.handshake]: "handshake",
  [ContentType.applicationData]: "application_data",
};

/** The name of a content type, or its number. */
export function contentTypeName(type: number): string {
  return CONTENT_TYPES[type] ?? `${type}`;
}

/** Explains the header of a record (RFC 8446, Section 5.1). */
export function explainRecord({ type, version, header, fragment }: SealedRecord): Field {
  const fields = new FieldReader(header);
  fields.add("type", "", (reader) => nameOfNumber(reader.u8(), CONTENT_TYPES));
  fields.add(
    "legacy_record_version",
    "since TLS 1.3 without meaning: TLS 1.0 in the first record, for old servers, else TLS 1.2",
    (reader) => ({ ...contentOf(namedVersion(reader.u16())), mark: null, text: "" }),
  );
  fields.add("length", "", (reader) => count(reader.u16(), "byte"));
  const name = contentTypeName(type);
  return {
    ...wholeField(header, {
      name: "record",
      value: `${name}, ${namedVersion(version).name}, ${count(fragment.length, "byte")}`,
      fields: fields.finish(),
    }),
    end: RECORD_HEADER_LENGTH + fragment.length,
  };
}

/** The longest line of plain text that is shown, and how many lines. */
const MAX_LINE = 200;
const MAX_LINES = 20;

/** Explains plain text: that before TLS, or of a peer that does not speak TLS. */
export function explainText(bytes: Uint8Array<ArrayBuffer>): Field {
  // The lines that are shown are in the first bytes; the rest is counted
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, MAX_LINE * MAX_LINES));
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const protocol = recognize(bytes);
  const [first = ""] = lines;
  const shown = lines.slice(0, MAX_LINES).map((line) => ({
    ...wholeField(bytes, { name: "line", value: `"${safe(line, MAX_LINE)}"` }),
  }));
  return wholeField(bytes, {
    name: protocol === null ? "plain text" : `plain text of ${protocol.name}`,
    value: lines.length === 1 ? `"${safe(first, MAX_LINE)}"` : count(lines.length, "line"),
    fields: lines.length === 1 ? [] : shown,
  });
}

/** Explains bytes behind the beginning of TLS that are no record. */
export function explainBytes(bytes: Uint8Array<ArrayBuffer>, why: string): Field {
  return wholeField(bytes, {
    name: "no record",
    value: `${why}; ${describeBytes(bytes)}`,
    mark: "malformed",
  });
}
