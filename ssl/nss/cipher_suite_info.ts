// Copyright 2026 the NSS for Deno authors. MIT license.

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

/** A cipher suite, by IANA's name or by its number on the wire, such as `0x1301`. */
export type CipherSuiteId = CipherSuiteName | Tls12CipherSuiteName | number;

/** What there is to know of a cipher suite (`SSLCipherSuiteInfo`). */
export interface CipherSuiteInfo {
  /** The number of the wire. */
  readonly id: number;
  /** IANA's name. */
  readonly name: string;
  /** Whether this package has it. */
  readonly present: boolean;
  /** Why it is not here; `null` where it is. */
  readonly absentBecause: string | null;
  /** The protocol version that it belongs to; TLS 1.2 for all that are not here. */
  readonly version: ProtocolVersion;
  /**
   * How keys are exchanged; `"any"` in TLS 1.3, where the group says it, and `null` where the suite
   * is not here.
   */
  readonly keaType: "any" | "ECDHE" | null;
  /**
   * What the server's certificate signs with; `"any"` in TLS 1.3, and `null` where the suite is not
   * here.
   */
  readonly authType: "any" | "ECDSA" | "RSA" | null;
  /** What encrypts the records; `null` where the suite is not here. */
  readonly symCipher: "AES-GCM" | "ChaCha20-Poly1305" | "AES-CBC" | null;
  /** The length of its keys in bits; 0 where the suite is not here. */
  readonly symKeyBits: number;
  /** What authenticates the records; `null` where the suite is not here. */
  readonly macAlgorithm: "AEAD" | "HMAC-SHA-1" | "HMAC-SHA-256" | "HMAC-SHA-384" | null;
  /** The length of the records' tag in bits; 0 where the suite is not here. */
  readonly macBits: number;
  /** The hash of the key schedule; `null` where the suite is not here. */
  readonly kdfHash: "SHA-256" | "SHA-384" | null;
  /** Whether it is on unless something else is configured. */
  readonly enabledByDefault: boolean;
  /**
   * Whether all of its algorithms are ones of FIPS 140; of a validated module this says nothing.
   */
  readonly isFips: boolean;
}

/**
 * Tells about a cipher suite (`SSL_GetCipherSuiteInfo`), also about those of NSS's that are not
 * here, and why they are not.
 *
 * @param suite The suite's name or number.
 * @returns What there is to know.
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE` if NSS has no such suite either.
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
 */
export function getCipherSuiteInfo(suite: CipherSuiteId | string): CipherSuiteInfo {
  const is = ({ id, name }: { readonly id: number; readonly name: string }) =>
    id === suite || name === suite;
  const tls13 = CIPHER_SUITES.find(is);
  if (tls13 !== undefined) return infoOfTls13(tls13);
  const tls12 = TLS12_CIPHER_SUITES.find(is);
  if (tls12 !== undefined) return infoOfTls12(tls12);
  const absent = ABSENT_CIPHER_SUITES.find(is);
  if (absent === undefined) throw unknownSuite(suite, "nobody has given it that number or name");
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
 * The numbers of the cipher suites that are here, in the order of preference
 * (`SSL_GetImplementedCiphers`).
 *
 * @returns The numbers.
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
 */
export function getImplementedCiphers(): readonly number[] {
  return [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES].map(({ id }) => id);
}

/**
 * The row of a suite that is here.
 *
 * @throws {SslError} `SSL_ERROR_UNKNOWN_CIPHER_SUITE`, with the reason why it is not here.
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
    authType: auth === "rsa" ? "RSA" : "ECDSA",
    symCipher: bulk,
    symKeyBits: keyLength * 8,
    macAlgorithm: mac === null || mac === "SHA-512" ? "AEAD" : `HMAC-${mac}`,
    macBits: mac === null ? AEAD_TAG_BITS : macLength * 8,
    kdfHash: hash,
    enabledByDefault,
    isFips: bulk !== "ChaCha20-Poly1305",
  };
}

const AEAD_TAG_BITS = 128;

function unknownSuite(suite: string | number, why: string): SslError {
  const name = typeof suite === "number" ? `0x${suite.toString(16).padStart(4, "0")}` : suite;
  return new SslError("SSL_ERROR_UNKNOWN_CIPHER_SUITE", `Cannot use cipher suite ${name}: ${why}`);
}
