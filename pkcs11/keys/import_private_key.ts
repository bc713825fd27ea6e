// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import type { PemBlock } from "../../cert/der/pem.ts";
import type { EcCurve, KeyAlgorithm, PrivateKey } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import {
  decodePrivateKey,
  decodePrivateKeyBlock,
  findPrivateKeyPem,
  isEncryptedBlock,
  isEncryptedPrivateKey,
  type PrivateKeyInfo,
} from "./pkcs8.ts";
import { algorithmOf, encodeSpki, fromCryptoKey, fromInfo } from "./private_key.ts";

/** The options of {@linkcode importPrivateKey}. */
export interface ImportPrivateKeyOptions {
  /** The password of an encrypted key; a function is called only if the key is encrypted. */
  readonly password?: string | (() => string | Promise<string>);
  /** Whether the key can be exported, as by {@linkcode exportPrivateKeyPem}; `false` by default. */
  readonly extractable?: boolean;
  /**
   * The maximum number of iterations of the password's hash; 10,000,000 by default, which takes
   * seconds. Set it lower for keys from untrusted sources.
   */
  readonly maxIterations?: number;
}

/**
 * Imports a private key.
 *
 * The key is imported into WebCrypto, and copies of its encoding are overwritten. A key from an
 * encoding signs with all schemes of its kind, and is checked by a signature. A `CryptoKey` signs
 * with its own algorithm only: one of `RSASSA-PKCS1-v1_5` cannot be used in TLS 1.3.
 *
 * @param input PEM text (`PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`, `RSA PRIVATE KEY` or
 * `EC PRIVATE KEY`, among other blocks), its bytes, DER (PKCS#8, PKCS#1, SEC1), a `CryptoKey` with
 * the usage `sign`, or a {@linkcode PrivateKey}, which is returned unchanged.
 * @param options The password, and whether the key can be exported.
 * @returns The key.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it is malformed, `SEC_ERROR_BAD_KEY` if it is not a
 * valid key, `SEC_ERROR_UNSUPPORTED_KEYALG` or `SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE` if
 * {@linkcode KeyAlgorithm} does not list its kind, `SEC_ERROR_NO_KEY` if the text has no key,
 * `SEC_ERROR_INVALID_ARGS` if it has several or the `CryptoKey` has no usage `sign`,
 * `SEC_ERROR_BAD_PASSWORD` if the password is missing or wrong, `SEC_ERROR_BAD_DATA` if it exceeds
 * `maxIterations`, `SEC_ERROR_INVALID_ALGORITHM` if the runtime does not have its encryption (3DES
 * needs `node:crypto`, no runtime has RC2), `PR_NOT_IMPLEMENTED_ERROR` if it has OpenSSL's
 * traditional encryption.
 *
 * @example Usage
 * ```ts
 * import { exportPrivateKeyPem, generateKeyPair, importPrivateKey } from "@nss/nss/pkcs11";
 * import { assertEquals } from "@std/assert";
 *
 * const pair = await generateKeyPair("ec-p256", { extractable: true });
 * const pem = await exportPrivateKeyPem(pair.privateKey);
 *
 * const key = await importPrivateKey(pem);
 * assertEquals(key.algorithm, { type: "ec", curve: "P-256" });
 * ```
 *
 * @example An encrypted key
 * ```ts
 * import { exportPrivateKeyPem, generateKeyPair, importPrivateKey } from "@nss/nss/pkcs11";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const pair = await generateKeyPair("ec-p256", { extractable: true });
 * const pem = await exportPrivateKeyPem(pair.privateKey, { password: "correct horse" });
 *
 * const key = await importPrivateKey(pem, { password: "correct horse" });
 * assertEquals(key.algorithm, { type: "ec", curve: "P-256" });
 * await assertRejects(() => importPrivateKey(pem, { password: "wrong" }));
 * ```
 */
export async function importPrivateKey(
  input: CryptoKey | PrivateKey | string | Uint8Array,
  options: ImportPrivateKeyOptions = {},
): Promise<PrivateKey> {
  if (typeof input === "string" || input instanceof Uint8Array) {
    const decoded = decode(input);
    if (!("encrypted" in decoded)) return await fromInfo(decoded, options.extractable);
    try {
      return await decrypt(decoded.encrypted, options);
    } finally {
      decoded.encrypted.fill(0);
    }
  }
  if (input instanceof CryptoKey) return await fromCryptoKey(input);
  if (isPrivateKey(input)) return input;
  throw noPrivateKey(input);
}

/** What a private key shows before it is imported. */
export interface PrivateKeyFacts {
  /** The kind of key. */
  readonly type: KeyAlgorithm["type"];
  /** The curve, of an elliptic curve key. */
  readonly curve?: EcCurve;
  /** The public key; `null` if it has to be computed. */
  readonly publicKey: SubjectPublicKeyInfo | null;
}

/**
 * Returns what a private key shows without being imported.
 *
 * @param input The key, in any form that {@linkcode importPrivateKey} accepts.
 * @returns The facts.
 * @throws {NssError} As {@linkcode importPrivateKey}; `SEC_ERROR_BAD_PASSWORD` if it is encrypted.
 */
export function inspectPrivateKey(
  input: CryptoKey | PrivateKey | string | Uint8Array,
): PrivateKeyFacts {
  if (typeof input === "string" || input instanceof Uint8Array) {
    const decoded = decode(input);
    if ("encrypted" in decoded) {
      decoded.encrypted.fill(0);
      throw noPassword();
    }
    decoded.pkcs8.fill(0);
    const { type, curve, algorithm, publicKey } = decoded;
    return {
      type,
      ...(curve !== undefined && { curve }),
      publicKey: publicKey === null ? null : encodeSpki(algorithm, publicKey),
    };
  }
  if (input instanceof CryptoKey) return { ...algorithmOf(input), publicKey: null };
  if (isPrivateKey(input)) return { ...input.algorithm, publicKey: input.publicKey ?? null };
  throw noPrivateKey(input);
}

function isPrivateKey(input: PrivateKey | null | undefined): input is PrivateKey {
  return typeof input?.sign === "function" && typeof input.algorithm?.type === "string";
}

/** Decodes a key; what it returns is secret and to be overwritten. */
function decode(
  input: string | Uint8Array,
): PrivateKeyInfo | { readonly encrypted: Uint8Array<ArrayBuffer> } {
  if (typeof input === "string") {
    const block: PemBlock = findPrivateKeyPem(input);
    if (isEncryptedBlock(block)) return { encrypted: block.der };
    try {
      return decodePrivateKeyBlock(block);
    } finally {
      block.der.fill(0);
    }
  }
  const bytes = input.slice();
  // DER begins with a SEQUENCE, PEM does not
  const text = bytes[0] === 0x30 ? "" : new TextDecoder().decode(bytes);
  let isEncrypted = false;
  try {
    if (text.includes("-----BEGIN ")) return decode(text);
    isEncrypted = isEncryptedPrivateKey(bytes);
    return isEncrypted ? { encrypted: bytes } : decodePrivateKey(bytes);
  } finally {
    if (!isEncrypted) bytes.fill(0);
  }
}

function noPrivateKey(input: unknown): NssError {
  const isPair = typeof input === "object" && input !== null && "privateKey" in input;
  const state = input === undefined || input === null
    ? "none is given"
    : input instanceof Promise
    ? "it is a Promise; await it"
    : isPair
    ? "it is a key pair; give its privateKey"
    : "it is no PEM text, no bytes, no CryptoKey and no PrivateKey";
  return new NssError("SEC_ERROR_INVALID_ARGS", `Cannot import private key: ${state}`);
}

function noPassword(): NssError {
  return new NssError(
    "SEC_ERROR_BAD_PASSWORD",
    "Cannot import private key: it is encrypted, and no password is given; " +
      "importPrivateKey(key, { password }) takes one",
  );
}

async function decrypt(
  der: Uint8Array<ArrayBuffer>,
  options: ImportPrivateKeyOptions,
): Promise<PrivateKey> {
  const password = typeof options.password === "function"
    ? await options.password()
    : options.password;
  if (password === undefined) throw noPassword();
  // Loaded here, as most keys are not encrypted
  const { decryptPrivateKey } = await import("./encrypted_pkcs8.ts");
  const info = await decryptPrivateKey(der, password, options.maxIterations);
  return await fromInfo(info, options.extractable);
}
