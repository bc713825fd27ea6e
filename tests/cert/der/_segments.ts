// Copyright 2026 the NSS for Deno authors. MIT license.

/** A constructed OCTET STRING of so many segments of one byte. */
export function segments(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(3 * count + 6).fill(7);
  bytes.set([0x24, 0x84]);
  new DataView(bytes.buffer).setUint32(2, 3 * count);
  for (let i = 6; i < bytes.length; i += 3) bytes.set([4, 1], i);
  return bytes;
}
