// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type Check,
  hasMembers,
  isBoolean,
  isOneOf,
  isString,
  requireArgs,
  required,
  type Shape,
  takeOptions,
} from "../base/options.ts";
import { DerReader } from "../der/der_reader.ts";
import { DerWriter } from "../der/der_writer.ts";
import { NssError } from "../base/errors.ts";
import { OIDS } from "../der/oids.ts";
import type { EcCurve, HashName, KeyAlgorithm, SignatureScheme } from "./private_key.ts";
import { readRsaPssParameters, writeRsaPssParameters } from "./rsa_pss_parameters.ts";

/**
 * A signature algorithm of X.509.
 *
 * @category Keys
 */
export interface SignatureAlgorithm {
  /** The usual name, such as `ecdsa-with-SHA256`. */
  readonly name: string;
  /** The dotted object identifier. */
  readonly oid: string;
  /** The name in WebCrypto. */
  readonly webCrypto: string;
  /** The kinds of keys that it can be used with. */
  readonly keyTypes: readonly KeyAlgorithm["type"][];
  /** The hash of the message; absent if the algorithm defines its own. */
  readonly hash?: HashName;
  /** The salt length in bytes; RSASSA-PSS only. */
  readonly saltLength?: number;
  /** Whether collisions of its hash are feasible, so that chains must not depend on it. */
  readonly weak: boolean;
  /**
   * Whether the encoding has parameters of NULL that RFC 5758, Section 3.2, forbids, as JDK before
   * 16 wrote them with ECDSA. The `strict` profile refuses it.
   */
  readonly nullParameters?: boolean;
}

type Parameters = "null" | "absent" | "pss";
type Row = SignatureAlgorithm & { readonly parameters: Parameters };

const RSA = ["rsa"] as const;
// RFC 4055, Section 1.2: a key with rsaEncryption may be used with both schemes
const RSA_PSS = ["rsa", "rsa-pss"] as const;
const EC = ["ec"] as const;

const pkcs1 = (name: string, oid: string, hash: HashName): Row => ({
  name,
  oid,
  webCrypto: "RSASSA-PKCS1-v1_5",
  keyTypes: RSA,
  hash,
  weak: hash === "SHA-1",
  parameters: "null",
});
const pss = (hash: HashName, saltLength: number): Row => ({
  name: `RSASSA-PSS with ${hash}`,
  oid: OIDS.rsassaPss,
  webCrypto: "RSA-PSS",
  keyTypes: RSA_PSS,
  hash,
  saltLength,
  weak: hash === "SHA-1",
  parameters: "pss",
});
const ecdsa = (name: string, oid: string, hash: HashName): Row => ({
  name,
  oid,
  webCrypto: "ECDSA",
  keyTypes: EC,
  hash,
  weak: hash === "SHA-1",
  parameters: "absent",
});
const pure = (name: string, oid: string, keyType: KeyAlgorithm["type"]): Row => ({
  name,
  oid,
  webCrypto: name,
  keyTypes: [keyType],
  weak: false,
  parameters: "absent",
});

/** The supported algorithms, for X.509 and TLS. A new one is one row. */
const ROWS = {
  rsaSha1: pkcs1("sha1WithRSAEncryption", OIDS.sha1WithRSAEncryption, "SHA-1"),
  rsaSha256: pkcs1("sha256WithRSAEncryption", OIDS.sha256WithRSAEncryption, "SHA-256"),
  rsaSha384: pkcs1("sha384WithRSAEncryption", OIDS.sha384WithRSAEncryption, "SHA-384"),
  rsaSha512: pkcs1("sha512WithRSAEncryption", OIDS.sha512WithRSAEncryption, "SHA-512"),
  pssSha256: pss("SHA-256", 32),
  pssSha384: pss("SHA-384", 48),
  pssSha512: pss("SHA-512", 64),
  ecdsaSha1: ecdsa("ecdsa-with-SHA1", OIDS.ecdsaWithSHA1, "SHA-1"),
  ecdsaSha256: ecdsa("ecdsa-with-SHA256", OIDS.ecdsaWithSHA256, "SHA-256"),
  ecdsaSha384: ecdsa("ecdsa-with-SHA384", OIDS.ecdsaWithSHA384, "SHA-384"),
  ecdsaSha512: ecdsa("ecdsa-with-SHA512", OIDS.ecdsaWithSHA512, "SHA-512"),
  ed25519: pure("Ed25519", OIDS.ed25519, "ed25519"),
  mldsa44: pure("ML-DSA-44", OIDS.mldsa44, "mldsa44"),
  mldsa65: pure("ML-DSA-65", OIDS.mldsa65, "mldsa65"),
  mldsa87: pure("ML-DSA-87", OIDS.mldsa87, "mldsa87"),
} as const satisfies Record<string, Row>;

/** SLH-DSA (RFC 9909) for X.509 alone: it has no scheme of TLS, and nothing here signs with it. */
const SLH_DSA_ROWS: readonly Row[] = [
  pure("SLH-DSA-SHA2-128s", OIDS.slhdsaSha2128s, "slhdsa"),
  pure("SLH-DSA-SHA2-128f", OIDS.slhdsaSha2128f, "slhdsa"),
  pure("SLH-DSA-SHA2-192s", OIDS.slhdsaSha2192s, "slhdsa"),
  pure("SLH-DSA-SHA2-192f", OIDS.slhdsaSha2192f, "slhdsa"),
  pure("SLH-DSA-SHA2-256s", OIDS.slhdsaSha2256s, "slhdsa"),
  pure("SLH-DSA-SHA2-256f", OIDS.slhdsaSha2256f, "slhdsa"),
  pure("SLH-DSA-SHAKE-128s", OIDS.slhdsaShake128s, "slhdsa"),
  pure("SLH-DSA-SHAKE-128f", OIDS.slhdsaShake128f, "slhdsa"),
  pure("SLH-DSA-SHAKE-192s", OIDS.slhdsaShake192s, "slhdsa"),
  pure("SLH-DSA-SHAKE-192f", OIDS.slhdsaShake192f, "slhdsa"),
  pure("SLH-DSA-SHAKE-256s", OIDS.slhdsaShake256s, "slhdsa"),
  pure("SLH-DSA-SHAKE-256f", OIDS.slhdsaShake256f, "slhdsa"),
];

const ROW_OF_OID: ReadonlyMap<string, Row> = new Map(
  [...Object.values(ROWS), ...SLH_DSA_ROWS].filter((row) => row.parameters !== "pss")
    .map((row) => [row.oid, row]),
);
const PSS_OF_HASH: ReadonlyMap<HashName | undefined, Row> = new Map(
  Object.values(ROWS).filter((row) => row.parameters === "pss").map((row) => [row.hash, row]),
);

/** A signature scheme of TLS: an algorithm, and the key that the scheme requires. */
export interface SchemeRow {
  /** The algorithm. */
  readonly algorithm: SignatureAlgorithm;
  /**
   * The kind of key, the only difference between `rsae` and `pss` schemes (RFC 8446, Section
   * 4.2.3).
   */
  readonly keyType: KeyAlgorithm["type"];
  /** The curve of the scheme in TLS 1.3. */
  readonly curve?: EcCurve;
}

const SCHEMES: Readonly<Record<SignatureScheme, SchemeRow & { readonly algorithm: Row }>> = {
  ecdsa_secp256r1_sha256: { algorithm: ROWS.ecdsaSha256, keyType: "ec", curve: "P-256" },
  ecdsa_secp384r1_sha384: { algorithm: ROWS.ecdsaSha384, keyType: "ec", curve: "P-384" },
  ecdsa_secp521r1_sha512: { algorithm: ROWS.ecdsaSha512, keyType: "ec", curve: "P-521" },
  ed25519: { algorithm: ROWS.ed25519, keyType: "ed25519" },
  mldsa44: { algorithm: ROWS.mldsa44, keyType: "mldsa44" },
  mldsa65: { algorithm: ROWS.mldsa65, keyType: "mldsa65" },
  mldsa87: { algorithm: ROWS.mldsa87, keyType: "mldsa87" },
  rsa_pss_rsae_sha256: { algorithm: ROWS.pssSha256, keyType: "rsa" },
  rsa_pss_rsae_sha384: { algorithm: ROWS.pssSha384, keyType: "rsa" },
  rsa_pss_rsae_sha512: { algorithm: ROWS.pssSha512, keyType: "rsa" },
  rsa_pss_pss_sha256: { algorithm: ROWS.pssSha256, keyType: "rsa-pss" },
  rsa_pss_pss_sha384: { algorithm: ROWS.pssSha384, keyType: "rsa-pss" },
  rsa_pss_pss_sha512: { algorithm: ROWS.pssSha512, keyType: "rsa-pss" },
  rsa_pkcs1_sha256: { algorithm: ROWS.rsaSha256, keyType: "rsa" },
  rsa_pkcs1_sha384: { algorithm: ROWS.rsaSha384, keyType: "rsa" },
  rsa_pkcs1_sha512: { algorithm: ROWS.rsaSha512, keyType: "rsa" },
  ecdsa_sha1: { algorithm: ROWS.ecdsaSha1, keyType: "ec" },
  rsa_pkcs1_sha1: { algorithm: ROWS.rsaSha1, keyType: "rsa" },
};

/** Accepts the name of a hash function. */
export const isHash: Check = isOneOf(["SHA-1", "SHA-256", "SHA-384", "SHA-512"]);

/** Accepts the name of a scheme. */
export const isSignatureScheme: Check = isOneOf(Object.keys(SCHEMES));

/**
 * Returns the algorithm and the kind of key of a scheme.
 *
 * @param scheme The scheme.
 * @returns The algorithm and the kind of key.
 */
export function schemeRow(scheme: SignatureScheme): SchemeRow {
  return SCHEMES[scheme];
}

/**
 * Returns the schemes that a key can sign with, in preference order.
 *
 * @param key The kind of key.
 * @param options Options.
 * @param options.anyCurve Whether an ECDSA key may be used with schemes of other curves, as in
 * X.509 and TLS 1.2; that of its own curve comes first. By default the curve must match, as in TLS
 * 1.3.
 * @returns The schemes, without those with SHA-1. Those of PKCS #1 v1.5 are for certificates and
 * TLS 1.2 only.
 *
 * @example Usage
 * ```ts
 * import { signatureSchemesOf } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(signatureSchemesOf({ type: "ec", curve: "P-384" }), ["ecdsa_secp384r1_sha384"]);
 * ```
 *
 * @category Keys
 */
export function signatureSchemesOf(
  key: KeyAlgorithm,
  options: { anyCurve?: boolean } = {},
): SignatureScheme[] {
  const attempt = "Cannot list signature schemes";
  requireArgs(attempt, isKeyAlgorithm(key, "key"));
  const { anyCurve = false } = takeOptions(attempt, options, ANY_CURVE);
  const schemes = (Object.keys(SCHEMES) as SignatureScheme[]).filter((scheme) =>
    !SCHEMES[scheme].algorithm.weak && keyFitsScheme(key, scheme, { anyCurve })
  );
  if (!options.anyCurve) return schemes;
  const isOwn = (scheme: SignatureScheme) => Number(keyFitsScheme(key, scheme));
  return schemes.sort((a, b) => isOwn(b) - isOwn(a));
}

const isKeyAlgorithm = hasMembers("the algorithm of a key", { type: required(isString) });

/** The check of the options of schemes. */
export const ANY_CURVE: Shape<{ anyCurve?: boolean }> = { anyCurve: isBoolean };

/**
 * Returns whether a key can be used with a scheme.
 *
 * @param key The kind of key.
 * @param scheme The scheme.
 * @param options Options.
 * @param options.anyCurve See {@linkcode signatureSchemesOf}.
 * @returns Whether the kind of key, its curve, and the parameters of an RSASSA-PSS key match, and
 * an RSA modulus is long enough.
 */
export function keyFitsScheme(
  key: KeyAlgorithm,
  scheme: SignatureScheme,
  options: { anyCurve?: boolean } = {},
): boolean {
  const { algorithm, keyType, curve } = SCHEMES[scheme];
  if (key.type !== keyType || !keyFitsAlgorithm(key, algorithm)) return false;
  return key.type !== "ec" || curve === undefined || options.anyCurve === true ||
    key.curve === curve;
}

/**
 * Returns whether a key can be used with an algorithm.
 *
 * @param key The kind of key.
 * @param algorithm The algorithm.
 * @returns Whether the kind of key and the parameters of an RSASSA-PSS key match, and an RSA
 * modulus is long enough.
 */
export function keyFitsAlgorithm(key: KeyAlgorithm, algorithm: SignatureAlgorithm): boolean {
  if (!algorithm.keyTypes.includes(key.type)) return false;
  if (key.type === "slhdsa") return key.parameterSet === algorithm.name;
  if ("modulusLength" in key && key.modulusLength < minRsaBits(algorithm)) return false;
  if (key.type !== "rsa-pss") return true;
  // RFC 4055, Section 3.1: the hash must be the key's, the salt at least as long as the key's
  return (key.hash === undefined || key.hash === algorithm.hash) &&
    (key.saltLength === undefined || (algorithm.saltLength ?? 0) >= key.saltLength);
}

/** RFC 8017, Sections 9.1.1 and 9.2: the least length of a modulus that the encoding fits. */
function minRsaBits({ hash, saltLength }: SignatureAlgorithm): number {
  const hashLength = HASH_LENGTHS[hash!];
  return saltLength === undefined
    ? 8 * (hashLength + (hash === "SHA-1" ? 15 : 19) + 11) - 7
    : 8 * (hashLength + saltLength + 2) - 6;
}

/** The lengths of digests in bytes (FIPS 180-4). */
const HASH_LENGTHS: Readonly<Record<HashName, number>> = {
  "SHA-1": 20,
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
};

/**
 * Checks the structure of an AlgorithmIdentifier, also of an unknown algorithm.
 *
 * @param reader The reader.
 * @param field The name of the field.
 * @returns The encoding, a view.
 * @throws {NssError} If it is malformed.
 */
export function readAlgorithmIdentifier(reader: DerReader, field: string): Uint8Array<ArrayBuffer> {
  const { der } = reader.peek(field);
  const sequence = reader.sequence(field);
  sequence.oid("algorithm");
  if (!sequence.done) sequence.element("parameters");
  sequence.finish();
  return der;
}

/**
 * Parses the AlgorithmIdentifier of a signature.
 *
 * @param der The encoding.
 * @returns The algorithm.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it is malformed,
 * `SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED` if the algorithm is not supported, such as those
 * with MD5.
 */
export function parseSignatureAlgorithm(der: Uint8Array<ArrayBuffer>): SignatureAlgorithm {
  const whole = new DerReader(der, "signature algorithm");
  const reader = whole.sequence("algorithmIdentifier");
  whole.finish();
  const oid = reader.oid("algorithm");
  if (oid === OIDS.rsassaPss) {
    const parameters = readRsaPssParameters(reader, "parameters");
    reader.finish();
    const row = PSS_OF_HASH.get(parameters?.hash);
    // A salt shorter than the hash weakens the security proof of RSASSA-PSS; no profile of X.509
    // allows it
    if (parameters === null || row === undefined || parameters.saltLength < row.saltLength!) {
      throw disabled("RSASSA-PSS with these parameters");
    }
    return parameters.saltLength === row.saltLength
      ? row
      : { ...row, saltLength: parameters.saltLength };
  }
  const row = ROW_OF_OID.get(oid);
  if (row === undefined) throw disabled(oid);
  // RFC 4055, Section 5: with RSA, NULL and absent are equivalent; RFC 5758, RFC 8410: absent
  const hasNull = !reader.done && (row.parameters === "null" || row.webCrypto === "ECDSA");
  if (hasNull) reader.null("parameters");
  reader.finish();
  return hasNull && row.parameters === "absent" ? { ...row, nullParameters: true } : row;
}

/** What the `strict` profile says of `nullParameters`. */
export const NULL_PARAMETERS = "its ECDSA algorithm has NULL parameters, as JDK before 16 wrote " +
  'them; the profile "compatible" accepts them';

function disabled(name: string): NssError {
  return new NssError(
    "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
    `Cannot use signature algorithm: ${name} is not supported`,
  );
}

/**
 * Encodes the AlgorithmIdentifier of a scheme.
 *
 * @param scheme The scheme.
 * @returns The encoding.
 */
export function encodeSignatureAlgorithm(scheme: SignatureScheme): Uint8Array<ArrayBuffer> {
  const { algorithm } = SCHEMES[scheme];
  return new DerWriter().sequence((w) => {
    w.oid(algorithm.oid);
    if (algorithm.parameters === "null") w.null();
    if (algorithm.parameters === "pss") {
      writeRsaPssParameters(w, { hash: algorithm.hash!, saltLength: algorithm.saltLength! });
    }
  }).finish();
}
