// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HashName } from "../../cert/certificate/private_key.ts";
import { iterateHash } from "./iterated_hash.ts";
import type { IterationBudget } from "./iteration_budget.ts";

/** What derived bytes are for (RFC 7292, Appendix B.3). */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

/** The bytes of blocks and hashes (FIPS 180-4). */
const SIZES: Readonly<Record<HashName, readonly [block: number, hash: number]>> = {
  "SHA-1": [64, 20],
  "SHA-256": [64, 32],
  "SHA-384": [128, 48],
  "SHA-512": [128, 64],
};

/**
 * Writes a password as PKCS#12 hashes it: a BMPString with a final zero (RFC 7292, Appendix B.1).
 *
 * @param password The password.
 * @returns Its bytes.
 */
export function bmpPassword(password: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(2 * password.length + 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < password.length; i++) view.setUint16(2 * i, password.charCodeAt(i));
  return bytes;
}

/** How PKCS#12 derives bytes from a password. */
export interface Pkcs12KdfParameters {
  /** What the password is hashed with. */
  readonly hash: HashName;
  /** The salt. */
  readonly salt: Uint8Array;
  /** How often. */
  readonly iterations: number;
  /** What the bytes are for, of {@linkcode PURPOSE}. */
  readonly purpose: number;
}

/**
 * Derives bytes from a password (RFC 7292, Appendix B.2).
 *
 * @param password The password's bytes, as {@linkcode bmpPassword} gives them.
 * @param parameters How.
 * @param length How many bytes.
 * @param budget What is left of the iterations.
 * @returns The bytes; secret.
 * @throws {NssError} `SEC_ERROR_BAD_DATA` if too many iterations are asked for.
 */
export async function pkcs12Kdf(
  password: Uint8Array<ArrayBuffer>,
  parameters: Pkcs12KdfParameters,
  length: number,
  budget: IterationBudget,
): Promise<Uint8Array<ArrayBuffer>> {
  const { hash, salt, iterations, purpose } = parameters;
  const [v, u] = SIZES[hash];
  const blocks = Math.ceil(length / u);
  budget.spend(iterations * blocks);
  const saltLength = v * Math.ceil(salt.length / v);
  const passwordLength = v * Math.ceil(password.length / v);
  // D, then I = S | P, as the steps 1 to 5 call them
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
    // Step 6, B and C: each block of I is increased by A + 1
    for (let start = 0; start < i.length; start += v) {
      let carry = 1;
      for (let k = v - 1; k >= 0; k--) {
        carry += i[start + k]! + a[k % u]!;
        i[start + k] = carry;
        carry >>= 8;
      }
    }
    first.fill(0); // all that follows can be computed from it
    a.fill(0);
  }
  input.fill(0);
  return result.subarray(0, length);
}
