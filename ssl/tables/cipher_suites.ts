// Copyright 2026 the NSS for Deno authors. MIT license.

import { supports } from "../../cert/base/webcrypto.ts";
import type { HashName } from "../../cert/certificate/private_key.ts";

/**
 * The IANA name of a TLS 1.3 cipher suite.
 *
 * @category Versions, suites and groups
 */
export type CipherSuiteName =
  | "TLS_AES_128_GCM_SHA256"
  | "TLS_CHACHA20_POLY1305_SHA256"
  | "TLS_AES_256_GCM_SHA384";

/** A cipher suite of TLS 1.3. */
export interface CipherSuite {
  /** The code point. */
  readonly id: number;
  /** The IANA name. */
  readonly name: CipherSuiteName;
  /** The AEAD of the records. */
  readonly aead: "AES-GCM" | "ChaCha20-Poly1305";
  /** The length of the AEAD's key in bytes. */
  readonly keyLength: number;
  /** The hash of the key schedule and of the transcript. */
  readonly hash: "SHA-256" | "SHA-384";
  /** The output length of the hash in bytes. */
  readonly hashLength: number;
  /** The maximum number of records under one key. */
  readonly maxRecords: number;
}

/**
 * The maximum number of full-size records under one key of AES-GCM: 2^24.5 (RFC 8446, Section 5.5).
 */
export const MAX_RECORDS_AES_GCM: number = Math.floor(2 ** 24.5);

/**
 * The maximum number of records under one key of ChaCha20-Poly1305, whose only limit is the
 * sequence number (RFC 8446, Section 5.5): NSS's 2^48, which a JavaScript number represents
 * exactly.
 */
export const MAX_RECORDS_CHACHA20_POLY1305: number = 2 ** 48;

/**
 * The cipher suites of RFC 8446, Appendix B.4, in NSS's preference order.
 *
 * TLS_AES_128_CCM_SHA256 and TLS_AES_128_CCM_8_SHA256 are missing: WebCrypto has no CCM.
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

/**
 * Returns the cipher suite of a code point.
 *
 * @param id The code point.
 * @returns The suite, or `undefined` if it is not supported.
 */
export function cipherSuiteById(id: number): CipherSuite | undefined {
  return BY_ID.get(id);
}

/**
 * The IANA name of a TLS 1.2 cipher suite.
 *
 * @category Versions, suites and groups
 */
export type Tls12CipherSuiteName =
  | "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
  | "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
  | "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
  | "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
  | "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
  | "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
  | "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
  | "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
  | "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
  | "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"
  | "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"
  | "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
  | "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"
  | "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"
  | "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256";

/** A cipher of records in TLS 1.2. */
export type Tls12BulkCipher = "AES-GCM" | "ChaCha20-Poly1305" | "AES-CBC";

/** Returns whether the runtime has a cipher of records; one that cannot be asked has AES only. */
export function isCipherAvailable(name: Tls12BulkCipher): boolean {
  return name.startsWith("AES") || supports("importKey", { name }, false);
}

/** A cipher suite of TLS 1.2; all use ECDHE key exchange. */
export interface Tls12CipherSuite {
  /** The code point. */
  readonly id: number;
  /** The IANA name. */
  readonly name: Tls12CipherSuiteName;
  /**
   * The authentication of the server; `"ecdsa"` includes EdDSA (RFC 8422, Section 5.10), `"psk"` is
   * that of both ends by an external pre-shared key.
   */
  readonly auth: "ecdsa" | "rsa" | "psk";
  /** The cipher of the records. */
  readonly bulk: Tls12BulkCipher;
  /** The length of the cipher's key in bytes. */
  readonly keyLength: number;
  /** The length in bytes of the part of nonces or IVs from the key block. */
  readonly fixedIvLength: number;
  /** The hash of the records' HMAC; `null` for an AEAD. */
  readonly mac: HashName | null;
  /** The length of the records' HMAC, and of its key, in bytes. */
  readonly macLength: number;
  /** The hash of the PRF and of the transcript. */
  readonly hash: "SHA-256" | "SHA-384";
  /** The output length of that hash in bytes. */
  readonly hashLength: number;
  /** The maximum number of records under one key. */
  readonly maxRecords: number;
  /** Whether it is enabled by default. */
  readonly enabledByDefault: boolean;
}

/**
 * The maximum number of full-size records under one key of AES-CBC: 2^24.5, as for AES-GCM, whose
 * blocks have the same length and so the same risk of collisions (RFC 8446, Section 5.5).
 */
export const MAX_RECORDS_AES_CBC: number = MAX_RECORDS_AES_GCM;

/** The columns that suites of one bulk cipher share. */
type Bulk = Pick<
  Tls12CipherSuite,
  "bulk" | "keyLength" | "fixedIvLength" | "maxRecords" | "enabledByDefault"
>;

// RFC 5288, Section 3: "salt" has 4 bytes, the explicit part of the nonce 8.
const AES_128_GCM: Bulk = {
  bulk: "AES-GCM",
  keyLength: 16,
  fixedIvLength: 4,
  maxRecords: MAX_RECORDS_AES_GCM,
  enabledByDefault: true,
};
const AES_256_GCM: Bulk = { ...AES_128_GCM, keyLength: 32 };
// RFC 7905, Section 2: the whole nonce comes from the key block, XORed with the sequence number.
const CHACHA20_POLY1305: Bulk = {
  bulk: "ChaCha20-Poly1305",
  keyLength: 32,
  fixedIvLength: 12,
  maxRecords: MAX_RECORDS_CHACHA20_POLY1305,
  enabledByDefault: true,
};
// RFC 5246, Section 6.2.3.2: each record has its own IV.
const AES_128_CBC: Bulk = {
  bulk: "AES-CBC",
  keyLength: 16,
  fixedIvLength: 0,
  maxRecords: MAX_RECORDS_AES_CBC,
  enabledByDefault: false,
};
const AES_256_CBC: Bulk = { ...AES_128_CBC, keyLength: 32 };

const NO_MAC = { mac: null, macLength: 0 } as const;
const HMAC_SHA1 = { mac: "SHA-1", macLength: 20 } as const;
const HMAC_SHA256 = { mac: "SHA-256", macLength: 32 } as const;
const HMAC_SHA384 = { mac: "SHA-384", macLength: 48 } as const;
// RFC 5246, Section 5: the PRF uses SHA-256 unless the suite says otherwise, even if the MAC uses
// SHA-1.
const PRF_SHA256 = { hash: "SHA-256", hashLength: 32 } as const;
const PRF_SHA384 = { hash: "SHA-384", hashLength: 48 } as const;

/**
 * The cipher suites of TLS 1.2, in NSS's preference order.
 *
 * All have forward secrecy. Those with AES-CBC are off by default: with MAC-then-encrypt,
 * JavaScript cannot guarantee constant time against Lucky Thirteen. Suites that WebCrypto does not
 * support are missing: RSA key transport (decryption), DHE, 3DES, RC4 and AES-CCM.
 */
export const TLS12_CIPHER_SUITES: readonly Tls12CipherSuite[] = [
  {
    id: 0xc02b,
    name: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    auth: "ecdsa",
    ...AES_128_GCM,
    ...NO_MAC,
    ...PRF_SHA256,
  },
  {
    id: 0xc02f,
    name: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    auth: "rsa",
    ...AES_128_GCM,
    ...NO_MAC,
    ...PRF_SHA256,
  },
  {
    id: 0xcca9,
    name: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    auth: "ecdsa",
    ...CHACHA20_POLY1305,
    ...NO_MAC,
    ...PRF_SHA256,
  },
  {
    id: 0xcca8,
    name: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    auth: "rsa",
    ...CHACHA20_POLY1305,
    ...NO_MAC,
    ...PRF_SHA256,
  },
  {
    id: 0xc02c,
    name: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    auth: "ecdsa",
    ...AES_256_GCM,
    ...NO_MAC,
    ...PRF_SHA384,
  },
  {
    id: 0xc030,
    name: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    auth: "rsa",
    ...AES_256_GCM,
    ...NO_MAC,
    ...PRF_SHA384,
  },
  {
    id: 0xc00a,
    name: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    auth: "ecdsa",
    ...AES_256_CBC,
    ...HMAC_SHA1,
    ...PRF_SHA256,
  },
  {
    id: 0xc009,
    name: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    auth: "ecdsa",
    ...AES_128_CBC,
    ...HMAC_SHA1,
    ...PRF_SHA256,
  },
  {
    id: 0xc013,
    name: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    auth: "rsa",
    ...AES_128_CBC,
    ...HMAC_SHA1,
    ...PRF_SHA256,
  },
  {
    id: 0xc023,
    name: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    auth: "ecdsa",
    ...AES_128_CBC,
    ...HMAC_SHA256,
    ...PRF_SHA256,
  },
  {
    id: 0xc027,
    name: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    auth: "rsa",
    ...AES_128_CBC,
    ...HMAC_SHA256,
    ...PRF_SHA256,
  },
  {
    id: 0xc014,
    name: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    auth: "rsa",
    ...AES_256_CBC,
    ...HMAC_SHA1,
    ...PRF_SHA256,
  },
  {
    id: 0xc024,
    name: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    auth: "ecdsa",
    ...AES_256_CBC,
    ...HMAC_SHA384,
    ...PRF_SHA384,
  },
  {
    id: 0xc028,
    name: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    auth: "rsa",
    ...AES_256_CBC,
    ...HMAC_SHA384,
    ...PRF_SHA384,
  },
  {
    // RFC 7905, Section 2: the one suite of ECDHE_PSK with an AEAD that other stacks share.
    id: 0xccac,
    name: "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
    auth: "psk",
    ...CHACHA20_POLY1305,
    enabledByDefault: false,
    ...NO_MAC,
    ...PRF_SHA256,
  },
];

const TLS12_BY_ID: ReadonlyMap<number, Tls12CipherSuite> = new Map(
  TLS12_CIPHER_SUITES.map((suite) => [suite.id, suite]),
);

/**
 * Returns the TLS 1.2 cipher suite of a code point.
 *
 * @param id The code point.
 * @returns The suite, or `undefined` if it is not supported.
 */
export function tls12CipherSuiteById(id: number): Tls12CipherSuite | undefined {
  return TLS12_BY_ID.get(id);
}

/** The SCSV that stands for an empty `renegotiation_info` of a client (RFC 5746, Section 3.3). */
export const TLS_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff;

/** The SCSV of a client that has fallen back from a higher version (RFC 7507). */
export const TLS_FALLBACK_SCSV = 0x5600;
