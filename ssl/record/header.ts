// Copyright 2026 the NSS for Deno authors. MIT license.

/** The length of a record's header (RFC 8446, Section 5.1). */
export const RECORD_HEADER_LENGTH = 5;

/** The most content that a record carries (RFC 8446, Section 5.1). */
export const MAX_PLAINTEXT_LENGTH: number = 2 ** 14;

/** The longest fragment of a protected record of TLS 1.3 (RFC 8446, Section 5.2). */
export const MAX_CIPHERTEXT_LENGTH: number = MAX_PLAINTEXT_LENGTH + 256;

/** The longest fragment of a protected record of TLS 1.2 (RFC 5246, Section 6.2.3). */
export const MAX_CIPHERTEXT_LENGTH_TLS12: number = MAX_PLAINTEXT_LENGTH + 2048;

/** What stands before each record's fragment. */
export interface RecordHeader {
  /** The `ContentType`. */
  readonly type: number;
  /** The `legacy_record_version`. */
  readonly version: number;
  /** The length of the fragment in bytes. */
  readonly length: number;
}

/**
 * Reads a record's header; what it says is judged elsewhere.
 *
 * @param bytes Bytes that hold at least {@linkcode RECORD_HEADER_LENGTH} from the offset on.
 * @param offset Where the header begins.
 * @returns The header.
 * @throws {RangeError} If the bytes end before the header does.
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
 * Writes a record's header in place.
 *
 * @param into The bytes to write into.
 * @param offset Where the header begins.
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
