// Copyright 2026 the NSS for Deno authors. MIT license.

import { MAX_DER_DEPTH, MAX_DER_SIZE } from "../../cert/der/der_reader.ts";
import { TAG } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";

const CONSTRUCTED = 0x20;
const END_OF_CONTENTS = 0;

/**
 * Converts BER to definite lengths and primitive strings, as in DER. PKCS#12 files are BER: NSS and
 * Windows write indefinite lengths (ITU-T X.690, Section 8.1.3.6).
 *
 * @param ber The encoding.
 * @returns The same values; an implicitly tagged OCTET STRING stays constructed.
 * @throws {NssError} `SEC_ERROR_PKCS12_DECODING_PFX` if it is malformed.
 */
export function berToDer(ber: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (ber.length > MAX_DER_SIZE) throw bad(0, `${ber.length} bytes are more than ${MAX_DER_SIZE}`);
  const writer = new DerWriter();
  const end = rewrite(ber, 0, ber.length, writer, 0);
  if (end !== ber.length) throw bad(end, "bytes after the last field");
  return writer.finish();
}

function bad(offset: number, state: string): NssError {
  return new NssError(
    "SEC_ERROR_PKCS12_DECODING_PFX",
    `Cannot parse PKCS#12: at byte ${offset}: ${state}`,
  );
}

/** Converts one element and returns the offset of its end. */
function rewrite(
  ber: Uint8Array<ArrayBuffer>,
  start: number,
  limit: number,
  writer: DerWriter,
  depth: number,
): number {
  if (depth > MAX_DER_DEPTH) throw bad(start, `nested deeper than ${MAX_DER_DEPTH}`);
  if (limit - start < 2) throw bad(start, "the header is truncated");
  const tag = ber[start]!;
  if ((tag & 0x1f) === 0x1f) throw bad(start, "the tag has the multi-byte form");
  const isConstructed = (tag & CONSTRUCTED) !== 0;
  const { content, end } = readLength(ber, start, limit);
  if (!isConstructed) {
    if (end === null) throw bad(start, "the length is indefinite");
    writer.primitive(tag, ber.subarray(content, end));
    return end;
  }
  const inner = new DerWriter();
  let position = content;
  for (;;) {
    if (end === null) {
      if (position >= limit) throw bad(start, "the contents do not end");
      if (ber[position] === END_OF_CONTENTS) {
        if (ber[position + 1] !== 0) throw bad(position, "the end of the contents is malformed");
        position += 2;
        break;
      }
    } else if (position === end) break;
    position = rewrite(ber, position, end ?? limit, inner, depth + 1);
  }
  if (position > limit) throw bad(start, "the contents do not end");
  const elements = inner.finish();
  if (tag === (TAG.octetString | CONSTRUCTED)) {
    const joined = joinOctetStrings(elements, start);
    writer.octetString(joined);
    joined.fill(0);
  } else writer.constructed(tag, (w) => w.raw(elements));
  elements.fill(0); // a private key may be among them
  return position;
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
 * @param offset Their offset in the file, for error messages.
 * @returns Their joined contents.
 * @throws {NssError} `SEC_ERROR_PKCS12_DECODING_PFX` if they are not OCTET STRINGs.
 */
export function joinOctetStrings(
  elements: Uint8Array<ArrayBuffer>,
  offset = 0,
): Uint8Array<ArrayBuffer> {
  const joined = new DerWriter();
  for (let position = 0; position < elements.length;) {
    if (elements[position] !== TAG.octetString) throw bad(offset, "a piece is no OCTET STRING");
    const { content, end } = readLength(elements, position, elements.length);
    joined.raw(elements.subarray(content, end!));
    position = end!;
  }
  return joined.finish();
}
