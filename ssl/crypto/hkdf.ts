// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * HKDF as TLS 1.3 uses it (RFC 5869; RFC 8446, Section 7.1), on WebCrypto's HKDF and HMAC.
 *
 * @module
 */

import type { CipherSuite } from "../tables/cipher_suites.ts";
import { Writer } from "../wire/writer.ts";

/** The hash function of a cipher suite, by its WebCrypto name. */
export type CipherSuiteHash = CipherSuite["hash"];

/** The output lengths of the hash functions in bytes. */
export const HASH_LENGTHS: Readonly<Record<CipherSuiteHash, number>> = {
  "SHA-256": 32,
  "SHA-384": 48,
};

/** The prefix of each label on the wire. */
const LABEL_PREFIX = "tls13 ";

/** The maximum length in bytes of a label in an HkdfLabel, without the prefix. */
export const LABEL_LIMIT: number = 255 - LABEL_PREFIX.length;

const encoder = new TextEncoder();

/** HKDF-Expand (RFC 5869, Section 2.3): T(i) = HMAC(key, T(i-1) | info | i), concatenated. */
export async function expand(
  key: CryptoKey,
  hashLength: number,
  info: Uint8Array,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const output = new Uint8Array(length);
  const input = new Uint8Array(hashLength + info.length + 1);
  input.set(info, hashLength);
  for (let offset = 0, count = 1; offset < length; offset += hashLength, count++) {
    input[input.length - 1] = count;
    // Each block is an input of the next: these calls cannot run concurrently.
    const block = new Uint8Array(
      await crypto.subtle.sign("HMAC", key, count === 1 ? input.subarray(hashLength) : input),
    );
    output.set(block.subarray(0, length - offset), offset);
    input.set(block);
    block.fill(0);
  }
  input.fill(0);
  return output;
}

/** HKDF-Expand-Label(HKDF-Extract(salt, input), label, context, hash length), in one call. */
export async function extractThenExpand(
  hash: CipherSuiteHash,
  inputKey: CryptoKey,
  salt: Uint8Array<ArrayBuffer>,
  label: string,
  context: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = HASH_LENGTHS[hash];
  const info = hkdfLabel(length, label, context, false);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: "HKDF", hash, salt, info }, inputKey, 8 * length),
  );
}

/**
 * Encodes an HkdfLabel (RFC 8446, Section 7.1).
 *
 * ```text
 * struct {
 *     uint16 length = Length;
 *     opaque label<7..255> = "tls13 " + Label;
 *     opaque context<0..255> = Context;
 * } HkdfLabel;
 * ```
 *
 * @param firstBlock Whether to append the counter 1, for a single HMAC as HKDF-Expand.
 */
export function hkdfLabel(
  length: number,
  label: string,
  context: Uint8Array,
  firstBlock: boolean,
): Uint8Array<ArrayBuffer> {
  const writer = new Writer()
    .u16(length)
    // RFC 8446, Section 7.1 requires 7 bytes; an exporter's empty label, which RFC 5705 allows, has
    // 6.
    .vector8(encoder.encode(LABEL_PREFIX + label), LABEL_PREFIX.length)
    .vector8(context);
  // HKDF-Expand's first block is HMAC(key, info | 1).
  if (firstBlock) writer.u8(1);
  return writer.finish();
}

/** Imports the key of an HKDF, not extractable. */
export function importHkdfKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
}

/** Imports the key of an HMAC, not extractable. */
export function importHmacKey(
  hash: CipherSuiteHash,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash }, false, ["sign", "verify"]);
}
