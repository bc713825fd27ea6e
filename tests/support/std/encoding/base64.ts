// Copyright 2026 the NSS for Deno authors. MIT license.

/** Base64 with the standard alphabet. @module */

import { toBytes } from "./_bytes.ts";

/** So many bytes become characters at once; a call takes no more than some 100,000 arguments. */
const SLICE = 0x6000;

/** Encodes bytes as padded base64. */
export function encodeBase64(data: ArrayBuffer | Uint8Array | string): string {
  const bytes = toBytes(data);
  let text = "";
  for (let at = 0; at < bytes.length; at += SLICE) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + SLICE)));
  }
  return text;
}

/** Decodes base64, padded or not, without white space. */
export function decodeBase64(b64: string): Uint8Array<ArrayBuffer> {
  return decode(b64, "base64");
}

/**
 * Decodes either alphabet as the real package does: no white space, padding and trailing bits
 * ignored.
 */
export function decode(text: string, alphabet: "base64" | "base64url"): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/={1,2}$/, "");
  const invalid = digits.search(alphabet === "base64" ? /[^A-Za-z0-9+/]/ : /[^\w-]/);
  if (invalid >= 0) {
    throw new TypeError(
      `Cannot decode input as base64: Invalid character (${digits[invalid]})`,
    );
  }
  if (digits.length % 4 === 1) {
    throw new RangeError(
      `Cannot decode input as base64: Length (${digits.length}), excluding padding, must not have a remainder of 1 when divided by 4`,
    );
  }
  const standard = digits.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(standard), (character) => character.charCodeAt(0));
}
