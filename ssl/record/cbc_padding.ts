// Copyright 2026 the NSS for Deno authors. MIT license.

/** The block of AES. */
export const BLOCK_LENGTH = 16;

/** The longest padding: 255 bytes and the one that says so (RFC 5246, Section 6.2.3.2). */
const MAX_PADDING_LENGTH = 256;

/**
 * Adds the least padding that there is to what a block cipher takes.
 *
 * @param length The length of what is to be padded.
 * @returns The length of it with its padding.
 */
export function paddedLength(length: number): number {
  return length + BLOCK_LENGTH - length % BLOCK_LENGTH;
}

/**
 * Writes the padding of TLS: each byte, the last one included, says how many there are before the last.
 *
 * @param padded What is to be padded, with the padding's place.
 * @param length The length of what is to be padded.
 */
export function writePadding(padded: Uint8Array, length: number): void {
  padded.fill(padded.length - length - 1, length);
}

/** What is left without padding. */
export interface Unpadded {
  /** 1 if the padding is as it should be, 0 if not. */
  readonly good: number;
  /** The length of what is left; where the padding is bad, as if it were a single byte. */
  readonly length: number;
}

/**
 * Checks the padding of TLS and takes it off, on one path whatever it is: no branch and no index depends on its bytes.
 *
 * @param padded What a block cipher has decrypted.
 * @param least How many bytes it has before its padding at least; it must hold more than these.
 * @returns What is left of it.
 */
export function removePadding(padded: Uint8Array, least: number): Unpadded {
  const last = padded.length - 1;
  const padding = padded[last]!;
  const longest = Math.min(MAX_PADDING_LENGTH, padded.length - least);
  // Negative numbers shifted by 31 are all ones, others zero: masks in the place of conditions.
  let bad = longest - 1 - padding >> 31;
  for (let i = 0; i < longest; i++) {
    const inPadding = i - padding - 1 >> 31;
    bad |= inPadding & (padded[last - i]! ^ padding);
  }
  const good = ~((bad | -bad) >> 31);
  return { good: good & 1, length: last - (padding & good) };
}
