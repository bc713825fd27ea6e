// Copyright 2026 the NSS for Deno authors. MIT license.

import type {
  EcCurve,
  HashName,
  KeyAlgorithm,
  SignatureScheme,
} from "../../cert/certificate/private_key.ts";
import type { CipherSuiteName, Tls12CipherSuiteName } from "./cipher_suites.ts";
import type { NamedGroupName } from "./named_groups.ts";
import { DEFAULT_SIGNATURE_SCHEMES } from "./signature_schemes.ts";
import type { ProtocolVersion } from "./versions.ts";

/**
 * The name of a policy preset.
 *
 * @category Versions, suites and groups
 */
export type PolicyPresetName =
  | "modern"
  | "compatible"
  | "cnsa-1.0"
  | "cnsa-2.0"
  | "cnsa-2.0-transitional"
  | "pci-dss-4";

/**
 * The requirements of a preset on the certificates of both ends.
 *
 * @category Versions, suites and groups
 */
export interface CertificateRules {
  /** The minimum length of an RSA modulus in bits. */
  readonly minRsaBits: number;
  /** The permitted lengths of an RSA modulus in bits; `null` for any that is long enough. */
  readonly rsaBits: readonly number[] | null;
  /** The permitted types of keys. */
  readonly keyTypes: readonly KeyAlgorithm["type"][];
  /** The permitted curves of ECDSA keys. */
  readonly curves: readonly EcCurve[];
  /**
   * The permitted hashes of the signatures of the path, except the anchor's; `null` for any that
   * verification accepts. Signatures that define their own, such as ML-DSA's, are permitted with
   * their kind of key.
   */
  readonly signatureHashes: readonly HashName[] | null;
}

/**
 * A published security policy, as far as it can be enforced here.
 *
 * @category Versions, suites and groups
 */
export interface PolicyPreset {
  /** The name. */
  readonly name: PolicyPresetName;
  /** The source of its rules. */
  readonly source: {
    /** The title of the document. */
    readonly title: string;
    /** The URL of the document. */
    readonly url: string;
    /** A quotation of the document. */
    readonly quote: string;
  };
  /** The oldest protocol version. */
  readonly minVersion: ProtocolVersion;
  /** The newest protocol version. */
  readonly maxVersion: ProtocolVersion;
  /** The cipher suites, in preference order. */
  readonly cipherSuites: readonly (CipherSuiteName | Tls12CipherSuiteName)[];
  /** The key exchange groups, in preference order. */
  readonly groups: readonly NamedGroupName[];
  /** The signature schemes, in preference order. */
  readonly signatureSchemes: readonly SignatureScheme[];
  /** The requirements on certificates. */
  readonly certificates: CertificateRules;
  /** Whether TLS 1.2 requires the extended master secret (RFC 7627). */
  readonly requiresExtendedMasterSecret: boolean;
  /** Whether neither end sends or takes early data. */
  readonly forbidsEarlyData?: true;
  /** Whether both ends authenticate by certificates: not by external PSKs or raw public keys. */
  readonly requiresCertificates?: true;
  /** The requirements of the source that a TLS stack cannot enforce, and the differences to it. */
  readonly notEnforced: readonly string[];
}

const AEAD_OF_TLS12: readonly Tls12CipherSuiteName[] = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

const ALL_OF_TLS13: readonly CipherSuiteName[] = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
];

const MOZILLA_GROUPS: readonly NamedGroupName[] = ["x25519", "secp256r1", "secp384r1"];

/** What no preset of CNSA can enforce. */
const NOT_ENFORCED_OF_CNSA: readonly string[] = [
  "That the cryptographic module is validated: WebCrypto's is the runtime's",
  "What an authCertificate hook of your own does not check: the keys and hashes above the peer's own certificate are " +
  "checked by authCertificate",
  "The signature of a self-issued anchor's own certificate, which proves nothing",
  'Revocation: call authCertificate with { revocation: { policy: "hard" } } in a hook',
  "Where private keys live and how they are made",
];

const KEYS_OF_112_BITS: CertificateRules = {
  minRsaBits: 2048,
  rsaBits: null,
  keyTypes: ["ec", "ed25519", "rsa", "rsa-pss", "mldsa44", "mldsa65", "mldsa87", "slhdsa"],
  curves: ["P-256", "P-384", "P-521"],
  signatureHashes: null,
};

/**
 * The presets.
 *
 * @category Versions, suites and groups
 */
export const POLICY_PRESETS: readonly PolicyPreset[] = [
  {
    name: "modern",
    source: {
      title: "Mozilla, Security/Server Side TLS, Modern compatibility",
      url: "https://wiki.mozilla.org/Security/Server_Side_TLS",
      quote:
        "For services with clients that support TLS 1.3 and don't need backward compatibility, the Modern configuration " +
        "provides an extremely high level of security.",
    },
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    cipherSuites: ALL_OF_TLS13,
    groups: ["X25519MLKEM768", ...MOZILLA_GROUPS],
    signatureSchemes: DEFAULT_SIGNATURE_SCHEMES,
    certificates: KEYS_OF_112_BITS,
    requiresExtendedMasterSecret: false,
    notEnforced: [
      "Mozilla requires ECDSA certificates of P-256 that are valid for at most 90 days; here RSA of 2048 bits and more is accepted, too, " +
      "since clients would reach few servers otherwise, and any validity period",
      "X25519MLKEM768 precedes Mozilla's groups (X25519, P-256, P-384), against later decryption of recorded traffic",
    ],
  },
  {
    name: "compatible",
    source: {
      title: "Mozilla, Security/Server Side TLS, Intermediate compatibility",
      url: "https://wiki.mozilla.org/Security/Server_Side_TLS",
      quote: "Intermediate: Recommended configuration for a general-purpose server",
    },
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.3",
    cipherSuites: [...ALL_OF_TLS13, ...AEAD_OF_TLS12],
    groups: MOZILLA_GROUPS,
    signatureSchemes: DEFAULT_SIGNATURE_SCHEMES,
    certificates: KEYS_OF_112_BITS,
    requiresExtendedMasterSecret: false,
    notEnforced: [
      "Mozilla's list ends with suites of finite-field Diffie-Hellman, which WebCrypto lacks; every client of its list supports others",
    ],
  },
  {
    name: "cnsa-1.0",
    source: {
      title:
        "RFC 9151, Commercial National Security Algorithm (CNSA) Suite Profile for TLS and DTLS 1.2 and 1.3",
      url: "https://www.rfc-editor.org/rfc/rfc9151",
      quote:
        "This document defines a base profile for TLS protocol versions 1.2 and 1.3 [...] for use with the US Commercial " +
        "National Security Algorithm (CNSA) Suite.",
    },
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.3",
    cipherSuites: [
      "TLS_AES_256_GCM_SHA384",
      "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
      "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    ],
    groups: ["secp384r1"],
    signatureSchemes: [
      "ecdsa_secp384r1_sha384",
      "rsa_pss_rsae_sha384",
      "rsa_pss_pss_sha384",
      "rsa_pkcs1_sha384",
    ],
    certificates: {
      minRsaBits: 3072,
      // RFC 9151, Section 5.2: "only two modulus sizes (3072 bits and 4096 bits) are supported by
      // this profile".
      rsaBits: [3072, 4096],
      keyTypes: ["ec", "rsa", "rsa-pss"],
      curves: ["P-384"],
      signatureHashes: ["SHA-384"],
    },
    requiresExtendedMasterSecret: true,
    forbidsEarlyData: true,
    // RFC 9151, Section 4.2: keys that verify signatures of a handshake are in certificates.
    requiresCertificates: true,
    notEnforced: [
      ...NOT_ENFORCED_OF_CNSA,
      "RSA key transport, DHE and ffdhe3072/ffdhe4096, which the profile also allows: WebCrypto lacks them",
    ],
  },
  {
    name: "cnsa-2.0",
    source: {
      title:
        "draft-becker-cnsa2-tls-profile, Commercial National Security Algorithm (CNSA) Suite 2.0 Profile for TLS 1.3",
      url: "https://datatracker.ietf.org/doc/draft-becker-cnsa2-tls-profile/",
      quote:
        "This document defines a base profile of TLS 1.3 which is compliant with the US Commercial National Security " +
        "Algorithm (CNSA) 2.0 Suite, a cybersecurity advisory published by the United States Government which outlines " +
        "quantum-resistant cryptographic algorithm policy for US national security applications.",
    },
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    cipherSuites: ["TLS_AES_256_GCM_SHA384"],
    groups: ["MLKEM1024"],
    signatureSchemes: ["mldsa87"],
    certificates: {
      minRsaBits: 3072,
      rsaBits: [],
      keyTypes: ["mldsa87"],
      curves: [],
      signatureHashes: [],
    },
    requiresExtendedMasterSecret: true,
    forbidsEarlyData: true,
    requiresCertificates: true,
    notEnforced: [
      ...NOT_ENFORCED_OF_CNSA,
      "What the draft may still change: it is a work in progress, and so is the code point of ML-KEM-1024 " +
      "(draft-ietf-tls-mlkem)",
      "The profile of certificates and CRLs (draft-jenkins-cnsa2-pkix-profile), but for keys and signatures",
    ],
  },
  {
    name: "cnsa-2.0-transitional",
    source: {
      title: "NSA, The Commercial National Security Algorithm Suite 2.0 and Quantum Computing FAQ",
      url: "https://media.defense.gov/2022/Sep/07/2003071836/-1/-1/0/CSI_CNSA_2.0_FAQ_.PDF",
      quote:
        "CNSA 2.0 algorithms will be required for all products that employ public-standard algorithms in NSS, whether a " +
        "future design or currently fielded. Any usage of Suite B or CNSA 1.0 algorithms will be required to transition to " +
        "CNSA 2.0.",
    },
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    cipherSuites: ["TLS_AES_256_GCM_SHA384"],
    groups: ["MLKEM1024", "SecP384r1MLKEM1024"],
    signatureSchemes: [
      "mldsa87",
      "ecdsa_secp384r1_sha384",
      "rsa_pss_rsae_sha384",
      "rsa_pss_pss_sha384",
      "rsa_pkcs1_sha384",
    ],
    certificates: {
      minRsaBits: 3072,
      rsaBits: [3072, 4096],
      keyTypes: ["mldsa87", "ec", "rsa", "rsa-pss"],
      curves: ["P-384"],
      signatureHashes: ["SHA-384"],
    },
    requiresExtendedMasterSecret: true,
    forbidsEarlyData: true,
    requiresCertificates: true,
    notEnforced: [
      ...NOT_ENFORCED_OF_CNSA,
      "When the transition ends: the dates differ by kind of product",
      "No document has this profile: it is cnsa-2.0 with the certificates of cnsa-1.0 (ECDSA on P-384, RSA with SHA-384), " +
      "since those of ML-DSA come last, and with SecP384r1MLKEM1024, for peers without ML-KEM-1024 alone; key exchange " +
      "without ML-KEM is left out, against later decryption of recorded traffic",
    ],
  },
  {
    name: "pci-dss-4",
    source: {
      title: "PCI Security Standards Council, glossary of PCI DSS v4, Strong Cryptography",
      url: "https://www.pcisecuritystandards.org/glossary/strong-cryptography/",
      quote:
        "Cryptography based on industry-tested and accepted algorithms, along with key lengths that provide a minimum of " +
        "112-bits of effective key strength and proper key-management practices. [...] AES (128 bits and higher), TDES/TDEA " +
        "(triple-length keys), RSA (2048 bits and higher), ECC (224 bits and higher)",
    },
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.3",
    cipherSuites: [...ALL_OF_TLS13, ...AEAD_OF_TLS12],
    groups: [
      "X25519MLKEM768",
      "SecP256r1MLKEM768",
      "SecP384r1MLKEM1024",
      "x25519",
      "secp256r1",
      "secp384r1",
      "secp521r1",
    ],
    signatureSchemes: DEFAULT_SIGNATURE_SCHEMES,
    certificates: KEYS_OF_112_BITS,
    requiresExtendedMasterSecret: false,
    notEnforced: [
      'Requirement 4.2.1, that certificates "are confirmed as valid and are not expired or revoked": expiry always is; ' +
      'for revocation call authCertificate with { revocation: { policy: "hard" } } in a hook',
      "Requirement 4.2.1.1, an inventory of trusted keys and certificates",
      "Key management, and the judgement of an assessor",
    ],
  },
];

const BY_NAME: ReadonlyMap<string, PolicyPreset> = new Map(
  POLICY_PRESETS.map((preset) => [preset.name, preset]),
);

/**
 * Returns the preset of a name.
 *
 * @param name The name.
 * @returns The preset, or `undefined` if there is none.
 */
export function policyPresetByName(name: string): PolicyPreset | undefined {
  return BY_NAME.get(name);
}
