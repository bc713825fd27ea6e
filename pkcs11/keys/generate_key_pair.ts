// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * New keys, and keys written as PEM.
 *
 * ```ts
 * import { exportPrivateKeyPem, generateKeyPair } from "@nss/nss/pkcs11/generate-key-pair";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const { privateKey } = await generateKeyPair("ec-p256", { extractable: true });
 * assertStringIncludes(await exportPrivateKeyPem(privateKey), "-----BEGIN PRIVATE KEY-----");
 * ```
 *
 * @module
 */

import { withoutWarning } from "../../cert/base/webcrypto.ts";
import { importLazily } from "../../cert/base/lazy_module.ts";
import {
  isBoolean,
  isInteger,
  isString,
  requireArgs,
  type Shape,
  show,
  takeOptions,
} from "../../cert/base/options.ts";
import { isPrivateKey } from "../../cert/certificate/private_key.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import { OIDS } from "../../cert/der/oids.ts";
import { encodePem } from "../../cert/der/pem.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import {
  parseSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from "../../cert/certificate/spki.ts";
import { decodePrivateKey, withAlgorithm } from "./pkcs8.ts";
import { allowExport, exportPkcs8, fromCryptoKey, fromInfo } from "./private_key.ts";

/**
 * The kinds of key pairs that {@linkcode generateKeyPair} generates.
 *
 * @category Keys
 */
export type KeyPairType =
  | "ec-p256"
  | "ec-p384"
  | "ec-p521"
  | "ed25519"
  | "mldsa44"
  | "mldsa65"
  | "mldsa87"
  | "rsa-2048"
  | "rsa-3072"
  | "rsa-4096"
  | "rsa-pss-2048";

/**
 * A private key with its public key.
 *
 * @category Keys
 */
export interface KeyPair {
  /** The private key. */
  readonly privateKey: PrivateKey;
  /** The public key. */
  readonly publicKey: SubjectPublicKeyInfo;
  /**
   * Exports the private key.
   *
   * @returns The PKCS#8 encoding.
   * @throws {NssError} `SEC_ERROR_INVALID_KEY` unless the pair is extractable.
   */
  exportPkcs8(): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * The options of {@linkcode generateKeyPair}.
 *
 * @category Keys
 */
export interface GenerateKeyPairOptions {
  /** Whether the private key can be exported; `false` by default. */
  readonly extractable?: boolean;
}

const GENERATE: Shape<GenerateKeyPairOptions> = { extractable: isBoolean };

const rsa = (
  modulusLength: number,
  pss = false,
): { parameters: RsaHashedKeyGenParams; pss: boolean } => ({
  parameters: {
    name: "RSA-PSS",
    modulusLength,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: "SHA-256",
  },
  pss,
});

/**
 * RSA pairs. WebCrypto generates the key for one algorithm; it has to be imported again for the
 * others.
 */
const RSA_PAIRS: { readonly [type in KeyPairType]?: ReturnType<typeof rsa> } = {
  "rsa-2048": rsa(2048),
  "rsa-3072": rsa(3072),
  "rsa-4096": rsa(4096),
  "rsa-pss-2048": rsa(2048, true),
};

const OTHER_PAIRS: { readonly [type in KeyPairType]?: Algorithm | EcKeyGenParams } = {
  "ec-p256": { name: "ECDSA", namedCurve: "P-256" },
  "ec-p384": { name: "ECDSA", namedCurve: "P-384" },
  "ec-p521": { name: "ECDSA", namedCurve: "P-521" },
  "ed25519": { name: "Ed25519" },
  "mldsa44": { name: "ML-DSA-44" },
  "mldsa65": { name: "ML-DSA-65" },
  "mldsa87": { name: "ML-DSA-87" },
};

/** RFC 4055, Section 3.1: a key without parameters signs with any hash. */
const RSASSA_PSS = new DerWriter().sequence((w) => w.oid(OIDS.rsassaPss)).finish();

/**
 * Generates a key pair.
 *
 * @param type The kind of keys. `"ec-p256"`, the default, is supported everywhere and the fastest
 * to sign; ML-DSA depends on the runtime.
 * @param options Whether the private key can be exported.
 * @returns The pair.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the kind is unknown, `SEC_ERROR_KEYGEN_FAIL` if
 * the runtime's WebCrypto does not support it.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { assertEquals } from "@std/assert";
 *
 * const { privateKey, publicKey } = await generateKeyPair("ec-p384");
 * assertEquals(privateKey.algorithm, publicKey.algorithm);
 * ```
 *
 * @category Keys
 */
export async function generateKeyPair(
  type: KeyPairType = "ec-p256",
  options: GenerateKeyPairOptions = {},
): Promise<KeyPair> {
  const { extractable = false } = takeOptions("Cannot generate key pair", options, GENERATE);
  const rsaPair = Object.hasOwn(RSA_PAIRS, type) ? RSA_PAIRS[type] : undefined;
  const privateKey = rsaPair !== undefined
    ? await generateRsa(rsaPair, extractable)
    : await generateOther(type, extractable);
  return {
    privateKey,
    publicKey: privateKey.publicKey!,
    exportPkcs8: () => exportPkcs8(privateKey),
  };
}

async function generateRsa(
  { parameters, pss }: ReturnType<typeof rsa>,
  extractable: boolean,
): Promise<PrivateKey> {
  const pair = await generate(parameters, true);
  const exported = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const pkcs8 = pss ? withAlgorithm(exported, RSASSA_PSS) : exported;
  try {
    const privateKey = await fromInfo(decodePrivateKey(pkcs8));
    if (extractable) {
      allowExport(
        privateKey,
        pair.privateKey,
        pss ? (pkcs8) => withAlgorithm(pkcs8, RSASSA_PSS) : undefined,
      );
    }
    return privateKey;
  } finally {
    exported.fill(0);
    pkcs8.fill(0);
  }
}

async function generateOther(type: KeyPairType, extractable: boolean): Promise<PrivateKey> {
  const parameters = Object.hasOwn(OTHER_PAIRS, type) ? OTHER_PAIRS[type] : undefined;
  if (parameters === undefined) {
    const known = [...Object.keys(OTHER_PAIRS), ...Object.keys(RSA_PAIRS)].join(", ");
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot generate key pair: ${show(type)} is not one of ${known}`,
    );
  }
  const pair = await generate(parameters, extractable);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  return await fromCryptoKey(pair.privateKey, parseSubjectPublicKeyInfo(spki));
}

async function generate(
  parameters: Algorithm | EcKeyGenParams | RsaHashedKeyGenParams,
  extractable: boolean,
): Promise<CryptoKeyPair> {
  try {
    return await withoutWarning(() =>
      crypto.subtle.generateKey(parameters, extractable, ["sign", "verify"])
    ) as CryptoKeyPair;
  } catch (cause) {
    throw new NssError(
      "SEC_ERROR_KEYGEN_FAIL",
      `Cannot generate key pair: this runtime's WebCrypto does not make ${parameters.name} keys`,
      { cause },
    );
  }
}

/**
 * The options of {@linkcode exportPrivateKeyPem}.
 *
 * @category Keys
 */
export interface ExportPrivateKeyOptions {
  /** The password that encrypts the key; by default it is not encrypted. */
  readonly password?: string;
  /** The number of PBKDF2 iterations; 600,000 by default, as OWASP recommends. */
  readonly iterations?: number;
}

const EXPORT: Shape<ExportPrivateKeyOptions> = { password: isString, iterations: isInteger(1) };

/**
 * Exports a private key as PEM.
 *
 * @param key An extractable key: generated or imported with `extractable: true`, or from an
 * extractable `CryptoKey`.
 * @param options The password, without which the key is in clear.
 * @returns An `ENCRYPTED PRIVATE KEY` block (PKCS#8 with PBES2: PBKDF2 with SHA-256, AES-256-CBC),
 * or without a password a `PRIVATE KEY` block.
 * @throws {NssError} `SEC_ERROR_INVALID_KEY` if the key is not extractable,
 * `SEC_ERROR_INVALID_ARGS` if the iterations are not an integer from 1 to 10,000,000.
 *
 * @example Usage
 * ```ts
 * import { exportPrivateKeyPem, generateKeyPair } from "@nss/nss/pkcs11";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const { privateKey } = await generateKeyPair("ed25519", { extractable: true });
 * assertStringIncludes(await exportPrivateKeyPem(privateKey), "-----BEGIN PRIVATE KEY-----");
 *
 * const pem = await exportPrivateKeyPem(privateKey, { password: "correct horse" });
 * assertStringIncludes(pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
 * ```
 *
 * @category Keys
 */
export async function exportPrivateKeyPem(
  key: PrivateKey,
  options: ExportPrivateKeyOptions = {},
): Promise<string> {
  requireArgs("Cannot export private key", isPrivateKey(key, "key"));
  const { password, iterations } = takeOptions("Cannot export private key", options, EXPORT);
  const pkcs8 = await exportPkcs8(key);
  try {
    if (password === undefined) return encodePem("PRIVATE KEY", pkcs8);
    const { encryptPkcs8 } = await importLazily(
      "the encryption of private keys",
      () => import("./encrypted_pkcs8.ts"),
    );
    return encodePem("ENCRYPTED PRIVATE KEY", await encryptPkcs8(pkcs8, password, iterations));
  } finally {
    pkcs8.fill(0);
  }
}
