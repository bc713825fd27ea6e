// Copyright 2026 the NSS for Deno authors. MIT license.

import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";

/** `ImportedIdentity`, the identity of an imported pre-shared key (RFC 9258, Section 5.1). */
export interface ImportedIdentity {
  /** The identity before the import. */
  readonly externalIdentity: Uint8Array<ArrayBuffer>;
  /** What the ends have bound the key to. */
  readonly context: Uint8Array<ArrayBuffer>;
  /** The code point of the version that it is imported for. */
  readonly targetProtocol: number;
  /** The code point of the KDF that it is imported for. */
  readonly targetKdf: number;
}

/** The code points of the KDFs by their hash (RFC 9258, Section 10). */
export const TARGET_KDFS = { "SHA-256": 1, "SHA-384": 2 } as const;

/**
 * Encodes an imported identity.
 *
 * @param identity The parts.
 * @returns The identity on the wire.
 * @throws {RangeError} If a part is longer or shorter than the RFC allows.
 */
export function encodeImportedIdentity(identity: ImportedIdentity): Uint8Array<ArrayBuffer> {
  return new Writer()
    .vector16(identity.externalIdentity, 1)
    .vector16(identity.context)
    .u16(identity.targetProtocol)
    .u16(identity.targetKdf)
    .finish();
}

/**
 * Parses an identity of a ClientHello.
 *
 * @param identity The identity.
 * @returns Its parts; `null` if it is not an imported one.
 */
export function parseImportedIdentity(
  identity: Uint8Array<ArrayBuffer>,
): ImportedIdentity | null {
  try {
    const reader = new Reader(identity);
    const parts = {
      externalIdentity: reader.vector16(1),
      context: reader.vector16(),
      targetProtocol: reader.u16(),
      targetKdf: reader.u16(),
    };
    reader.finish();
    return parts;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
