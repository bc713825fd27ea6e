// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The length in bytes of a sentinel at the end of a ServerHello's `random` (RFC 8446, Section
 * 4.1.3).
 */
export const DOWNGRADE_SENTINEL_LENGTH = 8;

/**
 * The sentinel of a server that supports TLS 1.3 and negotiates TLS 1.2: "DOWNGRD" and a 1 (RFC
 * 8446, Section 4.1.3).
 */
// deno-fmt-ignore
export const DOWNGRADE_TO_TLS_1_2: Uint8Array<ArrayBuffer> = new Uint8Array([
  0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x01,
]);

/**
 * The sentinel of a server that supports TLS 1.2 or later and negotiates TLS 1.1 or earlier:
 * "DOWNGRD" and a 0 (RFC 8446, Section 4.1.3).
 */
// deno-fmt-ignore
export const DOWNGRADE_TO_TLS_1_1: Uint8Array<ArrayBuffer> = new Uint8Array([
  0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x00,
]);

/**
 * Returns whether the `random` of a ServerHello ends with a sentinel.
 *
 * @param random The `random`.
 * @param sentinel The sentinel.
 * @returns Whether it does.
 */
export function hasDowngradeSentinel(random: Uint8Array, sentinel: Uint8Array): boolean {
  const end = random.subarray(-DOWNGRADE_SENTINEL_LENGTH);
  return end.length === sentinel.length && sentinel.every((byte, i) => byte === end[i]);
}
