// Copyright 2026 the NSS for Deno authors. MIT license.

import { DerReader } from "../../cert/der/der_reader.ts";
import { TAG } from "../../cert/der/tag.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";

/**
 * Returns the public value by which NSS identifies a key: of RSA the modulus without leading zeros,
 * of others the whole key (`PK11_GetPublicKeyRaw`, `CKA_NSS_DB`).
 *
 * @param publicKey The public key.
 * @returns The public value.
 */
export function publicValueOf(publicKey: SubjectPublicKeyInfo): Uint8Array<ArrayBuffer> {
  const { type } = publicKey.algorithm;
  if (type !== "rsa" && type !== "rsa-pss") return publicKey.publicKey;
  return new DerReader(publicKey.publicKey, "public key").sequence("rsaPublicKey")
    .unsignedInteger("modulus");
}

/**
 * Computes the id of a key (`PK11_MakeIDFromPubKey`): the SHA-1 of its public value.
 *
 * @param publicKey The public key.
 * @returns The 20 bytes of `CKA_ID`, which private key, public key and certificates share.
 */
export async function keyIdOf(publicKey: SubjectPublicKeyInfo): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-1", publicValueOf(publicKey)));
}

/** The lengths of keys of X25519 and Ed25519, and of uncompressed points of P-256, P-384, P-521. */
const BARE_LENGTHS: ReadonlySet<number> = new Set([32, 65, 97, 133]);

/**
 * Returns the point of a `CKA_EC_POINT`. PKCS#11 has it in an OCTET STRING, since 3.0 for Edwards
 * curves too; some modules have it in a BIT STRING, as in X.509, and some bare. A bare one is told
 * by its length: it begins with 4, which is also the tag of an OCTET STRING.
 *
 * @param stored The value of the attribute.
 * @returns The point; what is neither is returned as it is.
 */
export function pointOf(stored: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (BARE_LENGTHS.has(stored.length)) return stored;
  try {
    const reader = new DerReader(stored, "point");
    const point = stored[0] === TAG.bitString ? reader.bitStringBytes("") : reader.octetString("");
    reader.finish();
    return point;
  } catch {
    return stored;
  }
}
