// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * HKDF as TLS 1.3 uses it (RFC 5869; RFC 8446, Section 7.1), on WebCrypto's HKDF and HMAC.
 *
 * @module
 */

import type { Tls12BulkCipher } from "../tables/cipher_suites.ts";
import type { CipherSuite } from "../tables/cipher_suites.ts";

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

/** Encodes a label with its prefix; those of the key schedule are encoded once. */
export function encodeLabel(label: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(LABEL_PREFIX + label);
}

/**
 * HKDF-Expand-Label(HKDF-Extract(salt, input), label, context, length), in one call.
 *
 * @param label The label by {@linkcode encodeLabel}.
 * @param length The length in bytes; default that of the hash.
 */
export function extractThenExpand(
  hash: CipherSuiteHash,
  inputKey: CryptoKey,
  salt: Uint8Array<ArrayBuffer>,
  label: Uint8Array,
  context: Uint8Array,
  length: number = HASH_LENGTHS[hash],
): Promise<ArrayBuffer> {
  const info = hkdfLabel(length, label, context);
  return crypto.subtle.deriveBits({ name: "HKDF", hash, salt, info }, inputKey, 8 * length);
}

/**
 * HKDF-Expand-Label(secret, label, context, length) in one HMAC, where length is at most the
 * hash's.
 *
 * @param key The secret as an HMAC key.
 * @param label The label by {@linkcode encodeLabel}.
 * @returns The block of the hash's length that begins with the result.
 */
export function expandLabel(
  key: CryptoKey,
  label: Uint8Array,
  context: Uint8Array,
  length: number,
): Promise<ArrayBuffer> {
  // HKDF-Expand's first block is HMAC(key, info | 1).
  const info = hkdfLabel(length, label, context, 1);
  info[info.length - 1] = 1;
  return crypto.subtle.sign("HMAC", key, info);
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
 * RFC 8446 requires 7 bytes of label; an exporter's empty label, which RFC 5705 allows, has 6.
 *
 * @param label The label by {@linkcode encodeLabel}.
 * @param room The number of bytes to append, zero.
 */
export function hkdfLabel(
  length: number,
  label: Uint8Array,
  context: Uint8Array,
  room = 0,
): Uint8Array<ArrayBuffer> {
  const info = new Uint8Array(4 + label.length + context.length + room);
  info[0] = length >> 8;
  info[1] = length;
  info[2] = label.length;
  info.set(label, 3);
  info[3 + label.length] = context.length;
  info.set(context, 4 + label.length);
  return info;
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

/** WebCrypto's import of keys; TypeScript's library for browsers lacks the format "raw-secret". */
interface KeyImporter {
  importKey(
    format: "raw" | "raw-secret",
    keyData: Uint8Array<ArrayBuffer>,
    algorithm: string,
    extractable: boolean,
    keyUsages: KeyUsage[],
  ): Promise<CryptoKey>;
}

/** Imports the key of a cipher of records, not extractable. */
export function importCipherKey(
  cipher: Tls12BulkCipher,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<CryptoKey> {
  const format = cipher === "ChaCha20-Poly1305" ? "raw-secret" : "raw";
  const subtle = crypto.subtle as KeyImporter;
  return subtle.importKey(format, bytes, cipher, false, ["encrypt", "decrypt"]);
}
