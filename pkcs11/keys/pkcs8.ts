// Copyright 2026 the NSS for Deno authors. MIT license.

import { DerReader } from "../../cert/der/der_reader.ts";
import { constructedTag, contextTag, TAG } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import { OIDS } from "../../cert/der/oids.ts";
import { decodePem, type PemBlock, whyNoPem } from "../../cert/der/pem.ts";
import type { EcCurve, KeyAlgorithm } from "../../cert/certificate/private_key.ts";
import { foreignForm, missingSeed, unsupportedCurve, unsupportedKey } from "./foreign_keys.ts";

/** The kind of a private key; SLH-DSA has only public ones here. */
type PrivateKeyType = Exclude<KeyAlgorithm["type"], "slhdsa">;

/** A decoded private key, in the form that WebCrypto imports. */
export interface PrivateKeyInfo {
  /** The kind of key. */
  readonly type: PrivateKeyType;
  /** The curve, of an elliptic curve key. */
  readonly curve?: EcCurve;
  /**
   * PKCS#8 without attributes. Secret: to be overwritten after the import. RSASSA-PSS keys have the
   * algorithm rsaEncryption here, because `importKey` rejects theirs.
   */
  readonly pkcs8: Uint8Array<ArrayBuffer>;
  /** The AlgorithmIdentifier of the public key. */
  readonly algorithm: Uint8Array<ArrayBuffer>;
  /** The bits of the public key; `null` if the encoding does not have them. */
  readonly publicKey: Uint8Array<ArrayBuffer> | null;
}

/** An encrypted private key. */
export interface EncryptedKey {
  /** EncryptedPrivateKeyInfo, or the ciphertext of the traditional encryption. */
  readonly encrypted: Uint8Array<ArrayBuffer>;
  /** The traditional encryption; `null` of EncryptedPrivateKeyInfo. */
  readonly traditional: TraditionalEncryption | null;
}

/** OpenSSL's traditional encryption of a PEM block (RFC 1421, Section 4.6). */
export interface TraditionalEncryption {
  /** The label of the block. */
  readonly label: string;
  /** The value of the header DEK-Info; empty if it is missing. */
  readonly dekInfo: string;
}

const CURVES: ReadonlyMap<string, { curve: EcCurve; size: number }> = new Map<
  string,
  { curve: EcCurve; size: number }
>([
  [OIDS.secp256r1, { curve: "P-256", size: 32 }],
  [OIDS.secp384r1, { curve: "P-384", size: 48 }],
  [OIDS.secp521r1, { curve: "P-521", size: 66 }],
]);

/** Keys whose privateKey field is kept as it is. */
const OPAQUE_KEYS: ReadonlyMap<string, PrivateKeyType> = new Map<string, PrivateKeyType>([
  [OIDS.ed25519, "ed25519"],
  [OIDS.mldsa44, "mldsa44"],
  [OIDS.mldsa65, "mldsa65"],
  [OIDS.mldsa87, "mldsa87"],
]);

const WHAT = "private key";

/**
 * The decoders of unencrypted keys by PEM label (RFC 7468, Section 10, and OpenSSL's older ones).
 */
const DECODERS: ReadonlyMap<string, (der: Uint8Array<ArrayBuffer>) => PrivateKeyInfo> = new Map([
  ["PRIVATE KEY", decodePkcs8],
  ["RSA PRIVATE KEY", decodePkcs1],
  ["EC PRIVATE KEY", decodeSec1],
]);

/** The PEM label of an encrypted private key (RFC 7468, Section 11). */
const ENCRYPTED_LABEL = "ENCRYPTED PRIVATE KEY";

/** The head of a private key in PEM with headers, and the headers. */
const HEADERS =
  /^([ \t]*-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[ \t]*(?:\r\n?|\n))((?:[A-Za-z0-9-]+:[^\r\n]*(?:\r\n?|\n)(?:[ \t]+[^\s][^\r\n]*(?:\r\n?|\n))*)+)/gm;

/**
 * Finds the private key in PEM text, which may have other blocks.
 *
 * @param text The text.
 * @returns The PEM block, secret, and the value of its header DEK-Info, if it has OpenSSL's
 * traditional encryption.
 * @throws {NssError} `SEC_ERROR_NO_KEY` if there is none, `SEC_ERROR_INVALID_ARGS` if there are
 * several, `SEC_ERROR_UNSUPPORTED_KEYALG` if it has a form that is not supported.
 */
export function findPrivateKeyPem(
  text: string,
): { readonly block: PemBlock; readonly dekInfo: string | null } {
  const foreign = foreignForm(text);
  if (foreign !== null) throw unsupportedForm(foreign);
  let dekInfo: string | null = null;
  text = text.replace(HEADERS, (whole, begin: string, headers: string) => {
    if (!/^Proc-Type:.*ENCRYPTED/m.test(headers)) return whole;
    dekInfo = /^DEK-Info:(.*)/m.exec(headers)?.[1]?.trim() ?? "";
    return begin;
  });
  const blocks = decodePem(text);
  const keys = blocks.filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const [key] = keys;
  if (key === undefined) {
    const labels = [...new Set(blocks.map(({ label }) => label))].join(", ");
    throw new NssError(
      "SEC_ERROR_NO_KEY",
      labels === ""
        ? `Cannot import private key: ${whyNoPem(text)}`
        : `Cannot import private key: the text holds only ${labels}, and no PRIVATE KEY`,
    );
  }
  if (keys.length > 1) {
    for (const { der } of keys) der.fill(0);
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot import private key: the text holds ${keys.length} private keys`,
    );
  }
  return { block: key, dekInfo };
}

function unsupportedForm(state: string): NssError {
  return new NssError("SEC_ERROR_UNSUPPORTED_KEYALG", `Cannot import private key: ${state}`);
}

/**
 * Decodes the private key of a PEM block.
 *
 * @param block The block.
 * @returns The key.
 * @throws {NssError} As {@linkcode decodePrivateKey}.
 */
export function decodePrivateKeyBlock(block: PemBlock): PrivateKeyInfo {
  const decode = DECODERS.get(block.label);
  if (decode === undefined) {
    if (block.label === "DSA PRIVATE KEY") throw unsupportedKey(OIDS.dsa);
    throw unsupportedForm(`PEM of "${block.label}" is not supported`);
  }
  return decode(block.der);
}

/**
 * Returns whether a PEM block is an encrypted private key.
 *
 * @param block The block.
 * @returns Whether its label says so.
 */
export function isEncryptedBlock(block: PemBlock): boolean {
  return block.label === ENCRYPTED_LABEL;
}

/**
 * Returns whether DER is an encrypted private key.
 *
 * @param der The encoding.
 * @returns Whether it begins like one.
 * @throws {NssError} `SEC_ERROR_NO_KEY` if it begins like a certificate, another signed document or
 * a public key, `SEC_ERROR_BAD_DER` if it is malformed.
 */
export function isEncryptedPrivateKey(der: Uint8Array<ArrayBuffer>): boolean {
  // EncryptedPrivateKeyInfo begins with an algorithm, the other encodings with a version
  const reader = new DerReader(der, WHAT);
  if (reader.nextTag !== TAG.sequence) return false;
  const content = reader.sequence("privateKeyInfo");
  const first: number = content.nextTag;
  if (first !== TAG.sequence) return false;
  const isAlgorithm = content.sequence("encryptionAlgorithm").nextTag === TAG.oid;
  if (isAlgorithm && content.nextTag === TAG.octetString) return true;
  throw new NssError(
    "SEC_ERROR_NO_KEY",
    `Cannot import private key: this is ${
      isAlgorithm ? "a public key" : "a certificate or another signed document"
    }, and no private key`,
  );
}

/**
 * Decodes a private key: PKCS#8, PKCS#1 or SEC1.
 *
 * @param der The encoding.
 * @returns The key.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it is malformed, `SEC_ERROR_UNSUPPORTED_KEYALG` or
 * `SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE` if `KeyAlgorithm` does not list its kind.
 */
export function decodePrivateKey(der: Uint8Array<ArrayBuffer>): PrivateKeyInfo {
  const foreign = foreignForm(der);
  if (foreign !== null) throw unsupportedForm(foreign);
  const outer = new DerReader(der, WHAT);
  const peek = outer.sequence("privateKeyInfo");
  peek.integer("version");
  if (peek.nextTag === TAG.integer) return decodePkcs1(der);
  if (peek.nextTag === TAG.octetString) return decodeSec1(der);
  return decodePkcs8(der);
}

/** Decodes PKCS#8 (RFC 5208) and its successor, OneAsymmetricKey (RFC 5958). */
function decodePkcs8(der: Uint8Array<ArrayBuffer>): PrivateKeyInfo {
  const whole = new DerReader(der, WHAT);
  const info = whole.sequence("privateKeyInfo");
  whole.finish();
  const version = info.smallInteger("version");
  if (version === 3 && info.nextTag === TAG.sequence) {
    throw new NssError(
      "SEC_ERROR_NO_KEY",
      "Cannot import private key: this is a PKCS #12 file; importPkcs12() reads it",
    );
  }
  if (version > 1) info.fail("version", `${version} is unknown`);
  const identifier = info.element("privateKeyAlgorithm", TAG.sequence);
  const privateKey = info.octetString("privateKey");
  if (info.nextTag === constructedTag(0)) info.element("attributes");
  if (version === 1 && info.nextTag === contextTag(1)) info.bitString("publicKey", contextTag(1));
  info.finish();

  const parameters = new DerReader(identifier.der, WHAT).sequence("privateKeyAlgorithm");
  const oid = parameters.oid("algorithm");
  switch (oid) {
    case OIDS.rsaEncryption:
      // RFC 8017, Appendix A.1: NULL, which some encoders omit
      if (!parameters.done) parameters.null("parameters");
      parameters.finish();
      return rsaKey("rsa", RSA_ENCRYPTION, privateKey);
    case OIDS.rsassaPss:
      return rsaKey("rsa-pss", identifier.der, privateKey);
    case OIDS.ecPublicKey: {
      const curve = readCurve(parameters, "parameters");
      parameters.finish();
      return ecKey(privateKey, curve);
    }
  }
  const type = OPAQUE_KEYS.get(oid);
  if (type === undefined) throw unsupportedKey(oid);
  parameters.finish();
  if (type !== "ed25519") checkMlDsaKey(type, privateKey);
  return {
    type,
    pkcs8: encodePkcs8(identifier.der, privateKey),
    algorithm: identifier.der.slice(),
    publicKey: null,
  };
}

/** The lengths of the expanded keys in bytes (FIPS 204, Table 2). */
const EXPANDED_LENGTHS: { readonly [type in PrivateKeyType]?: number } = {
  mldsa44: 2560,
  mldsa65: 4032,
  mldsa87: 4896,
};

/**
 * Checks the form of an ML-DSA key (RFC 9881, Section 6): a seed of 32 bytes, the expanded key, or
 * both. WebCrypto imports what has a seed, and compares it with the expanded key.
 */
function checkMlDsaKey(type: PrivateKeyType, privateKey: Uint8Array<ArrayBuffer>): void {
  let form: MlDsaKeyForm | null = null;
  try {
    form = mlDsaKeyForm(privateKey, EXPANDED_LENGTHS[type]);
  } catch {
    // Older encoders wrote the seed or the key bare, which may begin as any of the three does. The
    // reader's error is no cause of ours: it would tell the first bytes of a secret.
  }
  if (form === "expandedKey") throw missingSeed(type);
  if (form !== null) return;
  throw new NssError(
    "SEC_ERROR_BAD_DER",
    `Cannot import private key: its content is neither the seed, the expanded key nor both, as ` +
      `RFC 9881 has them for ML-DSA-${type.slice(-2)}; convert it: openssl pkey -in old.pem ` +
      `-out new.pem`,
  );
}

/** The length of an ML-DSA seed in bytes (FIPS 204, Algorithm 1). */
const SEED_LENGTH = 32;

type MlDsaKeyForm = "seed" | "expandedKey" | "both";

/** Returns which of the three forms a key has; `null` if it has another. */
function mlDsaKeyForm(
  privateKey: Uint8Array<ArrayBuffer>,
  expandedLength: number | undefined,
): MlDsaKeyForm | null {
  const reader = new DerReader(privateKey, WHAT);
  const isExpanded = (key: DerReader): boolean => {
    const { length } = key.octetString("expandedKey");
    key.finish();
    return length === expandedLength;
  };
  switch (privateKey[0]) {
    case contextTag(0):
      return privateKey.length === 2 + SEED_LENGTH && privateKey[1] === SEED_LENGTH ? "seed" : null;
    case TAG.octetString:
      return isExpanded(reader) ? "expandedKey" : null;
    case TAG.sequence: {
      const both = reader.sequence("both");
      reader.finish();
      if (both.octetString("seed").length !== SEED_LENGTH) return null;
      return isExpanded(both) ? "both" : null;
    }
  }
  return null;
}

const RSA_ENCRYPTION = new DerWriter()
  .sequence((w) => w.oid(OIDS.rsaEncryption).null())
  .finish();

/** Decodes PKCS#1's RSAPrivateKey (RFC 8017, Appendix A.1.2). */
function decodePkcs1(der: Uint8Array<ArrayBuffer>): PrivateKeyInfo {
  return rsaKey("rsa", RSA_ENCRYPTION, der);
}

function rsaKey(
  type: "rsa" | "rsa-pss",
  algorithm: Uint8Array<ArrayBuffer>,
  privateKey: Uint8Array<ArrayBuffer>,
): PrivateKeyInfo {
  const whole = new DerReader(privateKey, WHAT);
  const key = whole.sequence("rsaPrivateKey");
  whole.finish();
  const version = key.smallInteger("version");
  if (version !== 0) throw unsupportedForm("RSA with more than two primes is not supported");
  const modulus = key.unsignedInteger("modulus");
  const exponent = key.unsignedInteger("publicExponent");
  for (const part of ["d", "p", "q", "dP", "dQ", "qInv"]) key.unsignedInteger(part);
  key.finish();
  return {
    type,
    pkcs8: encodePkcs8(RSA_ENCRYPTION, privateKey),
    algorithm: algorithm.slice(),
    publicKey: new DerWriter()
      .sequence((w) => w.unsignedInteger(modulus).unsignedInteger(exponent))
      .finish(),
  };
}

/** Decodes SEC1's ECPrivateKey (RFC 5915), whose parameters name the curve. */
function decodeSec1(der: Uint8Array<ArrayBuffer>): PrivateKeyInfo {
  return ecKey(der, null);
}

function readCurve(reader: DerReader, field: string): string {
  const oid = reader.nextTag === TAG.oid ? reader.oid(field) : null;
  if (oid === null || !CURVES.has(oid)) throw unsupportedCurve(oid);
  return oid;
}

function ecKey(ecPrivateKey: Uint8Array<ArrayBuffer>, outerCurve: string | null): PrivateKeyInfo {
  const whole = new DerReader(ecPrivateKey, WHAT);
  const key = whole.sequence("ecPrivateKey");
  whole.finish();
  const version = key.smallInteger("version");
  if (version !== 1) key.fail("version", `${version} is unknown`);
  let encoded = key.octetString("privateKey");
  let oid = outerCurve;
  if (key.nextTag === constructedTag(0)) {
    const parameters = key.constructed("parameters", constructedTag(0));
    const inner = readCurve(parameters, "");
    parameters.finish();
    if (outerCurve !== null && inner !== outerCurve) key.fail("parameters", "another curve");
    oid = inner;
  }
  if (oid === null) return key.fail("parameters", "missing");
  const { curve, size } = CURVES.get(oid)!;
  let publicKey: Uint8Array<ArrayBuffer> | null = null;
  if (key.nextTag === constructedTag(1)) {
    const bits = key.constructed("publicKey", constructedTag(1));
    publicKey = bits.bitStringBytes("").slice();
    bits.finish();
  }
  key.finish();
  // WebCrypto takes no compressed points, but computes an absent one
  if (publicKey?.[0] !== 4) publicKey = null;
  else if (publicKey.length !== 1 + 2 * size) key.fail("publicKey", `not a point of ${curve}`);
  // RFC 5915, Section 3: as long as the order, but some encoders omit leading zeros, and GnuTLS
  // writes the sign byte of an INTEGER
  if (encoded.length === size + 1 && encoded[0] === 0) encoded = encoded.subarray(1);
  if (encoded.length === 0 || encoded.length > size) {
    key.fail("privateKey", `${encoded.length} bytes are none of ${curve}`);
  }
  const scalar = new Uint8Array(size);
  scalar.set(encoded, size - encoded.length);
  const algorithm = new DerWriter()
    .sequence((w) => w.oid(OIDS.ecPublicKey).oid(oid))
    .finish();
  const canonical = new DerWriter().sequence((w) => {
    w.integer(1).octetString(scalar);
    if (publicKey !== null) w.constructed(constructedTag(1), (w) => w.bitString(publicKey));
  }).finish();
  const pkcs8 = encodePkcs8(algorithm, canonical);
  scalar.fill(0);
  canonical.fill(0);
  return { type: "ec", curve, pkcs8, algorithm, publicKey };
}

/**
 * Encodes PKCS#8 (RFC 5208, Section 5).
 *
 * @param algorithm The AlgorithmIdentifier.
 * @param privateKey The content of the privateKey field, which depends on the algorithm.
 * @returns The encoding.
 */
export function encodePkcs8(
  algorithm: Uint8Array,
  privateKey: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return new DerWriter()
    .sequence((w) => w.integer(0).raw(algorithm).octetString(privateKey))
    .finish();
}

/**
 * Replaces the AlgorithmIdentifier of a PKCS#8 encoding.
 *
 * @param pkcs8 The encoding.
 * @param algorithm The AlgorithmIdentifier.
 * @returns The new encoding.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it is malformed.
 */
export function withAlgorithm(
  pkcs8: Uint8Array<ArrayBuffer>,
  algorithm: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const info = new DerReader(pkcs8, WHAT).sequence("privateKeyInfo");
  info.integer("version");
  info.element("privateKeyAlgorithm", TAG.sequence);
  return encodePkcs8(algorithm, info.octetString("privateKey"));
}
