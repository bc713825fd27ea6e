// Copyright 2026 the NSS for Deno authors. MIT license.

/** The block length of AES in bytes. */
export const BLOCK_LENGTH = 16;

/** The longest padding: 255 bytes and the length byte (RFC 5246, Section 6.2.3.2). */
const MAX_PADDING_LENGTH = 256;

/**
 * Returns the length of a plaintext with the shortest padding.
 *
 * @param length The length of the plaintext in bytes.
 * @returns The length with padding, a multiple of {@linkcode BLOCK_LENGTH}.
 */
export function paddedLength(length: number): number {
  return length + BLOCK_LENGTH - length % BLOCK_LENGTH;
}

/**
 * Writes the padding of TLS: each byte, including the last, is the padding length, which does not
 * count the last byte.
 *
 * @param padded The plaintext, followed by room for the padding.
 * @param length The length of the plaintext in bytes.
 */
export function writePadding(padded: Uint8Array, length: number): void {
  padded.fill(padded.length - length - 1, length);
}

/** The result of removing padding. */
export interface Unpadded {
  /** 1 if the padding is valid, 0 if not. */
  readonly good: number;
  /** The length without padding; if it is invalid, one byte is taken for the padding. */
  readonly length: number;
}

/**
 * Checks and removes the padding of TLS in constant time: no branch and no index depends on its
 * bytes.
 *
 * @param padded The decrypted bytes; more than `least`.
 * @param least The minimum number of bytes before the padding.
 * @returns The length without padding, and whether the padding is valid.
 */
export function removePadding(padded: Uint8Array, least: number): Unpadded {
  const last = padded.length - 1;
  const padding = padded[last]!;
  const longest = Math.min(MAX_PADDING_LENGTH, padded.length - least);
  // Masks instead of conditions: `x >> 31` is all ones if x is negative, else zero.
  let bad = longest - 1 - padding >> 31;
  for (let i = 0; i < longest; i++) {
    const inPadding = i - padding - 1 >> 31;
    bad |= inPadding & (padded[last - i]! ^ padding);
  }
  const good = ~((bad | -bad) >> 31);
  return { good: good & 1, length: last - (padding & good) };
}
