// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Reads text of a fixed length, which PKCS#11 fills up with spaces.
 *
 * @param bytes Where it stands.
 * @param offset Where it begins.
 * @param length How many bytes it has.
 * @returns The text. Zeros, with which some libraries fill up, end it as well.
 */
export function readText(bytes: Uint8Array, offset: number, length: number): string {
  const text = new TextDecoder().decode(bytes.subarray(offset, offset + length));
  return text.replace(/\0[^]*$/, "").trimEnd();
}
