// Copyright 2026 the NSS for Deno authors. MIT license.

import type {
  EcCurve,
  HashName,
  KeyAlgorithm,
  SignatureScheme,
} from "../../cert/certificate/private_key.ts";

/** One signature scheme. */
export interface SignatureSchemeRow {
  /** The number of the wire. */
  readonly id: number;
  /** The RFC's name. */
  readonly scheme: SignatureScheme;
  /** What kind of key signs so. */
  readonly keyType: KeyAlgorithm["type"];
  /** The curve that TLS 1.3 binds an ECDSA scheme to; TLS 1.2 does not. */
  readonly curve?: EcCurve;
  /** The hash; `null` where the scheme hashes in a way of its own. */
  readonly hash: HashName | null;
  /** Whether it may sign a TLS 1.3 CertificateVerify; the others are for certificates and TLS 1.2. */
  readonly tls13: boolean;
}

/**
 * The signature schemes of RFC 8446, Section 4.2.3, and ML-DSA's, in order of preference.
 *
 * Elliptic curves come before RSA, since they sign and verify cheaper; ML-DSA comes after them: no
 * public certificate has such a key yet. SHA-1 stands at the end, for certificates alone
 * (RFC 8446, Section 4.2.3).
 */
export const SIGNATURE_SCHEMES: readonly SignatureSchemeRow[] = [
  {
    id: 0x0403,
    scheme: "ecdsa_secp256r1_sha256",
    keyType: "ec",
    curve: "P-256",
    hash: "SHA-256",
    tls13: true,
  },
  {
    id: 0x0503,
    scheme: "ecdsa_secp384r1_sha384",
    keyType: "ec",
    curve: "P-384",
    hash: "SHA-384",
    tls13: true,
  },
  {
    id: 0x0603,
    scheme: "ecdsa_secp521r1_sha512",
    keyType: "ec",
    curve: "P-521",
    hash: "SHA-512",
    tls13: true,
  },
  { id: 0x0807, scheme: "ed25519", keyType: "ed25519", hash: null, tls13: true },
  { id: 0x0905, scheme: "mldsa65", keyType: "mldsa65", hash: null, tls13: true },
  { id: 0x0904, scheme: "mldsa44", keyType: "mldsa44", hash: null, tls13: true },
  { id: 0x0906, scheme: "mldsa87", keyType: "mldsa87", hash: null, tls13: true },
  { id: 0x0804, scheme: "rsa_pss_rsae_sha256", keyType: "rsa", hash: "SHA-256", tls13: true },
  { id: 0x0805, scheme: "rsa_pss_rsae_sha384", keyType: "rsa", hash: "SHA-384", tls13: true },
  { id: 0x0806, scheme: "rsa_pss_rsae_sha512", keyType: "rsa", hash: "SHA-512", tls13: true },
  { id: 0x0809, scheme: "rsa_pss_pss_sha256", keyType: "rsa-pss", hash: "SHA-256", tls13: true },
  { id: 0x080a, scheme: "rsa_pss_pss_sha384", keyType: "rsa-pss", hash: "SHA-384", tls13: true },
  { id: 0x080b, scheme: "rsa_pss_pss_sha512", keyType: "rsa-pss", hash: "SHA-512", tls13: true },
  { id: 0x0401, scheme: "rsa_pkcs1_sha256", keyType: "rsa", hash: "SHA-256", tls13: false },
  { id: 0x0501, scheme: "rsa_pkcs1_sha384", keyType: "rsa", hash: "SHA-384", tls13: false },
  { id: 0x0601, scheme: "rsa_pkcs1_sha512", keyType: "rsa", hash: "SHA-512", tls13: false },
  { id: 0x0203, scheme: "ecdsa_sha1", keyType: "ec", hash: "SHA-1", tls13: false },
  { id: 0x0201, scheme: "rsa_pkcs1_sha1", keyType: "rsa", hash: "SHA-1", tls13: false },
];

const BY_ID: ReadonlyMap<number, SignatureSchemeRow> = new Map(
  SIGNATURE_SCHEMES.map((row) => [row.id, row]),
);
const BY_NAME: ReadonlyMap<string, SignatureSchemeRow> = new Map(
  SIGNATURE_SCHEMES.map((row) => [row.scheme, row]),
);

/**
 * Finds a signature scheme by its number.
 *
 * @param id The number of the wire.
 * @returns Its row, or `undefined` for a scheme that this package does not have.
 */
export function signatureSchemeById(id: number): SignatureSchemeRow | undefined {
  return BY_ID.get(id);
}

/**
 * Finds a signature scheme by its name.
 *
 * @param scheme The RFC's name.
 * @returns Its row, or `undefined` for a scheme that this package does not have.
 */
export function signatureSchemeByName(scheme: string): SignatureSchemeRow | undefined {
  return BY_NAME.get(scheme);
}

/**
 * What is enabled where nothing is set, in preference order: ECDSA first, as it is the cheapest to
 * make with a hardware key and the commonest; then RSA-PSS. PKCS#1 stands last, for certificates'
 * signatures only: TLS 1.3 does not sign with it (RFC 8446, Section 4.2.3).
 */
export const DEFAULT_SIGNATURE_SCHEMES: readonly SignatureScheme[] = [
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512",
  "ed25519",
  "rsa_pss_rsae_sha256",
  "rsa_pss_rsae_sha384",
  "rsa_pss_rsae_sha512",
  "rsa_pss_pss_sha256",
  "rsa_pss_pss_sha384",
  "rsa_pss_pss_sha512",
  "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
];
