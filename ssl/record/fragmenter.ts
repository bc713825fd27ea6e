// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Splits data into fragments of records, without copying.
 *
 * @param data The data.
 * @param max The maximum length of a fragment in bytes; RFC 8449 allows limits below 2^14.
 * @returns The fragments in order, each but the last of `max` bytes; none for no data.
 * @throws {RangeError} If `max` is not a positive integer.
 */
export function* fragments(
  data: Uint8Array<ArrayBuffer>,
  max: number,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  if (!Number.isInteger(max) || max < 1) {
    throw new RangeError(`Cannot cut data: fragments of ${max} bytes are impossible`);
  }
  for (let at = 0; at < data.length; at += max) yield data.subarray(at, at + max);
}
