// Copyright 2026 the NSS for Deno authors. MIT license.

import { DerReader } from "../../cert/der/der_reader.ts";
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
