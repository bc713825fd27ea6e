// Copyright 2026 the NSS for Deno authors. MIT license.

/** The name of a cipher suite, as IANA writes it. */
export type CipherSuiteName =
  | "TLS_AES_128_GCM_SHA256"
  | "TLS_CHACHA20_POLY1305_SHA256"
  | "TLS_AES_256_GCM_SHA384";

/** One cipher suite. */
export interface CipherSuite {
  /** The number of the wire. */
  readonly id: number;
  /** IANA's name. */
  readonly name: CipherSuiteName;
  /** What protects the records. */
  readonly aead: "AES-GCM" | "ChaCha20-Poly1305";
  /** The length of the AEAD's key in bytes. */
  readonly keyLength: number;
  /** The hash of the key schedule and of the transcript. */
  readonly hash: "SHA-256" | "SHA-384";
  /** The length of the hash's output in bytes. */
  readonly hashLength: number;
  /** How many records one key may protect. */
  readonly maxRecords: number;
}

/**
 * How many full-size records AES-GCM may protect under one key: 2^24.5 (RFC 8446, Section 5.5).
 */
export const MAX_RECORDS_AES_GCM: number = Math.floor(2 ** 24.5);

/**
 * ChaCha20-Poly1305 has no limit below the sequence number's own (RFC 8446, Section 5.5); NSS stops at
 * 2^48, which a number holds exactly.
 */
export const MAX_RECORDS_CHACHA20_POLY1305: number = 2 ** 48;

/**
 * The cipher suites of RFC 8446, Appendix B.4, in NSS's order of preference.
 *
 * All three are authenticated encryption; TLS_AES_128_CCM_SHA256 and its short-tag sister are left out:
 * WebCrypto has no CCM.
 */
export const CIPHER_SUITES: readonly CipherSuite[] = [
  {
    id: 0x1301,
    name: "TLS_AES_128_GCM_SHA256",
    aead: "AES-GCM",
    keyLength: 16,
    hash: "SHA-256",
    hashLength: 32,
    maxRecords: MAX_RECORDS_AES_GCM,
  },
  {
    id: 0x1303,
    name: "TLS_CHACHA20_POLY1305_SHA256",
    aead: "ChaCha20-Poly1305",
    keyLength: 32,
    hash: "SHA-256",
    hashLength: 32,
    maxRecords: MAX_RECORDS_CHACHA20_POLY1305,
  },
  {
    id: 0x1302,
    name: "TLS_AES_256_GCM_SHA384",
    aead: "AES-GCM",
    keyLength: 32,
    hash: "SHA-384",
    hashLength: 48,
    maxRecords: MAX_RECORDS_AES_GCM,
  },
];

const BY_ID: ReadonlyMap<number, CipherSuite> = new Map(
  CIPHER_SUITES.map((suite) => [suite.id, suite]),
);
const BY_NAME: ReadonlyMap<string, CipherSuite> = new Map(
  CIPHER_SUITES.map((suite) => [suite.name, suite]),
);

/**
 * Finds a cipher suite by its number.
 *
 * @param id The number of the wire.
 * @returns The suite, or `undefined` for one that this package does not have.
 */
export function cipherSuiteById(id: number): CipherSuite | undefined {
  return BY_ID.get(id);
}

/**
 * Finds a cipher suite by its name.
 *
 * @param name IANA's name.
 * @returns The suite, or `undefined` for one that this package does not have.
 */
export function cipherSuiteByName(name: string): CipherSuite | undefined {
  return BY_NAME.get(name);
}
