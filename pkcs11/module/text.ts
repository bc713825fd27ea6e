// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Decodes text of a fixed length, which PKCS#11 pads with spaces.
 *
 * @param bytes The structure.
 * @param offset The offset of the text.
 * @param length The length in bytes.
 * @returns The text, up to a NULL character, with which some libraries pad.
 */
export function readText(bytes: Uint8Array, offset: number, length: number): string {
  const text = new TextDecoder().decode(bytes.subarray(offset, offset + length));
  return text.replace(/\0[^]*$/, "").trimEnd();
}
