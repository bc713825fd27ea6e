// Copyright 2026 the NSS for Deno authors. MIT license.

/** The length of a record header in bytes (RFC 8446, Section 5.1). */
export const RECORD_HEADER_LENGTH = 5;

/** The maximum length of a record's content in bytes (RFC 8446, Section 5.1). */
export const MAX_PLAINTEXT_LENGTH: number = 2 ** 14;

/** The maximum length of a TLS 1.3 ciphertext fragment in bytes (RFC 8446, Section 5.2). */
export const MAX_CIPHERTEXT_LENGTH: number = MAX_PLAINTEXT_LENGTH + 256;

/** The maximum length of a TLS 1.2 ciphertext fragment in bytes (RFC 5246, Section 6.2.3). */
export const MAX_CIPHERTEXT_LENGTH_TLS12: number = MAX_PLAINTEXT_LENGTH + 2048;

/** A record header. */
export interface RecordHeader {
  /** The `ContentType`. */
  readonly type: number;
  /** The `legacy_record_version`. */
  readonly version: number;
  /** The length of the fragment in bytes. */
  readonly length: number;
}

/**
 * Parses a record header, without validation.
 *
 * @param bytes The bytes, at least {@linkcode RECORD_HEADER_LENGTH} from the offset.
 * @param offset The offset of the header.
 * @returns The header.
 * @throws {RangeError} If there are too few bytes.
 */
export function parseRecordHeader(bytes: Uint8Array, offset = 0): RecordHeader {
  if (bytes.length - offset < RECORD_HEADER_LENGTH) {
    throw new RangeError(`Cannot parse record header: ${bytes.length - offset} bytes are left`);
  }
  return {
    type: bytes[offset]!,
    version: bytes[offset + 1]! << 8 | bytes[offset + 2]!,
    length: bytes[offset + 3]! << 8 | bytes[offset + 4]!,
  };
}

/**
 * Writes a record header in place.
 *
 * @param into The bytes to write into.
 * @param offset The offset of the header.
 * @param type The `ContentType`.
 * @param version The `legacy_record_version`.
 * @param length The length of the fragment in bytes.
 */
export function writeRecordHeader(
  into: Uint8Array,
  offset: number,
  type: number,
  version: number,
  length: number,
): void {
  into[offset] = type;
  into[offset + 1] = version >>> 8;
  into[offset + 2] = version;
  into[offset + 3] = length >>> 8;
  into[offset + 4] = length;
}
