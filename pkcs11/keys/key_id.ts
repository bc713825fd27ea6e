// Copyright 2026 the NSS for Deno authors. MIT license.

import { DerReader } from "../../cert/der/der_reader.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";

/**
 * Gives the part of a public key that NSS knows it by: of RSA the modulus without leading zeros, of
 * others all of it (`PK11_GetPublicKeyRaw`, `CKA_NSS_DB`).
 *
 * @param publicKey The public key.
 * @returns Its value.
 */
export function publicValueOf(publicKey: SubjectPublicKeyInfo): Uint8Array<ArrayBuffer> {
  const { type } = publicKey.algorithm;
  if (type !== "rsa" && type !== "rsa-pss") return publicKey.publicKey;
  return new DerReader(publicKey.publicKey, "public key").sequence("rsaPublicKey")
    .unsignedInteger("modulus");
}

/**
 * Computes by what NSS tells keys apart (`PK11_MakeIDFromPubKey`): the SHA-1 of the public value.
 *
 * @param publicKey The public key.
 * @returns 20 bytes, which the private key, the public key and certificates share as their
 * `CKA_ID`.
 */
export async function keyIdOf(publicKey: SubjectPublicKeyInfo): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-1", publicValueOf(publicKey)));
}
