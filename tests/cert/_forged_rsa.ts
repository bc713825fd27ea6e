// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * RSA keys of any size with one signature, without a private key: of the exponent 3, the modulus is
 * the difference of a cube and the message representative, so that the root signs it.
 *
 * @module
 */

import type { HashName } from "../../cert/certificate/private_key.ts";
import {
  parseSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from "../../cert/certificate/spki.ts";
import { concat } from "../../cert/base/bytes.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { OIDS } from "../../cert/der/oids.ts";

/** A public key with a signature by it. */
export interface ForgedRsa {
  /** The key. */
  readonly publicKey: SubjectPublicKeyInfo;
  /** The signature, as long as the modulus. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** The DER before a digest (RFC 8017, Section 9.2, note 1). */
const DIGEST_INFOS: Readonly<Record<HashName, string>> = {
  "SHA-1": "3021300906052b0e03021a05000414",
  "SHA-256": "3031300d060960864801650304020105000420",
  "SHA-384": "3041300d060960864801650304020205000430",
  "SHA-512": "3051300d060960864801650304020305000440",
};

async function digest(hash: HashName, data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest(hash, data));
}

/** EMSA-PKCS1-v1_5-ENCODE for a modulus of so many bits, in bytes as many as it has. */
export async function pkcs1Block(
  bits: number,
  hash: HashName,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const info = DIGEST_INFOS[hash] + (await digest(hash, data)).toHex();
  const padding = Math.ceil(bits / 8) - info.length / 2 - 3;
  return Uint8Array.fromHex(`0001${"ff".repeat(padding)}00${info}`);
}

/** EMSA-PSS-ENCODE likewise, with a salt as long as the digest. */
export async function pssBlock(
  bits: number,
  hash: HashName,
  data: Uint8Array<ArrayBuffer>,
  salt?: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = Math.ceil((bits - 1) / 8);
  const digested = await digest(hash, data);
  salt ??= digested.toReversed();
  const h = await digest(hash, concat([new Uint8Array(8), digested, salt]));
  const db = new Uint8Array(length - h.length - 1);
  db[db.length - salt.length - 1] = 1;
  db.set(salt, db.length - salt.length);
  for (let i = 0, counter = 0; i < db.length; counter++) {
    const mask = await digest(hash, concat([h, Uint8Array.of(0, 0, counter >> 8, counter)]));
    for (let j = 0; j < mask.length && i < db.length; j++, i++) db[i]! ^= mask[j]!;
  }
  db[0]! &= 0xff >> (8 * length - bits + 1);
  return concat([new Uint8Array(Math.ceil(bits / 8) - length), db, h, Uint8Array.of(0xbc)]);
}

/** The SubjectPublicKeyInfo of a modulus and an exponent. */
export function rsaKey(modulus: bigint, exponent: bigint): SubjectPublicKeyInfo {
  const numbers = new DerWriter().sequence((w) => w.integer(modulus).integer(exponent)).finish();
  return parseSubjectPublicKeyInfo(
    new DerWriter().sequence((w) => {
      w.sequence((w) => w.oid(OIDS.rsaEncryption).null()).bitString(numbers);
    }).finish(),
  );
}

/** A key whose signature is one of the block, which must be below half of the modulus or so. */
export function forgeRsa(bits: number, block: Uint8Array): ForgedRsa {
  const message = BigInt(`0x${block.toHex()}`);
  // The greatest root whose cube is at most 2^bits + message - 1
  let root = 0n;
  const limit = (1n << BigInt(bits)) + message;
  for (let bit = 1n << BigInt(Math.ceil(bits / 3) + 1); bit > 0n; bit >>= 1n) {
    if ((root | bit) ** 3n < limit) root |= bit;
  }
  if ((root ^ message) % 2n === 0n) root--; // the modulus is to be odd
  const hex = root.toString(16).padStart(2 * Math.ceil(bits / 8), "0");
  return { publicKey: rsaKey(root ** 3n - message, 3n), signature: Uint8Array.fromHex(hex) };
}
