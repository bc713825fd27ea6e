// Copyright 2026 the NSS for Deno authors. MIT license.

import { fromHex } from "../base/runtime.ts";
import { importLazily } from "../base/lazy_module.ts";
import { withoutWarning } from "../base/webcrypto.ts";
import { isBytes, requireArgs, takeOptions } from "../base/options.ts";
import { isPublicKey } from "../certificate/spki.ts";
import { isSignatureScheme } from "../certificate/signature_algorithm.ts";
import { DerReader } from "../der/der_reader.ts";
import { NssError } from "../base/errors.ts";
import type { EcCurve, SignatureScheme } from "../certificate/private_key.ts";
import {
  ANY_CURVE,
  keyFitsAlgorithm,
  keyFitsScheme,
  schemeRow,
  type SignatureAlgorithm,
} from "../certificate/signature_algorithm.ts";
import { COMMON_RSA_BITS, importableSpki, type SubjectPublicKeyInfo } from "../certificate/spki.ts";

/** The orders of the curves (SP 800-186, Section 3.2.1, to which FIPS 186-5 refers). */
const ORDERS: Readonly<Record<EcCurve, Uint8Array<ArrayBuffer>>> = {
  "P-256": fromHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
  "P-384": fromHex(
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
  ),
  "P-521": fromHex(
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
  ),
};

/**
 * Imported keys: for each public key, one for each algorithm and hash to which WebCrypto binds it.
 */
const CRYPTO_KEYS = new WeakMap<SubjectPublicKeyInfo, Map<string, Promise<CryptoKey>>>();

function cryptoKeyOf(
  key: SubjectPublicKeyInfo,
  algorithm: SignatureAlgorithm,
): Promise<CryptoKey> {
  let keys = CRYPTO_KEYS.get(key);
  if (keys === undefined) CRYPTO_KEYS.set(key, keys = new Map());
  const hashBound = key.algorithm.type === "rsa" || key.algorithm.type === "rsa-pss";
  const id = hashBound ? `${algorithm.webCrypto} ${algorithm.hash}` : algorithm.webCrypto;
  let promise = keys.get(id);
  if (promise === undefined) {
    promise = importKey(key, algorithm);
    keys.set(id, promise);
    promise.catch(() => keys.delete(id)); // reported to the caller; the next one tries again
  }
  return promise;
}

async function importKey(
  key: SubjectPublicKeyInfo,
  { webCrypto, hash }: SignatureAlgorithm,
): Promise<CryptoKey> {
  const parameters = key.algorithm.type === "ec"
    ? { name: webCrypto, namedCurve: key.algorithm.curve }
    : hash !== undefined
    ? { name: webCrypto, hash }
    : { name: webCrypto };
  try {
    return await withoutWarning(() =>
      crypto.subtle.importKey("spki", importableSpki(key), parameters, false, ["verify"])
    );
  } catch (cause) {
    throw await failureOf(key, cause);
  }
}

/**
 * Returns the error of a runtime that does not verify: never a verdict on a signature. That the
 * encoding of the signature is right has been checked before.
 */
async function failureOf(key: SubjectPublicKeyInfo, cause: unknown): Promise<NssError> {
  const { type } = key.algorithm;
  if (type === "rsa" || type === "rsa-pss") {
    const { MAX_RSA_EXPONENT_BITS, rsaExponentBits } = await importLazily(
      "the arithmetic of large RSA keys",
      () => import("./large_rsa.ts"),
    );
    const bits = rsaExponentBits(key);
    if (bits > MAX_RSA_EXPONENT_BITS) {
      return new NssError(
        "SEC_ERROR_UNSUPPORTED_KEYALG",
        `Cannot use public key: this runtime's WebCrypto refuses the ${key} key, whose exponent ` +
          `has ${bits} bits; up to ${MAX_RSA_EXPONENT_BITS} work everywhere, so the signer needs ` +
          "another key, such as one with the usual exponent of 65537",
        { cause },
      );
    }
  }
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
  if (name === "NotSupportedError") {
    return new NssError(
      "SEC_ERROR_UNSUPPORTED_KEYALG",
      `Cannot use public key: this runtime's WebCrypto does not support ${key} keys; use another ` +
        "kind of key, or a runtime that supports them",
      { cause },
    );
  }
  // Deno imports a point that is not on its curve, and refuses it with a TypeError later
  if (name === "DataError" || (type === "ec" && cause instanceof TypeError)) {
    return new NssError(
      "SEC_ERROR_BAD_KEY",
      `Cannot use public key: WebCrypto refuses the ${key} key as invalid`,
      { cause },
    );
  }
  return new NssError(
    "SEC_ERROR_LIBRARY_FAILURE",
    `Cannot verify signature: WebCrypto failed with the ${key} key (${name}: ${message}), which ` +
      "says nothing about the signature; try again",
    { cause },
  );
}

/**
 * Returns whether an error is about the runtime, which failed or does not support a key, and leaves
 * open whether a signature is correct.
 *
 * @param error The error of a verification.
 * @returns Whether it is no verdict.
 */
export function isNoVerdict({ name }: NssError): boolean {
  return name === "SEC_ERROR_LIBRARY_FAILURE" || name.startsWith("SEC_ERROR_UNSUPPORTED_");
}

/**
 * Verifies a signature of TLS.
 *
 * @param publicKey The key of the signer.
 * @param scheme The signature scheme.
 * @param data The signed data.
 * @param signature The signature; of ECDSA the DER of `Ecdsa-Sig-Value`.
 * @param options Options.
 * @param options.anyCurve Whether an ECDSA scheme may be used with a key of any curve, as in TLS
 * 1.2 (RFC 8422, Section 5.10); by default the curve must match, as in TLS 1.3 (RFC 8446, Section
 * 4.2.3).
 * @returns Whether the scheme fits the key and the signature is correct.
 * @throws {NssError} `SEC_ERROR_BAD_KEY` if WebCrypto finds the key invalid,
 * `SEC_ERROR_UNSUPPORTED_KEYALG` if it does not support it, `SEC_ERROR_LIBRARY_FAILURE` if it
 * fails: then nothing is known about the signature.
 *
 * @example Usage
 * ```ts
 * import { parseSubjectPublicKeyInfo, verifySignature } from "@nss/nss/cert";
 * import { assert, assertFalse } from "@std/assert";
 *
 * const usages: KeyUsage[] = ["sign", "verify"];
 * const pair = await crypto.subtle.generateKey("Ed25519", false, usages) as CryptoKeyPair;
 * const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
 * const key = parseSubjectPublicKeyInfo(new Uint8Array(spki));
 * const data = new TextEncoder().encode("data");
 * const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, data));
 *
 * assert(await verifySignature(key, "ed25519", data, signature));
 * assertFalse(await verifySignature(key, "rsa_pss_rsae_sha256", data, signature));
 * ```
 *
 * @category Verification
 */
export async function verifySignature(
  publicKey: SubjectPublicKeyInfo,
  scheme: SignatureScheme,
  data: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  options: { anyCurve?: boolean } = {},
): Promise<boolean> {
  const attempt = "Cannot verify signature";
  requireArgs(
    attempt,
    isPublicKey(publicKey, "publicKey"),
    isSignatureScheme(scheme, "scheme"),
    isBytes(data, "data"),
    isBytes(signature, "signature"),
  );
  const { anyCurve = false } = takeOptions(attempt, options, ANY_CURVE);
  if (!keyFitsScheme(publicKey.algorithm, scheme, { anyCurve })) return false;
  return await verifySignedData(publicKey, schemeRow(scheme).algorithm, data, signature);
}

/**
 * Verifies a signature of X.509, where an ECDSA algorithm may be used with a key of any curve.
 *
 * @param publicKey The key of the signer.
 * @param algorithm The signature algorithm.
 * @param data The signed data.
 * @param signature The signature.
 * @returns Whether the algorithm fits the key and the signature is correct.
 * @throws {NssError} `SEC_ERROR_BAD_KEY` if WebCrypto finds the key invalid,
 * `SEC_ERROR_UNSUPPORTED_KEYALG` if it does not support it, `SEC_ERROR_LIBRARY_FAILURE` if it
 * fails: then nothing is known about the signature.
 */
export async function verifySignedData(
  publicKey: SubjectPublicKeyInfo,
  algorithm: SignatureAlgorithm,
  data: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const { algorithm: key } = publicKey;
  if (!keyFitsAlgorithm(key, algorithm)) return false;
  let raw: Uint8Array<ArrayBuffer> | null = signature;
  if (key.type === "ec") raw = ecdsaRawSignature(signature, key.curve);
  // RFC 8017, Sections 8.1.2 and 8.2.2: exactly as long as the modulus
  else if ("modulusLength" in key) {
    if (signature.length !== Math.ceil(key.modulusLength / 8)) return false;
  }
  if (raw === null) return false;
  if ("modulusLength" in key && key.modulusLength > COMMON_RSA_BITS) {
    const { verifyLargeRsa, webCryptoTakesRsa } = await importLazily(
      "the arithmetic of large RSA keys",
      () => import("./large_rsa.ts"),
    );
    if (!await webCryptoTakesRsa(key.modulusLength)) {
      return await verifyLargeRsa(publicKey, algorithm, data, signature);
    }
  }
  const cryptoKey = await cryptoKeyOf(publicKey, algorithm);
  const parameters = {
    name: algorithm.webCrypto,
    ...(key.type === "ec" && { hash: algorithm.hash! }),
    ...(algorithm.saltLength !== undefined && { saltLength: algorithm.saltLength }),
  };
  try {
    return await crypto.subtle.verify(parameters, cryptoKey, raw, data);
  } catch (cause) {
    throw await failureOf(publicKey, cause);
  }
}

/**
 * Converts an `Ecdsa-Sig-Value` (RFC 3279, Section 2.2.3) to the form of WebCrypto.
 *
 * @param signature The DER.
 * @param curve The curve of the key.
 * @returns r and s, each as long as the order of the curve; `null` if the encoding is not DER, or r
 * or s is not from 1 to the order less 1.
 */
export function ecdsaRawSignature(
  signature: Uint8Array<ArrayBuffer>,
  curve: EcCurve,
): Uint8Array<ArrayBuffer> | null {
  const order = ORDERS[curve];
  // The longest encoding: 3 bytes of header, two INTEGERs of 2 bytes of header and a sign byte
  if (signature.length > 2 * order.length + 9) return null;
  const raw = new Uint8Array(2 * order.length);
  try {
    const whole = new DerReader(signature, "ECDSA signature", "SEC_ERROR_BAD_SIGNATURE");
    const sequence = whole.sequence("");
    whole.finish();
    for (const [i, name] of ["r", "s"].entries()) {
      const value = sequence.unsignedInteger(name);
      if (value.length > order.length) return null;
      const end = (i + 1) * order.length;
      raw.set(value, end - value.length);
      const padded = raw.subarray(end - order.length, end);
      if (padded.every((byte) => byte === 0) || !isBelow(padded, order)) return null;
    }
    sequence.finish();
  } catch (error) {
    if (error instanceof NssError) return null;
    throw error;
  }
  return raw;
}

function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}
