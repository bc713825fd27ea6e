// Copyright 2026 the NSS for Deno authors. MIT license.

/** Hexadecimal digits. @module */

import { toBytes } from "./_bytes.ts";

/** Encodes bytes as lower-case hexadecimal digits. */
export function encodeHex(src: string | Uint8Array | ArrayBuffer): string {
  return toBytes(src).toHex();
}

/** Decodes hexadecimal digits of either case. */
export function decodeHex(src: string): Uint8Array<ArrayBuffer> {
  if (src.length % 2 === 1) {
    throw new RangeError(
      `Cannot decode input as hex: Length (${src.length}) must be divisible by 2`,
    );
  }
  try {
    return Uint8Array.fromHex(src);
  } catch (cause) {
    throw new TypeError("Cannot decode input as hex: Invalid character", { cause });
  }
}
