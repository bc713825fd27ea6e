// Copyright 2026 the NSS for Deno authors. MIT license.

import { show } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import { ABSENT_CIPHER_SUITES } from "../tables/absent_cipher_suites.ts";
import {
  CIPHER_SUITES,
  type CipherSuite,
  type CipherSuiteName,
  TLS12_CIPHER_SUITES,
  type Tls12CipherSuite,
  type Tls12CipherSuiteName,
} from "../tables/cipher_suites.ts";
import type { ProtocolVersion } from "../tables/versions.ts";

/**
 * A cipher suite, by IANA name or by code point, such as `0x1301`.
 *
 * @category Versions, suites and groups
 */
export type CipherSuiteId = CipherSuiteName | Tls12CipherSuiteName | number;

/**
 * The properties of a cipher suite (`SSLCipherSuiteInfo`).
 *
 * @category Versions, suites and groups
 */
export interface CipherSuiteInfo {
  /** The code point. */
  readonly id: number;
  /** The IANA name. */
  readonly name: string;
  /** Whether it is supported. */
  readonly present: boolean;
  /** The reason why it is not supported; `null` if it is. */
  readonly absentBecause: string | null;
  /** The protocol version; TLS 1.2 for all that are not supported. */
  readonly version: ProtocolVersion;
  /**
   * The key exchange; `"any"` in TLS 1.3, where the group determines it; `null` if the suite is not
   * supported.
   */
  readonly keaType: "any" | "ECDHE" | null;
  /**
   * The algorithm of the server's signature, `"PSK"` for an external pre-shared key; `"any"` in
   * TLS 1.3; `null` if the suite is not supported.
   */
  readonly authType: "any" | "ECDSA" | "RSA" | "PSK" | null;
  /** The cipher of the records; `null` if the suite is not supported. */
  readonly symCipher: "AES-GCM" | "ChaCha20-Poly1305" | "AES-CBC" | null;
  /** The length of the cipher's keys in bits; 0 if the suite is not supported. */
  readonly symKeyBits: number;
  /** The authentication of the records; `null` if the suite is not supported. */
  readonly macAlgorithm: "AEAD" | "HMAC-SHA-1" | "HMAC-SHA-256" | "HMAC-SHA-384" | null;
  /** The length of the records' authentication tag in bits; 0 if the suite is not supported. */
  readonly macBits: number;
  /** The hash of the key schedule; `null` if the suite is not supported. */
  readonly kdfHash: "SHA-256" | "SHA-384" | null;
  /** Whether it is enabled by default. */
  readonly enabledByDefault: boolean;
  /** Whether FIPS 140 approves all of its algorithms; this does not imply a validated module. */
  readonly isFips: boolean;
}

/**
 * Returns the properties of a cipher suite (`SSL_GetCipherSuiteInfo`), including NSS's suites that
 * are not supported, with the reason.
 *
 * @param suite The IANA name or code point of the suite.
 * @returns The properties.
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE` if NSS does not know the suite either.
 *
 * @example Usage
 * ```ts
 * import { getCipherSuiteInfo } from "@nss/nss/ssl";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const { symCipher, symKeyBits } = getCipherSuiteInfo("TLS_AES_256_GCM_SHA384");
 * assertEquals([symCipher, symKeyBits], ["AES-GCM", 256]);
 *
 * const absent = getCipherSuiteInfo(0x002f); // TLS_RSA_WITH_AES_128_CBC_SHA
 * assertEquals(absent.present, false);
 * assertStringIncludes(absent.absentBecause!, "RSA key transport");
 * ```
 *
 * @category Versions, suites and groups
 */
export function getCipherSuiteInfo(suite: CipherSuiteId | string): CipherSuiteInfo {
  const matches = ({ id, name }: { readonly id: number; readonly name: string }) =>
    id === suite || name === suite;
  const tls13 = CIPHER_SUITES.find(matches);
  if (tls13 !== undefined) return infoOfTls13(tls13);
  const tls12 = TLS12_CIPHER_SUITES.find(matches);
  if (tls12 !== undefined) return infoOfTls12(tls12);
  const absent = ABSENT_CIPHER_SUITES.find(matches);
  if (absent === undefined) throw unknownSuite(suite, "neither this package nor NSS has it");
  return {
    id: absent.id,
    name: absent.name,
    present: false,
    absentBecause: absent.because,
    version: "TLSv1.2",
    keaType: null,
    authType: null,
    symCipher: null,
    symKeyBits: 0,
    macAlgorithm: null,
    macBits: 0,
    kdfHash: null,
    enabledByDefault: false,
    isFips: false,
  };
}

/**
 * Returns the supported cipher suites, in preference order (`SSL_GetImplementedCiphers`).
 *
 * @returns The code points.
 *
 * @example Usage
 * ```ts
 * import { getCipherSuiteInfo, getImplementedCiphers } from "@nss/nss/ssl";
 * import { assert } from "@std/assert";
 *
 * const suites = getImplementedCiphers().map((id) => getCipherSuiteInfo(id));
 * assert(suites.every(({ present }) => present));
 * assert(suites.some(({ name }) => name === "TLS_AES_128_GCM_SHA256"));
 * ```
 *
 * @category Versions, suites and groups
 */
export function getImplementedCiphers(): readonly number[] {
  return [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES].map(({ id }) => id);
}

/**
 * Returns the table row of a supported suite.
 *
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE` if it is not supported; the message says why.
 */
export function presentSuite(suite: CipherSuiteId | string): CipherSuite | Tls12CipherSuite {
  const { id, name, present, absentBecause } = getCipherSuiteInfo(suite);
  if (!present) throw unknownSuite(name, `${absentBecause}`);
  return [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES].find((row) => row.id === id)!;
}

function infoOfTls13({ id, name, aead, keyLength, hash }: CipherSuite): CipherSuiteInfo {
  return {
    id,
    name,
    present: true,
    absentBecause: null,
    version: "TLSv1.3",
    keaType: "any",
    authType: "any",
    symCipher: aead,
    symKeyBits: keyLength * 8,
    macAlgorithm: "AEAD",
    macBits: AEAD_TAG_BITS,
    kdfHash: hash,
    enabledByDefault: true,
    isFips: aead === "AES-GCM",
  };
}

function infoOfTls12(suite: Tls12CipherSuite): CipherSuiteInfo {
  const { id, name, auth, bulk, keyLength, mac, macLength, hash, enabledByDefault } = suite;
  return {
    id,
    name,
    present: true,
    absentBecause: null,
    version: "TLSv1.2",
    keaType: "ECDHE",
    authType: AUTH_TYPES[auth],
    symCipher: bulk,
    symKeyBits: keyLength * 8,
    macAlgorithm: mac === null || mac === "SHA-512" ? "AEAD" : `HMAC-${mac}`,
    macBits: mac === null ? AEAD_TAG_BITS : macLength * 8,
    kdfHash: hash,
    enabledByDefault,
    isFips: bulk !== "ChaCha20-Poly1305",
  };
}

const AUTH_TYPES = { ecdsa: "ECDSA", rsa: "RSA", psk: "PSK" } as const;

const AEAD_TAG_BITS = 128;

function unknownSuite(suite: string | number, why: string): SslError {
  const name = Number.isInteger(suite)
    ? `0x${suite.toString(16).padStart(4, "0")}`
    : typeof suite === "string"
    ? suite.slice(0, 100)
    : show(suite);
  return new SslError("SSL_ERROR_UNKNOWN_CIPHER_SUITE", `Cannot use cipher suite ${name}: ${why}`);
}
