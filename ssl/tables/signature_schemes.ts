// Copyright 2026 the NSS for Deno authors. MIT license.

import { supports } from "../../cert/base/webcrypto.ts";
import type {
  EcCurve,
  HashName,
  KeyAlgorithm,
  SignatureScheme,
} from "../../cert/certificate/private_key.ts";

/** A signature scheme. */
export interface SignatureSchemeRow {
  /** The code point. */
  readonly id: number;
  /** The RFC's name. */
  readonly scheme: SignatureScheme;
  /** The type of its keys. */
  readonly keyType: KeyAlgorithm["type"];
  /** The curve to which TLS 1.3, unlike TLS 1.2, binds an ECDSA scheme. */
  readonly curve?: EcCurve;
  /** The hash; `null` if the scheme defines its own. */
  readonly hash: HashName | null;
  /**
   * Whether a TLS 1.3 CertificateVerify may use it; the others are for certificates and TLS 1.2.
   */
  readonly tls13: boolean;
  /** The code point for signatures of TLS 1.3's clients alone (RFC 9963), if that is another. */
  readonly clientId?: number;
  /** Whether TLS 1.2 may use it; ML-DSA is for TLS 1.3 only (draft-ietf-tls-mldsa, Section 4). */
  readonly tls12: boolean;
}

/**
 * The signature schemes of RFC 8446, Section 4.2.3, and ML-DSA's, in preference order.
 *
 * ECDSA comes first, as it is the fastest with a hardware key and the most common; then RSA-PSS.
 * ML-DSA, which no public certificate uses yet, comes behind what TLS 1.3 signs with today, the
 * shortest signatures first. PKCS#1 is for certificates and TLS 1.2: TLS 1.3 does not sign with it.
 * SHA-1 comes last, for certificates only.
 */
export const SIGNATURE_SCHEMES: readonly SignatureSchemeRow[] = [
  {
    id: 0x0403,
    scheme: "ecdsa_secp256r1_sha256",
    keyType: "ec",
    curve: "P-256",
    hash: "SHA-256",
    tls13: true,
    tls12: true,
  },
  {
    id: 0x0503,
    scheme: "ecdsa_secp384r1_sha384",
    keyType: "ec",
    curve: "P-384",
    hash: "SHA-384",
    tls13: true,
    tls12: true,
  },
  {
    id: 0x0603,
    scheme: "ecdsa_secp521r1_sha512",
    keyType: "ec",
    curve: "P-521",
    hash: "SHA-512",
    tls13: true,
    tls12: true,
  },
  { id: 0x0807, scheme: "ed25519", keyType: "ed25519", hash: null, tls13: true, tls12: true },
  {
    id: 0x0804,
    scheme: "rsa_pss_rsae_sha256",
    keyType: "rsa",
    hash: "SHA-256",
    tls13: true,
    tls12: true,
  },
  {
    id: 0x0805,
    scheme: "rsa_pss_rsae_sha384",
    keyType: "rsa",
    hash: "SHA-384",
    tls13: true,
    tls12: true,
  },
  {
    id: 0x0806,
    scheme: "rsa_pss_rsae_sha512",
    keyType: "rsa",
    hash: "SHA-512",
    tls13: true,
    tls12: true,
  },
  {
    id: 0x0809,
    scheme: "rsa_pss_pss_sha256",
    keyType: "rsa-pss",
    hash: "SHA-256",
    tls13: true,
    tls12: true,
  },
  {
    id: 0x080a,
    scheme: "rsa_pss_pss_sha384",
    keyType: "rsa-pss",
    hash: "SHA-384",
    tls13: true,
    tls12: true,
  },
  {
    id: 0x080b,
    scheme: "rsa_pss_pss_sha512",
    keyType: "rsa-pss",
    hash: "SHA-512",
    tls13: true,
    tls12: true,
  },
  { id: 0x0904, scheme: "mldsa44", keyType: "mldsa44", hash: null, tls13: true, tls12: false },
  { id: 0x0905, scheme: "mldsa65", keyType: "mldsa65", hash: null, tls13: true, tls12: false },
  { id: 0x0906, scheme: "mldsa87", keyType: "mldsa87", hash: null, tls13: true, tls12: false },
  {
    id: 0x0401,
    clientId: 0x0420,
    scheme: "rsa_pkcs1_sha256",
    keyType: "rsa",
    hash: "SHA-256",
    tls13: false,
    tls12: true,
  },
  {
    id: 0x0501,
    clientId: 0x0520,
    scheme: "rsa_pkcs1_sha384",
    keyType: "rsa",
    hash: "SHA-384",
    tls13: false,
    tls12: true,
  },
  {
    id: 0x0601,
    clientId: 0x0620,
    scheme: "rsa_pkcs1_sha512",
    keyType: "rsa",
    hash: "SHA-512",
    tls13: false,
    tls12: true,
  },
  { id: 0x0203, scheme: "ecdsa_sha1", keyType: "ec", hash: "SHA-1", tls13: false, tls12: true },
  {
    id: 0x0201,
    scheme: "rsa_pkcs1_sha1",
    keyType: "rsa",
    hash: "SHA-1",
    tls13: false,
    tls12: true,
  },
];

const BY_ID: ReadonlyMap<number, SignatureSchemeRow> = new Map(
  SIGNATURE_SCHEMES.map((row) => [row.id, row]),
);
const BY_NAME: ReadonlyMap<string, SignatureSchemeRow> = new Map(
  SIGNATURE_SCHEMES.map((row) => [row.scheme, row]),
);

/**
 * Returns the row of a code point.
 *
 * @param id The code point.
 * @returns The row, or `undefined` if the scheme is not supported.
 */
export function signatureSchemeById(id: number): SignatureSchemeRow | undefined {
  return BY_ID.get(id);
}

/**
 * Returns the row of a signature scheme.
 *
 * @param scheme The name in the RFC.
 * @returns The row, or `undefined` if the scheme is not supported.
 */
export function signatureSchemeByName(scheme: string): SignatureSchemeRow | undefined {
  return BY_NAME.get(scheme);
}

/** Returns whether TLS 1.2 may use a scheme. */
export function isTls12Scheme(scheme: SignatureScheme): boolean {
  return BY_NAME.get(scheme)!.tls12;
}

/** WebCrypto's names of the algorithms that not every runtime has. */
const NEW_ALGORITHMS: ReadonlyMap<SignatureSchemeRow["keyType"], string> = new Map([
  ["mldsa44", "ML-DSA-44"],
  ["mldsa65", "ML-DSA-65"],
  ["mldsa87", "ML-DSA-87"],
]);

/** Returns whether the runtime has a scheme; one that cannot be asked has no ML-DSA. */
export function isSchemeAvailable(scheme: SignatureScheme): boolean {
  const name = NEW_ALGORITHMS.get(BY_NAME.get(scheme)!.keyType);
  return name === undefined || supports("importKey", { name }, false);
}

/** The schemes enabled by default, in preference order: all but those with SHA-1. */
export const DEFAULT_SIGNATURE_SCHEMES: readonly SignatureScheme[] = SIGNATURE_SCHEMES
  .filter(({ hash }) => hash !== "SHA-1").map(({ scheme }) => scheme);
