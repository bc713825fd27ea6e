// Copyright 2026 the NSS for Deno authors. MIT license.

/** Hexadecimal digits. @module */

import { toBytes } from "./_bytes.ts";

const DIGITS = "0123456789abcdef";

/** Encodes bytes as lower-case hexadecimal digits. */
export function encodeHex(src: string | Uint8Array | ArrayBuffer): string {
  let text = "";
  for (const byte of toBytes(src)) text += DIGITS[byte >> 4]! + DIGITS[byte & 15]!;
  return text;
}

/** Decodes hexadecimal digits of either case. */
export function decodeHex(src: string): Uint8Array<ArrayBuffer> {
  if (src.length % 2 === 1) {
    throw new RangeError(
      `Cannot decode input as hex: Length (${src.length}) must be divisible by 2`,
    );
  }
  if (/[^0-9a-f]/i.test(src)) {
    throw new TypeError("Cannot decode input as hex: Invalid character");
  }
  return Uint8Array.from({ length: src.length / 2 }, (_, i) => parseInt(src.substr(2 * i, 2), 16));
}
