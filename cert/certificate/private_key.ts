// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SubjectPublicKeyInfo } from "./spki.ts";

/**
 * A way to sign: the names of RFC 8446, Section 4.2.3, which X.509 signatures share.
 *
 * `rsa_pkcs1_*` are for certificates (and TLS 1.2) only.
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

/** The names of the curves that ECDSA keys may lie on. */
export type EcCurve = "P-256" | "P-384" | "P-521";

/** The hash functions that signatures and key schedules use, by their WebCrypto names. */
export type HashName = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** What kind of key a public or private key is. */
export type KeyAlgorithm =
  | { readonly type: "rsa"; readonly modulusLength: number }
  | {
    readonly type: "rsa-pss";
    readonly modulusLength: number;
    /** The only hash that the key may sign with (RFC 4055, Section 3.1); any where absent. */
    readonly hash?: HashName;
    /** The least salt length in bytes that the key allows; none where absent. */
    readonly saltLength?: number;
  }
  | { readonly type: "ec"; readonly curve: EcCurve }
  | { readonly type: "ed25519" }
  | { readonly type: "mldsa44" | "mldsa65" | "mldsa87" };

/**
 * A private key that signs, wherever it lives: in WebCrypto, in an NSS database, in a smart card or
 * in a service across the network. The key material itself is never asked for.
 */
export interface PrivateKey {
  /** What kind of key this is; decides which schemes {@linkcode PrivateKey.sign} accepts. */
  readonly algorithm: KeyAlgorithm;

  /** The only schemes that the key can sign with; all that its algorithm allows where absent. */
  readonly schemes?: readonly SignatureScheme[];

  /** The public half where it is known; needed to make certificates, not to sign. */
  readonly publicKey?: SubjectPublicKeyInfo;

  /**
   * Signs data.
   *
   * @param scheme How to sign.
   * @param data What to sign; hashing is the key's part.
   * @returns The signature as X.509 and TLS carry it (an ECDSA signature is the DER
   * `Ecdsa-Sig-Value`).
   * @throws {NssError} `SEC_ERROR_INVALID_ALGORITHM` if the key cannot sign in that way.
   */
  sign(scheme: SignatureScheme, data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}
