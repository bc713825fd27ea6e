// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Check, kindOf } from "../base/options.ts";
import type { SubjectPublicKeyInfo } from "./spki.ts";

/**
 * The name of a signature scheme (RFC 8446, Section 4.2.3), also used for X.509 signatures.
 *
 * `rsa_pkcs1_*` are for certificates and TLS 1.2 only.
 *
 * @category Keys
 */
export type SignatureScheme =
  | "rsa_pkcs1_sha1"
  | "rsa_pkcs1_sha256"
  | "rsa_pkcs1_sha384"
  | "rsa_pkcs1_sha512"
  | "rsa_pss_rsae_sha256"
  | "rsa_pss_rsae_sha384"
  | "rsa_pss_rsae_sha512"
  | "rsa_pss_pss_sha256"
  | "rsa_pss_pss_sha384"
  | "rsa_pss_pss_sha512"
  | "ecdsa_sha1"
  | "ecdsa_secp256r1_sha256"
  | "ecdsa_secp384r1_sha384"
  | "ecdsa_secp521r1_sha512"
  | "ed25519"
  | "mldsa44"
  | "mldsa65"
  | "mldsa87";

/**
 * The name of the curve of an ECDSA key.
 *
 * @category Keys
 */
export type EcCurve = "P-256" | "P-384" | "P-521";

/**
 * The name of a hash function in WebCrypto.
 *
 * @category Keys
 */
export type HashName = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/**
 * The kind of a public or private key.
 *
 * @category Keys
 */
export type KeyAlgorithm =
  | { readonly type: "rsa"; readonly modulusLength: number }
  | {
    readonly type: "rsa-pss";
    readonly modulusLength: number;
    /** The only hash that the key may be used with (RFC 4055, Section 3.1); any if absent. */
    readonly hash?: HashName;
    /** The minimum salt length in bytes (RFC 4055, Section 3.1); any if absent. */
    readonly saltLength?: number;
  }
  | { readonly type: "ec"; readonly curve: EcCurve }
  | { readonly type: "ed25519" }
  | { readonly type: "mldsa44" | "mldsa65" | "mldsa87" }
  | {
    /** Of certificates that are verified only: no private key is of this kind. */
    readonly type: "slhdsa";
    /** The parameter set (FIPS 205). */
    readonly parameterSet: `SLH-DSA-${"SHA2" | "SHAKE"}-${128 | 192 | 256}${"s" | "f"}`;
  };

/**
 * A private key that signs. It may be stored in WebCrypto, an NSS database, a smart card or a
 * remote service; the interface never exposes the key material.
 *
 * @category Keys
 */
export interface PrivateKey {
  /** The kind of key, which determines the schemes that {@linkcode PrivateKey.sign} accepts. */
  readonly algorithm: KeyAlgorithm;

  /** The schemes that the key can sign with; all that its algorithm allows if absent. */
  readonly schemes?: readonly SignatureScheme[];

  /** The public key, if known; required to create certificates, not to sign. */
  readonly publicKey?: SubjectPublicKeyInfo;

  /**
   * Signs data.
   *
   * @param scheme The signature scheme.
   * @param data The data to sign, not hashed.
   * @returns The signature as in X.509 and TLS; of ECDSA the DER of `Ecdsa-Sig-Value`.
   * @throws {NssError} `SEC_ERROR_INVALID_ALGORITHM` if the key does not support the scheme.
   */
  sign(scheme: SignatureScheme, data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** Accepts any object that signs, of whatever class. */
export const isPrivateKey: Check = (value, name) => {
  if (typeof value === "object" && value !== null) {
    if ("sign" in value && "algorithm" in value) return null;
    if ("privateKey" in value) return `${name} is a key pair; did you mean its privateKey?`;
  }
  return `${name} is ${kindOf(value)}, not a PrivateKey; importPrivateKey(key) makes one`;
};
