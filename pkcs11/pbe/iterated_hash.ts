// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HashName } from "../../cert/private_key.ts";

// PKCS#12 derives its keys by hashing a hash up to a million times (RFC 7292, Appendix B.2). WebCrypto has no such
// function, and one call of its digest costs 30 us whatever it hashes: 600,000 iterations, which is what pk12util
// writes, would take 18 s. So the one step that repeats, the compression of a single padded block, is here.

/** How many iterations run before other work gets its turn: some milliseconds. */
const SLICE = 10_000;

/**
 * Hashes a hash again and again.
 *
 * @param hash The hash function.
 * @param digest The first hash.
 * @param times How often it is hashed.
 * @returns The last hash.
 */
export async function iterateHash(
  hash: HashName,
  digest: Uint8Array<ArrayBuffer>,
  times: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const compress = COMPRESSIONS[hash];
  if (compress === undefined) {
    let last = digest;
    for (let i = 0; i < times; i++) {
      last = new Uint8Array(await crypto.subtle.digest(hash, last));
    }
    return last;
  }
  const view = new DataView(digest.buffer, digest.byteOffset, digest.length);
  const state = Int32Array.from({ length: digest.length / 4 }, (_, i) => view.getInt32(4 * i));
  const schedule = new Int32Array(80);
  for (let left = times; left > 0; left -= SLICE) {
    if (left !== times) await turn();
    for (let i = Math.min(left, SLICE); i > 0; i--) compress(state, schedule);
  }
  const result = new Uint8Array(digest.length);
  const out = new DataView(result.buffer);
  state.forEach((word, i) => out.setInt32(4 * i, word));
  state.fill(0);
  schedule.fill(0);
  return result;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

type Compress = (state: Int32Array<ArrayBuffer>, schedule: Int32Array<ArrayBuffer>) => void;

/** Replaces a hash by its own hash. What is not here goes through WebCrypto, slowly; nobody writes such files. */
const COMPRESSIONS: { readonly [hash in HashName]?: Compress } = {
  "SHA-1": compressSha1,
  "SHA-256": compressSha256,
};

/** FIPS 180-4, Section 5.1.1: a message of one block is padded by a bit and its length. */
function pad(state: Int32Array<ArrayBuffer>, w: Int32Array<ArrayBuffer>): void {
  const { length } = state;
  w.set(state);
  w[length] = 0x80000000 | 0;
  w.fill(0, length + 1, 15);
  w[15] = 32 * length;
}

const SHA1_INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0] as const;

/** FIPS 180-4, Section 6.1.2. */
function compressSha1(state: Int32Array<ArrayBuffer>, w: Int32Array<ArrayBuffer>): void {
  pad(state, w);
  for (let i = 16; i < 80; i++) {
    const x = w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!;
    w[i] = (x << 1) | (x >>> 31);
  }
  let a = SHA1_INITIAL[0] | 0;
  let b = SHA1_INITIAL[1] | 0;
  let c = SHA1_INITIAL[2] | 0;
  let d = SHA1_INITIAL[3] | 0;
  let e = SHA1_INITIAL[4] | 0;
  for (let i = 0; i < 80; i++) {
    const f = i < 20
      ? ((b & c) | (~b & d)) + 0x5a827999
      : i < 40
      ? (b ^ c ^ d) + 0x6ed9eba1
      : i < 60
      ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
      : (b ^ c ^ d) + 0xca62c1d6;
    const t = (((a << 5) | (a >>> 27)) + f + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  state[0] = SHA1_INITIAL[0] + a;
  state[1] = SHA1_INITIAL[1] + b;
  state[2] = SHA1_INITIAL[2] + c;
  state[3] = SHA1_INITIAL[3] + d;
  state[4] = SHA1_INITIAL[4] + e;
}

/** The first 32 bits of the fractional parts of roots of the first primes (FIPS 180-4, Sections 4.2.2, 5.3.3). */
function fractions(count: number, root: (prime: number) => number): Int32Array<ArrayBuffer> {
  const words = new Int32Array(count);
  for (let candidate = 2, i = 0; i < count; candidate++) {
    let isPrime = true;
    for (let d = 2; d * d <= candidate; d++) if (candidate % d === 0) isPrime = false;
    if (isPrime) words[i++] = Math.floor((root(candidate) % 1) * 2 ** 32);
  }
  return words;
}

const SHA256_INITIAL = fractions(8, Math.sqrt);
const SHA256_CONSTANTS = fractions(64, Math.cbrt);

/** FIPS 180-4, Section 6.2.2. */
function compressSha256(state: Int32Array<ArrayBuffer>, w: Int32Array<ArrayBuffer>): void {
  pad(state, w);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
  }
  const H = SHA256_INITIAL;
  const K = SHA256_CONSTANTS;
  let a = H[0]!, b = H[1]!, c = H[2]!, d = H[3]!, e = H[4]!, f = H[5]!, g = H[6]!, h = H[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = H[0]! + a;
  state[1] = H[1]! + b;
  state[2] = H[2]! + c;
  state[3] = H[3]! + d;
  state[4] = H[4]! + e;
  state[5] = H[5]! + f;
  state[6] = H[6]! + g;
  state[7] = H[7]! + h;
}
