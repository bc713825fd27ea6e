// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Cuts data into the fragments of records, without copying it.
 *
 * @param data What to cut.
 * @param max The most bytes of one fragment; may be smaller than 2^14 by RFC 8449.
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
