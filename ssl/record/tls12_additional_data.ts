// Copyright 2026 the NSS for Deno authors. MIT license.

/** The length in bytes of what {@linkcode writeAdditionalData} writes. */
export const ADDITIONAL_DATA_LENGTH = 13;

/**
 * Writes the `additional_data` of AEADs in TLS 1.2, which is also the start of the MAC input of
 * block ciphers (RFC 5246, Sections 6.2.3.1 and 6.2.3.3).
 *
 * ```text
 * additional_data = seq_num + TLSCompressed.type + TLSCompressed.version + TLSCompressed.length;
 * ```
 *
 * @param into The bytes to write to, at least {@linkcode ADDITIONAL_DATA_LENGTH}.
 * @param sequence The record's sequence number.
 * @param type The `ContentType`.
 * @param version The version of the record's header.
 * @param length The length to authenticate in bytes: that of the content, or with encrypt-then-MAC
 * that of all before the MAC.
 */
export function writeAdditionalData(
  into: Uint8Array,
  sequence: number,
  type: number,
  version: number,
  length: number,
): void {
  let high = Math.floor(sequence / 0x1_0000_0000);
  let low = sequence >>> 0;
  for (let i = 3; i >= 0; i--, high >>>= 8, low >>>= 8) {
    into[i] = high;
    into[i + 4] = low;
  }
  into[8] = type;
  into[9] = version >>> 8;
  into[10] = version;
  into[11] = length >>> 8;
  into[12] = length;
}
