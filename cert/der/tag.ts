// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../base/errors.ts";

/**
 * The tags (identifier octets) of ASN.1's universal types that X.509 uses.
 *
 * @category DER and PEM
 */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Higher numbers need more bytes (X.690, Section 8.1.2.4), which no structure here has. */
const MAX_TAG_NUMBER = 30;

/**
 * Returns the tag of a primitive context-specific type, such as `[0] IMPLICIT OCTET STRING`.
 *
 * @param number The number in brackets, at most 30.
 * @returns The identifier octet.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` for another number.
 *
 * @example Usage
 * ```ts
 * import { contextTag, DerReader } from "@nss/nss/cert/der";
 * import { assertEquals } from "@std/assert";
 *
 * const reader = new DerReader(Uint8Array.of(0x81, 1, 7), "example"); // [1] IMPLICIT INTEGER
 * assertEquals(reader.smallInteger("number", contextTag(1)), 7);
 * ```
 *
 * @category DER and PEM
 */
export function contextTag(number: number): number {
  return 0x80 | checked(number);
}

/**
 * Returns the tag of a constructed context-specific type, such as `[0] EXPLICIT`.
 *
 * @param number The number in brackets, at most 30.
 * @returns The identifier octet.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` for another number.
 *
 * @example Usage
 * ```ts
 * import { constructedTag, DerReader } from "@nss/nss/cert/der";
 * import { assertEquals } from "@std/assert";
 *
 * const reader = new DerReader(Uint8Array.of(0xa1, 3, 2, 1, 7), "example"); // [1] EXPLICIT INTEGER
 * assertEquals(reader.constructed("outer", constructedTag(1)).smallInteger("number"), 7);
 * ```
 *
 * @category DER and PEM
 */
export function constructedTag(number: number): number {
  return 0xa0 | checked(number);
}

function checked(number: number): number {
  if (Number.isInteger(number) && number >= 0 && number <= MAX_TAG_NUMBER) return number;
  throw new NssError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot make tag: the number is not a whole number from 0 to ${MAX_TAG_NUMBER}`,
  );
}
