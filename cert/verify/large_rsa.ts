// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * RSA signatures by keys that are larger than the runtime's WebCrypto takes: Deno's ends at 4,096
 * bits. A signature is raised to a public exponent by BigInt, which knows no secret, so that its
 * time tells nothing. Digests are WebCrypto's.
 *
 * @module
 */

import { bytesEqual, concat, toBigInt } from "../base/bytes.ts";
import { fromHex } from "../base/runtime.ts";
import { NssError } from "../base/errors.ts";
import type { HashName } from "../certificate/private_key.ts";
import type { SignatureAlgorithm } from "../certificate/signature_algorithm.ts";
import { COMMON_RSA_BITS, type SubjectPublicKeyInfo } from "../certificate/spki.ts";
import { DerReader } from "../der/der_reader.ts";
import { DerWriter } from "../der/der_writer.ts";
import { OIDS } from "../der/oids.ts";

/** The maximum length in bits of a public exponent, which multiplies the work; 17 is usual. */
export const MAX_RSA_EXPONENT_BITS = 32;

/**
 * The work between yields to the event loop, in products of two bits: with 8,192 bits 32 modular
 * multiplications, with 16,384 bits 8, both some 2 ms.
 */
const SLICE = 2 ** 31;

/** The numbers of a public key (RFC 8017, Appendix A.1.1), big-endian. */
interface RsaPublicKey {
  readonly modulus: Uint8Array<ArrayBuffer>;
  readonly exponent: Uint8Array<ArrayBuffer>;
}

function readRsaPublicKey({ publicKey }: SubjectPublicKeyInfo): RsaPublicKey {
  const key = new DerReader(publicKey, "RSA public key").sequence("rsaPublicKey");
  return {
    modulus: key.unsignedInteger("modulus"),
    exponent: key.unsignedInteger("publicExponent"),
  };
}

/**
 * Returns the length of the exponent of an RSA key.
 *
 * @param key The key, of the kind `rsa` or `rsa-pss`.
 * @returns The length in bits.
 */
export function rsaExponentBits(key: SubjectPublicKeyInfo): number {
  const { exponent } = readRsaPublicKey(key);
  return 8 * exponent.length - Math.clz32(exponent[0]!) + 24;
}

/** The largest modulus in bits with which WebCrypto has verified. */
let taken = COMMON_RSA_BITS;
/** The smallest with which it has not. */
let refused = Infinity;

/**
 * Returns whether the runtime's WebCrypto verifies with RSA keys of a size. It is asked once, by a
 * signature that must verify: runtimes differ, and some import a key that they cannot use.
 *
 * @param bits The length of the modulus.
 * @returns Whether it does.
 */
export async function webCryptoTakesRsa(bits: number): Promise<boolean> {
  if (bits > taken && bits < refused) {
    if (await verifiesKnownAnswer(bits)) taken = Math.max(taken, bits);
    else refused = Math.min(refused, bits);
  }
  return bits <= taken;
}

/**
 * Makes a key of the size with the exponent 3, and a signature of nothing by it: the modulus is the
 * difference of a cube and the encoded message, so that nobody needs a private key.
 */
async function verifiesKnownAnswer(bits: number): Promise<boolean> {
  const length = Math.ceil(bits / 8);
  const message = toBigInt(await pkcs1Encoding("SHA-256", new Uint8Array(), length));
  // 4^3 2^(bits - 6), 5^3 2^(bits - 7) or 3^3 2^(bits - 5), of which the exponent divides by 3
  const [root, shift] = [[4n, 6], [5n, 7], [3n, 5]][bits % 3] as [bigint, number];
  const signature = root << BigInt((bits - shift) / 3);
  const publicKey = new DerWriter().sequence((w) => {
    w.integer(signature ** 3n - message).integer(3);
  }).finish();
  const spki = new DerWriter().sequence((w) => {
    w.sequence((w) => w.oid(OIDS.rsaEncryption).null()).bitString(publicKey);
  }).finish();
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const { subtle } = crypto;
  try {
    const key = await subtle.importKey("spki", spki, algorithm, false, ["verify"]);
    return await subtle.verify(algorithm, key, toBytes(signature, length), new Uint8Array());
  } catch {
    return false; // the signature is right, so that this is about the runtime alone
  }
}

/**
 * Verifies a signature without WebCrypto's RSA (RFC 8017, Sections 8.1.2 and 8.2.2).
 *
 * @param publicKey The key of the signer, which fits the algorithm.
 * @param algorithm RSASSA-PKCS1-v1_5 or RSASSA-PSS.
 * @param data The signed data.
 * @param signature The signature, as long as the modulus.
 * @returns Whether it is correct.
 * @throws {NssError} `SEC_ERROR_UNSUPPORTED_KEYALG` if the exponent is longer than
 * {@linkcode MAX_RSA_EXPONENT_BITS}.
 */
export async function verifyLargeRsa(
  publicKey: SubjectPublicKeyInfo,
  { hash, saltLength }: SignatureAlgorithm,
  data: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const exponentBits = rsaExponentBits(publicKey);
  if (exponentBits > MAX_RSA_EXPONENT_BITS) {
    throw new NssError(
      "SEC_ERROR_UNSUPPORTED_KEYALG",
      `Cannot use public key: this runtime's WebCrypto takes no ${publicKey} key, and its exponent ` +
        `is too long to do without: ${exponentBits} bits, more than ${MAX_RSA_EXPONENT_BITS}; the ` +
        "signer needs another key, such as one with the usual exponent of 65537",
    );
  }
  const { modulus, exponent } = readRsaPublicKey(publicKey);
  const n = toBigInt(modulus);
  const s = toBigInt(signature);
  if (s >= n) return false;
  const message = await power(s, Number(toBigInt(exponent)), n, 8 * modulus.length);
  const encoded = toBytes(message, modulus.length);
  if (saltLength === undefined) {
    return bytesEqual(encoded, await pkcs1Encoding(hash!, data, modulus.length));
  }
  const { modulusLength } = publicKey.algorithm as { modulusLength: number };
  return await isPssEncoding(hash!, data, encoded, modulusLength - 1, saltLength);
}

/** Computes `base ** exponent % modulus` from the highest bit down, and yields between slices. */
async function power(
  base: bigint,
  exponent: number,
  modulus: bigint,
  bits: number,
): Promise<bigint> {
  let left = SLICE / bits ** 2;
  let result = base;
  for (const bit of exponent.toString(2).slice(1)) {
    if (left < 1) {
      await new Promise((resolve) => setTimeout(resolve));
      left = SLICE / bits ** 2;
    }
    result = result * result % modulus;
    if (bit === "1") result = result * base % modulus;
    left -= 1 + Number(bit);
  }
  return result;
}

/** EMSA-PKCS1-v1_5-ENCODE (RFC 8017, Section 9.2), with the parameters NULL. */
async function pkcs1Encoding(
  hash: HashName,
  data: Uint8Array<ArrayBuffer>,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const digest = await digestOf(hash, data);
  const info = new DerWriter().sequence((w) => {
    w.sequence((w) => w.oid(HASH_OIDS[hash]).null()).octetString(digest);
  }).finish();
  const encoded = new Uint8Array(length).fill(0xff);
  encoded[0] = 0;
  encoded[1] = 1;
  encoded[length - info.length - 1] = 0;
  encoded.set(info, length - info.length);
  return encoded;
}

const HASH_OIDS: Readonly<Record<HashName, string>> = {
  "SHA-1": OIDS.sha1,
  "SHA-256": OIDS.sha256,
  "SHA-384": OIDS.sha384,
  "SHA-512": OIDS.sha512,
};

/**
 * Returns whether bytes are EMSA-PSS-ENCODE of the data with the salt in them (RFC 8017, Section
 * 9.1): the encoding is made anew, and compared as a whole.
 */
async function isPssEncoding(
  hash: HashName,
  data: Uint8Array<ArrayBuffer>,
  block: Uint8Array<ArrayBuffer>,
  bits: number,
  saltLength: number,
): Promise<boolean> {
  const length = Math.ceil(bits / 8);
  // Where bits is a multiple of 8, the encoding is a byte shorter than the modulus
  if (block.length > length && block[0] !== 0) return false;
  const encoded = block.subarray(block.length - length);
  const digest = await digestOf(hash, data);
  const saltEnd = length - digest.length - 1;
  const mask = await mgf1(hash, encoded.slice(saltEnd, -1), saltEnd);
  const saltStart = saltEnd - saltLength;
  const salt = mask.slice(saltStart).map((byte, i) => byte ^ encoded[saltStart + i]!);
  const expected = new Uint8Array(length);
  expected[saltStart - 1] = 1;
  expected.set(salt, saltStart);
  for (let i = 0; i < saltEnd; i++) expected[i]! ^= mask[i]!;
  expected[0]! &= 0xff >> (8 * length - bits);
  expected.set(await digestOf(hash, concat([new Uint8Array(8), digest, salt])), saltEnd);
  expected[length - 1] = 0xbc;
  return bytesEqual(encoded, expected);
}

/** RFC 8017, Appendix B.2.1. */
async function mgf1(
  hash: HashName,
  seed: Uint8Array<ArrayBuffer>,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const blocks = Array.from({ length: Math.ceil(length / seed.length) }, (_, i) => {
    const input = concat([seed, new Uint8Array(4)]);
    new DataView(input.buffer).setUint32(seed.length, i);
    return digestOf(hash, input);
  });
  return concat(await Promise.all(blocks)).slice(0, length);
}

async function digestOf(
  hash: HashName,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest(hash, data));
}

function toBytes(value: bigint, length: number): Uint8Array<ArrayBuffer> {
  return fromHex(value.toString(16).padStart(2 * length, "0"));
}
