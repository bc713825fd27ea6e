// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HashName } from "../../cert/certificate/private_key.ts";
import { iterateHash } from "./iterated_hash.ts";

/** The purposes of derived bytes, the ID of RFC 7292, Appendix B.3. */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

/** The lengths of blocks and hashes in bytes (FIPS 180-4). */
const SIZES: Readonly<Record<HashName, readonly [block: number, hash: number]>> = {
  "SHA-1": [64, 20],
  "SHA-256": [64, 32],
  "SHA-384": [128, 48],
  "SHA-512": [128, 64],
};

/**
 * Encodes a password as a BMPString with a final NULL character (RFC 7292, Appendix B.1).
 *
 * @param password The password.
 * @returns The bytes; secret.
 */
export function bmpPassword(password: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(2 * password.length + 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < password.length; i++) view.setUint16(2 * i, password.charCodeAt(i));
  return bytes;
}

/** The parameters of PKCS#12's key derivation. */
export interface Pkcs12KdfParameters {
  /** The hash function. */
  readonly hash: HashName;
  /** The salt. */
  readonly salt: Uint8Array;
  /** The number of iterations. */
  readonly iterations: number;
  /** The purpose, of {@linkcode PURPOSE}. */
  readonly purpose: number;
}

/**
 * What an iteration of a plain hash costs beside one of PBKDF2, which is native code: measured with
 * SHA-1 and SHA-256.
 */
const ITERATION_WORK = 20;

/**
 * Returns the work of {@linkcode pkcs12Kdf}.
 *
 * @param hash The hash function.
 * @param iterations The number of iterations.
 * @param length The length of the derived bytes.
 * @returns The work in iterations of PBKDF2 with SHA-256.
 */
export function pkcs12KdfWork(hash: HashName, iterations: number, length: number): number {
  return iterations * Math.ceil(length / SIZES[hash][1]) * ITERATION_WORK;
}

/**
 * Derives bytes from a password (RFC 7292, Appendix B.2); the caller bounds the work.
 *
 * @param password The password as {@linkcode bmpPassword} encodes it.
 * @param parameters The parameters.
 * @param length The length in bytes.
 * @returns The bytes; secret.
 */
export async function pkcs12Kdf(
  password: Uint8Array<ArrayBuffer>,
  parameters: Pkcs12KdfParameters,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { hash, salt, iterations, purpose } = parameters;
  const [v, u] = SIZES[hash];
  const blocks = Math.ceil(length / u);
  const saltLength = v * Math.ceil(salt.length / v);
  const passwordLength = v * Math.ceil(password.length / v);
  // D, then I = S || P, in the terms of steps 1 to 5
  const input = new Uint8Array(v + saltLength + passwordLength);
  input.fill(purpose, 0, v);
  const i = input.subarray(v);
  for (let k = 0; k < saltLength; k++) i[k] = salt[k % salt.length]!;
  for (let k = 0; k < passwordLength; k++) i[saltLength + k] = password[k % password.length]!;
  const result = new Uint8Array(blocks * u);
  for (let block = 0; block < blocks; block++) {
    const first = new Uint8Array(await crypto.subtle.digest(hash, input));
    const a = await iterateHash(hash, first, iterations - 1);
    result.set(a, block * u);
    // Steps 6B and 6C: each block of I is increased by B + 1, where B is A repeated
    for (let start = 0; start < i.length; start += v) {
      let carry = 1;
      for (let k = v - 1; k >= 0; k--) {
        carry += i[start + k]! + a[k % u]!;
        i[start + k] = carry;
        carry >>= 8;
      }
    }
    first.fill(0); // the derived bytes can be computed from it
    a.fill(0);
  }
  input.fill(0);
  return result.subarray(0, length);
}
