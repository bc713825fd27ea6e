// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Check, isInstance, requireSame } from "../base/options.ts";
import { bytesEqual, copyBytes, toBigInt } from "../base/bytes.ts";
import { toBase64, toHex } from "../base/runtime.ts";
import { DerReader } from "../der/der_reader.ts";
import { DerWriter } from "../der/der_writer.ts";
import { NssError } from "../base/errors.ts";
import { OIDS, unsupportedKeyName } from "../der/oids.ts";
import { decodeOnePemOrDer, encodePem, type PemKind } from "../der/pem.ts";
import type { EcCurve, KeyAlgorithm } from "./private_key.ts";
import { readRsaPssParameters } from "./rsa_pss_parameters.ts";

/** The maximum length in bits of an RSA modulus, as in NSS (`RSA_MAX_MODULUS_BITS`). */
export const MAX_RSA_BITS = 16384;

/** The length of RSA keys in bits up to which every runtime's WebCrypto verifies and signs. */
export const COMMON_RSA_BITS = 4096;

interface CurveRow {
  readonly curve: EcCurve;
  /** The size in bytes of a coordinate. */
  readonly size: number;
  /** The prime p of the curve y² = x³ - 3x + b (SP 800-186, Section 3.2.1). */
  readonly p: bigint;
  /** The coefficient b. */
  readonly b: bigint;
}

const CURVES: ReadonlyMap<string, CurveRow> = new Map<string, CurveRow>([
  [OIDS.secp256r1, {
    curve: "P-256",
    size: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  }],
  [OIDS.secp384r1, {
    curve: "P-384",
    size: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  }],
  [OIDS.secp521r1, {
    curve: "P-521",
    size: 66,
    p: 2n ** 521n - 1n,
    b: 0x051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  }],
]);

/** The prime and the coefficient d of Ed25519 (RFC 8032, Section 5.1). */
const ED25519 = {
  p: 2n ** 255n - 19n,
  d: 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n,
} as const;

const slhDsa = (
  parameterSet: Extract<KeyAlgorithm, { readonly type: "slhdsa" }>["parameterSet"],
  size: number,
) => ({ algorithm: { type: "slhdsa", parameterSet } as const, size });

/**
 * Keys without parameters or structure, with their sizes in bytes (RFC 8410, FIPS 204 Table 2, FIPS
 * 205 Table 2).
 */
const RAW_KEYS: ReadonlyMap<string, { algorithm: KeyAlgorithm; size: number }> = new Map<
  string,
  { algorithm: KeyAlgorithm; size: number }
>([
  [OIDS.ed25519, { algorithm: { type: "ed25519" }, size: 32 }],
  [OIDS.mldsa44, { algorithm: { type: "mldsa44" }, size: 1312 }],
  [OIDS.mldsa65, { algorithm: { type: "mldsa65" }, size: 1952 }],
  [OIDS.mldsa87, { algorithm: { type: "mldsa87" }, size: 2592 }],
  [OIDS.slhdsaSha2128s, slhDsa("SLH-DSA-SHA2-128s", 32)],
  [OIDS.slhdsaSha2128f, slhDsa("SLH-DSA-SHA2-128f", 32)],
  [OIDS.slhdsaSha2192s, slhDsa("SLH-DSA-SHA2-192s", 48)],
  [OIDS.slhdsaSha2192f, slhDsa("SLH-DSA-SHA2-192f", 48)],
  [OIDS.slhdsaSha2256s, slhDsa("SLH-DSA-SHA2-256s", 64)],
  [OIDS.slhdsaSha2256f, slhDsa("SLH-DSA-SHA2-256f", 64)],
  [OIDS.slhdsaShake128s, slhDsa("SLH-DSA-SHAKE-128s", 32)],
  [OIDS.slhdsaShake128f, slhDsa("SLH-DSA-SHAKE-128f", 32)],
  [OIDS.slhdsaShake192s, slhDsa("SLH-DSA-SHAKE-192s", 48)],
  [OIDS.slhdsaShake192f, slhDsa("SLH-DSA-SHAKE-192f", 48)],
  [OIDS.slhdsaShake256s, slhDsa("SLH-DSA-SHAKE-256s", 64)],
  [OIDS.slhdsaShake256f, slhDsa("SLH-DSA-SHAKE-256f", 64)],
]);

/**
 * The y coordinates, little-endian, of the points of Ed25519 whose order divides 8, and the two of
 * them that are not reduced. A signature that anyone can make verifies with such a key (RFC 8032,
 * Section 8.4 and "verify" of W3C's Secure Curves; runtimes do not check).
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  `01${"00".repeat(31)}`,
  `ec${"ff".repeat(30)}7f`,
  "00".repeat(32),
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]);

/**
 * A public key with its algorithm (RFC 5280, Section 4.1.2.7). It is immutable.
 *
 * @category Keys
 */
export class SubjectPublicKeyInfo {
  /** The encoding. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The kind of key. */
  readonly algorithm: KeyAlgorithm;
  /**
   * The content of subjectPublicKey: of RSA the DER of RSAPublicKey, of ECDSA the uncompressed
   * point, of others the raw key.
   */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  #digest: Promise<Uint8Array<ArrayBuffer>> | undefined;

  /**
   * Creates a public key; use {@linkcode parseSubjectPublicKeyInfo} to get one.
   *
   * @param der The encoding.
   * @param algorithm The kind of key.
   * @param publicKey The content of subjectPublicKey.
   */
  constructor(
    der: Uint8Array<ArrayBuffer>,
    algorithm: KeyAlgorithm,
    publicKey: Uint8Array<ArrayBuffer>,
  ) {
    this.der = der;
    this.algorithm = algorithm;
    this.publicKey = publicKey;
  }

  /**
   * Compares the encodings of two keys.
   *
   * @param other The other key.
   * @returns Whether they are equal.
   */
  equals(other: SubjectPublicKeyInfo): boolean {
    requireSame(other, SubjectPublicKeyInfo);
    return bytesEqual(this.der, other.der);
  }

  /**
   * Computes the SHA-256 of the encoding, as used for pins (RFC 7469, Section 2.4).
   *
   * @returns The digest, 32 bytes.
   */
  digest(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#digest ??= crypto.subtle.digest("SHA-256", this.der)
      .then((digest) => new Uint8Array(digest));
  }

  /**
   * Computes the pin, the base64 of {@linkcode SubjectPublicKeyInfo.digest}.
   *
   * @returns The pin, 44 characters.
   */
  async pin(): Promise<string> {
    return toBase64(await this.digest());
  }

  /**
   * Encodes the key as PEM.
   *
   * @returns A `PUBLIC KEY` block.
   */
  toPem(): string {
    return encodePem("PUBLIC KEY", this.der);
  }

  /**
   * Describes the kind of key.
   *
   * @returns For example `ec P-256` or `rsa 2048`.
   */
  toString(): string {
    return describeKey(this.algorithm);
  }
}

/** Accepts a public key. */
export const isPublicKey: Check = isInstance(
  SubjectPublicKeyInfo,
  "; parseSubjectPublicKeyInfo(der) makes one",
);

/**
 * Describes a kind of key.
 *
 * @param algorithm The kind of key.
 * @returns For example `ec P-256` or `rsa 2048`.
 */
export function describeKey(algorithm: KeyAlgorithm): string {
  switch (algorithm.type) {
    case "rsa":
    case "rsa-pss":
      return `${algorithm.type} ${algorithm.modulusLength}`;
    case "ec":
      return `ec ${algorithm.curve}`;
    case "slhdsa":
      return algorithm.parameterSet;
    default:
      return algorithm.type;
  }
}

/**
 * Parses a SubjectPublicKeyInfo.
 *
 * @param input PEM text with one `PUBLIC KEY`, PEM bytes, or DER, which is copied.
 * @returns The key.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if the encoding is malformed,
 * `SEC_ERROR_UNSUPPORTED_KEYALG` or `SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE` if the kind of key is
 * not one of {@linkcode KeyAlgorithm}, or an RSA modulus longer than 16,384 bits,
 * `SEC_ERROR_BAD_KEY` if the key is invalid.
 *
 * @example Usage
 * ```ts
 * import { parseSubjectPublicKeyInfo } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const usages: KeyUsage[] = ["sign", "verify"];
 * const pair = await crypto.subtle.generateKey("Ed25519", false, usages) as CryptoKeyPair;
 * const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
 * const key = parseSubjectPublicKeyInfo(new Uint8Array(spki));
 * assertEquals(key.algorithm, { type: "ed25519" });
 * ```
 *
 * @category Keys
 */
export function parseSubjectPublicKeyInfo(input: Uint8Array | string): SubjectPublicKeyInfo {
  return readSubjectPublicKeyInfo(copyBytes(decodeOnePemOrDer(input, PEM).der));
}

/** The label is that of RFC 7468, Section 13. */
const PEM: PemKind = {
  attempt: "Cannot parse public key",
  labels: ["PUBLIC KEY"],
  error: "SEC_ERROR_BAD_DER",
};

/**
 * Parses a SubjectPublicKeyInfo as {@linkcode parseSubjectPublicKeyInfo} does, without a copy.
 *
 * @param der The encoding, which must not be changed later.
 * @returns The key.
 * @throws {NssError} See {@linkcode parseSubjectPublicKeyInfo}.
 */
export function readSubjectPublicKeyInfo(der: Uint8Array<ArrayBuffer>): SubjectPublicKeyInfo {
  const whole = new DerReader(der, "public key");
  const spki = whole.sequence("subjectPublicKeyInfo");
  whole.finish();
  const identifier = spki.sequence("algorithm");
  const oid = identifier.oid("algorithm");
  const publicKey = spki.bitStringBytes("subjectPublicKey");
  spki.finish();
  return new SubjectPublicKeyInfo(der, readAlgorithm(oid, identifier, publicKey), publicKey);
}

function readAlgorithm(
  oid: string,
  identifier: DerReader,
  publicKey: Uint8Array<ArrayBuffer>,
): KeyAlgorithm {
  switch (oid) {
    case OIDS.rsaEncryption:
      // RFC 3279, Section 2.3.1: the parameters MUST be NULL
      identifier.null("parameters");
      identifier.finish();
      return { type: "rsa", modulusLength: readModulusLength(publicKey) };
    case OIDS.rsassaPss:
      return readRsaPssKey(identifier, publicKey);
    case OIDS.ecPublicKey:
      return readEcKey(identifier, publicKey);
  }
  const row = RAW_KEYS.get(oid);
  if (row === undefined) {
    throw new NssError(
      "SEC_ERROR_UNSUPPORTED_KEYALG",
      `Cannot use public key: its algorithm ${unsupportedKeyName(oid)} is not supported`,
    );
  }
  identifier.finish();
  if (publicKey.length !== row.size) {
    throw badKey(
      `a key of ${describeKey(row.algorithm)} has ${row.size} bytes, not ${publicKey.length}`,
    );
  }
  if (row.algorithm.type === "ed25519") {
    const y = publicKey.slice();
    y[31]! &= 0x7f; // the sign of x
    if (SMALL_ORDER.has(toHex(y))) {
      throw badKey("the Ed25519 key is a point of small order, for which anyone can sign");
    }
  }
  return row.algorithm;
}

function badKey(state: string): NssError {
  return new NssError("SEC_ERROR_BAD_KEY", `Cannot use public key: ${state}`);
}

/** RFC 8017, Appendix A.1.1. */
function readModulusLength(publicKey: Uint8Array<ArrayBuffer>): number {
  const whole = new DerReader(publicKey, "RSA public key");
  const key = whole.sequence("rsaPublicKey");
  whole.finish();
  const modulus = key.unsignedInteger("modulus");
  const exponent = key.unsignedInteger("publicExponent");
  key.finish();
  const bits = 8 * modulus.length - Math.clz32(modulus[0]!) + 24;
  if (bits > MAX_RSA_BITS) {
    throw new NssError(
      "SEC_ERROR_UNSUPPORTED_KEYALG",
      `Cannot use public key: its RSA modulus has ${bits} bits, more than ${MAX_RSA_BITS}; use a ` +
        "shorter key, or one of ECDSA",
    );
  }
  if (bits < 16 || (modulus[modulus.length - 1]! & 1) === 0) throw badKey("the modulus is even");
  // RFC 8017, Section 3.1: an odd integer of 3 or more; more than 64 bits only cost time
  const last = exponent[exponent.length - 1]!;
  if (exponent.length > 8 || (last & 1) === 0 || (exponent.length === 1 && last < 3)) {
    throw badKey("the RSA exponent is not an odd number from 3 to 2^64");
  }
  return bits;
}

function readRsaPssKey(identifier: DerReader, publicKey: Uint8Array<ArrayBuffer>): KeyAlgorithm {
  const modulusLength = readModulusLength(publicKey);
  if (identifier.done) return { type: "rsa-pss", modulusLength };
  const parameters = readRsaPssParameters(identifier, "parameters");
  identifier.finish();
  if (parameters === null) {
    throw new NssError(
      "SEC_ERROR_UNSUPPORTED_KEYALG",
      "Cannot use public key: its RSASSA-PSS parameters are not supported",
    );
  }
  return { type: "rsa-pss", modulusLength, ...parameters };
}

function readEcKey(identifier: DerReader, publicKey: Uint8Array<ArrayBuffer>): KeyAlgorithm {
  // RFC 5480, Section 2.1.1: namedCurve; implicitCurve and specifiedCurve MUST NOT be used
  const oid = identifier.nextTag === 0x06 ? identifier.oid("parameters") : null;
  const row = CURVES.get(oid ?? "");
  if (row === undefined) {
    throw new NssError(
      "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE",
      "Cannot use public key: it is on no curve of P-256, P-384 and P-521, given by name" +
        (oid === null ? "" : `, but on ${unsupportedKeyName(oid)}`),
    );
  }
  identifier.finish();
  // RFC 5480, Section 2.2: compressed points are optional; NSS does not accept them either
  if (publicKey[0] !== 4 || publicKey.length !== 1 + 2 * row.size) {
    throw badKey(`the point is not an uncompressed one of ${row.curve}`);
  }
  return { type: "ec", curve: row.curve };
}

const POINTS = new WeakMap<SubjectPublicKeyInfo, boolean>();

/**
 * Returns whether the point of a key is on its curve. Parsing does not check it, and runtimes
 * import other points and fail when such a key is used.
 *
 * @param key The key.
 * @returns Whether it is; `true` for keys that are no points.
 */
export function isOnItsCurve(key: SubjectPublicKeyInfo): boolean {
  let known = POINTS.get(key);
  if (known === undefined) POINTS.set(key, known = computeIsOnItsCurve(key));
  return known;
}

function computeIsOnItsCurve({ algorithm, publicKey }: SubjectPublicKeyInfo): boolean {
  if (algorithm.type === "ed25519") return isOnEd25519(publicKey);
  if (algorithm.type !== "ec") return true;
  const row = [...CURVES.values()].find(({ curve }) => curve === algorithm.curve);
  return row !== undefined && isOnCurve(publicKey, row);
}

/**
 * Returns whether an uncompressed point satisfies the equation of its curve (SP 800-56A, Section
 * 5.6.2.3.3).
 */
function isOnCurve(point: Uint8Array, { size, p, b }: CurveRow): boolean {
  const x = toBigInt(point.subarray(1, 1 + size));
  const y = toBigInt(point.subarray(1 + size));
  return x < p && y < p && (y * y - (x * x - 3n) * x - b) % p === 0n;
}

/**
 * Returns whether a key of Ed25519 is the y coordinate of a point, little-endian, with the sign of
 * x in the last bit (RFC 8032, Section 5.1.3): whether x² = (y² - 1) / (d y² + 1) is a square.
 */
function isOnEd25519(publicKey: Uint8Array): boolean {
  const { p, d } = ED25519;
  const y = toBigInt(publicKey.toReversed()) & (2n ** 255n - 1n);
  return y < p && isSquare((y * y - 1n) * (d * y * y + 1n) % p, p);
}

/** Computes the Jacobi symbol of a non-negative number and a prime (Cohen, Algorithm 1.4.12). */
function isSquare(a: bigint, p: bigint): boolean {
  let n = p;
  let symbol = 1;
  while (a !== 0n) {
    while ((a & 1n) === 0n) {
      a >>= 1n;
      if ((n & 7n) === 3n || (n & 7n) === 5n) symbol = -symbol;
    }
    [a, n] = [n, a];
    if ((a & 3n) === 3n && (n & 3n) === 3n) symbol = -symbol;
    a %= n;
  }
  // A number that p divides is the square of 0
  return n !== 1n || symbol === 1;
}

/**
 * Returns an encoding that WebCrypto imports: an RSASSA-PSS key is encoded as an RSA key, because
 * `importKey` refuses it otherwise. The caller enforces hash and salt length.
 *
 * @param key The key.
 * @returns The SubjectPublicKeyInfo.
 */
export function importableSpki(key: SubjectPublicKeyInfo): Uint8Array<ArrayBuffer> {
  if (key.algorithm.type !== "rsa-pss") return key.der;
  return new DerWriter().sequence((w) => {
    w.sequence((w) => w.oid(OIDS.rsaEncryption).null());
    w.bitString(key.publicKey);
  }).finish();
}
