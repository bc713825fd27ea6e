// Copyright 2026 the NSS for Deno authors. MIT license.

/** HKDF as TLS 1.3 uses it (RFC 5869; RFC 8446, Section 7.1), on WebCrypto's HKDF and HMAC. @module */

import type { CipherSuite } from "../tables/cipher_suites.ts";
import { Writer } from "../wire/writer.ts";

/** The hash function of a cipher suite, by its WebCrypto name. */
export type CipherSuiteHash = CipherSuite["hash"];

/** How many bytes a hash has. */
export const HASH_LENGTHS: Readonly<Record<CipherSuiteHash, number>> = {
  "SHA-256": 32,
  "SHA-384": 48,
};

/** What stands before each label on the wire. */
const LABEL_PREFIX = "tls13 ";

/** The most bytes of a label that fits into an HkdfLabel behind its prefix. */
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
    // Each block is the next one's input: these awaits cannot overlap.
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
 * The information that a derivation is bound to (RFC 8446, Section 7.1).
 *
 * ```text
 * struct {
 *     uint16 length = Length;
 *     opaque label<7..255> = "tls13 " + Label;
 *     opaque context<0..255> = Context;
 * } HkdfLabel;
 * ```
 *
 * @param firstBlock Whether it is for an HMAC of its own, the first block of HKDF-Expand.
 */
export function hkdfLabel(
  length: number,
  label: string,
  context: Uint8Array,
  firstBlock: boolean,
): Uint8Array<ArrayBuffer> {
  const writer = new Writer()
    .u16(length)
    // RFC 8446, Section 7.1 has at least 7 bytes; an exporter's empty label, which RFC 5705 does not forbid, makes 6.
    .vector8(encoder.encode(LABEL_PREFIX + label), LABEL_PREFIX.length)
    .vector8(context);
  // HKDF-Expand's first block is HMAC(key, info | 1).
  if (firstBlock) writer.u8(1);
  return writer.finish();
}

/** The key of an HKDF, not extractable. */
export function importHkdfKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
}

/** The key of an HMAC, not extractable. */
export function importHmacKey(
  hash: CipherSuiteHash,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash }, false, ["sign", "verify"]);
}
