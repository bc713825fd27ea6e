// Copyright 2026 the NSS for Deno authors. MIT license.

/** MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4) in plain JavaScript. @module */

type Bytes = Uint8Array<ArrayBuffer>;

/** Computes a digest. */
export type Hash = (data: Bytes) => Bytes;

/** A hash over blocks of 64 bytes and words of 32 bits. */
interface Hash32 {
  /** The first state. */
  readonly start: readonly number[];
  /** Whether words and length are little-endian. */
  readonly little: boolean;
  /** Takes a block into the state. */
  compress(state: Int32Array, block: DataView, offset: number): void;
}

function hash32({ start, little, compress }: Hash32): Hash {
  return (data) => {
    const padded = new Uint8Array((data.length + 8 + 64) & ~63);
    const view = new DataView(padded.buffer);
    padded.set(data);
    padded[data.length] = 0x80;
    view.setBigUint64(padded.length - 8, BigInt(data.length) * 8n, little);
    const state = Int32Array.from(start);
    for (let at = 0; at < padded.length; at += 64) compress(state, view, at);
    const out = new Uint8Array(4 * state.length);
    const words = new DataView(out.buffer);
    state.forEach((word, i) => words.setInt32(4 * i, word, little));
    return out;
  };
}

const rotateLeft = (x: number, n: number): number => (x << n) | (x >>> (32 - n));
const rotateRight = (x: number, n: number): number => (x >>> n) | (x << (32 - n));

const MD5_SHIFTS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
const MD5_CONSTANTS = Int32Array.from(
  { length: 64 },
  (_, i) => Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1))) | 0,
);

/** MD5. */
export const md5: Hash = hash32({
  start: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476],
  little: true,
  compress(state, block, offset) {
    let [a = 0, b = 0, c = 0, d = 0] = state;
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      const f = round === 0
        ? (b & c) | (~b & d)
        : round === 1
        ? (b & d) | (c & ~d)
        : round === 2
        ? b ^ c ^ d
        : c ^ (b | ~d);
      const word = round === 0 ? i : round === 1 ? 5 * i + 1 : round === 2 ? 3 * i + 5 : 7 * i;
      const sum = a + f + MD5_CONSTANTS[i]! + block.getInt32(offset + 4 * (word & 15), true);
      [a, d, c] = [d, c, b];
      b = (b + rotateLeft(sum | 0, MD5_SHIFTS[round]![i & 3]!)) | 0;
    }
    [a, b, c, d].forEach((word, i) => state[i]! += word);
  },
});

/** SHA-1. */
export const sha1: Hash = hash32({
  start: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0],
  little: false,
  compress(state, block, offset) {
    const w = new Int32Array(80);
    for (let i = 0; i < 16; i++) w[i] = block.getInt32(offset + 4 * i);
    for (let i = 16; i < 80; i++) {
      w[i] = rotateLeft(w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!, 1);
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
    for (let i = 0; i < 80; i++) {
      const [f, k] = i < 20
        ? [(b & c) | (~b & d), 0x5a827999]
        : i < 40
        ? [b ^ c ^ d, 0x6ed9eba1]
        : i < 60
        ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
        : [b ^ c ^ d, 0xca62c1d6];
      const next = (rotateLeft(a, 5) + f + e + k + w[i]!) | 0;
      [e, d, c, b, a] = [d, c, rotateLeft(b, 30), a, next];
    }
    [a, b, c, d, e].forEach((word, i) => state[i]! += word);
  },
});

const PRIMES = Array.from({ length: 410 }, (_, n) => n).filter((n) => {
  for (let i = 2; i * i <= n; i++) if (n % i === 0) return false;
  return n > 1;
}).map(BigInt);

/** The first 64 bits of the fractional part of a root: SHA-2 takes its constants from those. */
function fractionOfRoot(prime: bigint, root: bigint): bigint {
  const scaled = prime << (64n * root);
  let low = 0n;
  for (let bit = 1n << 68n; bit > 0n; bit >>= 1n) {
    if ((low + bit) ** root <= scaled) low += bit;
  }
  return BigInt.asUintN(64, low);
}

const K512 = PRIMES.slice(0, 80).map((prime) => fractionOfRoot(prime, 3n));
const K256 = Int32Array.from(K512.slice(0, 64), (k) => Number(k >> 32n) | 0);
const START_512 = PRIMES.slice(0, 8).map((prime) => fractionOfRoot(prime, 2n));
const START_384 = PRIMES.slice(8, 16).map((prime) => fractionOfRoot(prime, 2n));

/** SHA-256. */
export const sha256: Hash = hash32({
  start: START_512.map((word) => Number(word >> 32n)),
  little: false,
  compress(state, block, offset) {
    const w = new Int32Array(64);
    for (let i = 0; i < 16; i++) w[i] = block.getInt32(offset + 4 * i);
    for (let i = 16; i < 64; i++) {
      const [x, y] = [w[i - 15]!, w[i - 2]!];
      const s0 = rotateRight(x, 7) ^ rotateRight(x, 18) ^ (x >>> 3);
      const s1 = rotateRight(y, 17) ^ rotateRight(y, 19) ^ (y >>> 10);
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let i = 0; i < 64; i++) {
      const s1 = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K256[i]! + w[i]!) | 0;
      const s0 = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => state[i]! += word);
  },
});

const rotate64 = (x: bigint, n: bigint): bigint => (x >> n) | BigInt.asUintN(64, x << (64n - n));
const wrap64 = (x: bigint): bigint => BigInt.asUintN(64, x);

/** SHA-512 and SHA-384, with `bigint` for words: few hashes are made of them. */
function hash64(start: readonly bigint[], length: number): Hash {
  return (data) => {
    const padded = new Uint8Array((data.length + 16 + 128) & ~127);
    const view = new DataView(padded.buffer);
    padded.set(data);
    padded[data.length] = 0x80;
    view.setBigUint64(padded.length - 8, BigInt(data.length) * 8n);
    let state = start;
    for (let at = 0; at < padded.length; at += 128) {
      const w = Array.from({ length: 16 }, (_, i) => view.getBigUint64(at + 8 * i));
      for (let i = 16; i < 80; i++) {
        const [x, y] = [w[i - 15]!, w[i - 2]!];
        const s0 = rotate64(x, 1n) ^ rotate64(x, 8n) ^ (x >> 7n);
        const s1 = rotate64(y, 19n) ^ rotate64(y, 61n) ^ (y >> 6n);
        w.push(wrap64(w[i - 16]! + s0 + w[i - 7]! + s1));
      }
      let [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n] = state;
      for (let i = 0; i < 80; i++) {
        const s1 = rotate64(e, 14n) ^ rotate64(e, 18n) ^ rotate64(e, 41n);
        const t1 = h + s1 + ((e & f) ^ (wrap64(~e) & g)) + K512[i]! + w[i]!;
        const s0 = rotate64(a, 28n) ^ rotate64(a, 34n) ^ rotate64(a, 39n);
        const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        [h, g, f, e, d, c, b, a] = [g, f, e, wrap64(d + t1), c, b, a, wrap64(t1 + t2)];
      }
      const sums = [a, b, c, d, e, f, g, h];
      state = state.map((word, i) => wrap64(word + sums[i]!));
    }
    const out = new DataView(new ArrayBuffer(64));
    state.forEach((word, i) => out.setBigUint64(8 * i, word));
    return new Uint8Array(out.buffer.slice(0, length));
  };
}

/** SHA-512. */
export const sha512: Hash = hash64(START_512, 64);

/** SHA-384. */
export const sha384: Hash = hash64(START_384, 48);
