// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Private keys from PEM, DER and WebCrypto; `docs/key_files.md` lists the forms.
 *
 * ```ts
 * import { exportPrivateKeyPem, generateKeyPair } from "@nss/nss/pkcs11/generate-key-pair";
 * import { importPrivateKey } from "@nss/nss/pkcs11/import-private-key";
 * import { assertEquals } from "@std/assert";
 *
 * const pair = await generateKeyPair("ed25519", { extractable: true });
 * const pem = await exportPrivateKeyPem(pair.privateKey, { password: "correct horse" });
 * const key = await importPrivateKey(pem, { password: "correct horse" });
 * assertEquals(key.algorithm, { type: "ed25519" });
 * ```
 *
 * @module
 */

import { importLazily } from "../../cert/base/lazy_module.ts";
import {
  isBoolean,
  isEither,
  isFunction,
  isInteger,
  isString,
  requireArgs,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import type { DecryptRc2 } from "../pbe/ciphers.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import {
  decodeInput,
  fromCryptoKey,
  fromInfo,
  isPrivateKey,
  noPassword,
  noPrivateKey,
} from "./private_key.ts";
import type { EncryptedKey } from "./pkcs8.ts";

/**
 * The options of {@linkcode importPrivateKey}.
 *
 * @category Keys
 */
export interface ImportPrivateKeyOptions {
  /** The password of an encrypted key; a function is called only if the key is encrypted. */
  readonly password?: string | (() => string | Promise<string>);
  /** Whether the key can be exported, as by {@linkcode exportPrivateKeyPem}; `false` by default. */
  readonly extractable?: boolean;
  /**
   * The maximum work of the password's hash, in iterations of PBKDF2 with SHA-256; 100,000,000 by
   * default, which take some 30 seconds. See {@linkcode ImportPkcs12Options.maxIterations} for what
   * counts more. Set it lower for keys from untrusted sources.
   */
  readonly maxIterations?: number;
  /** Decrypts RC2; keys with it are refused by default. */
  readonly decryptRc2?: DecryptRc2;
}

const SHAPE: Shape<ImportPrivateKeyOptions> = {
  password: isEither("a string or a function", isString, isFunction),
  extractable: isBoolean,
  maxIterations: isInteger(1),
  decryptRc2: isFunction,
};

/**
 * Imports a private key.
 *
 * The key is imported into WebCrypto, and copies of its encoding are overwritten. A key from an
 * encoding signs with all schemes of its kind, and is checked by a signature. A `CryptoKey` signs
 * with its own algorithm only: one of `RSASSA-PKCS1-v1_5` cannot be used in TLS 1.3.
 * RSA keys over 4,096 bits work where the runtime signs with them, as Deno does, up to 16,384.
 *
 * @param input PEM text (`PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`, `RSA PRIVATE KEY` or
 * `EC PRIVATE KEY`, the latter two also in OpenSSL's traditional encryption, among other blocks),
 * its bytes, DER (PKCS#8, PKCS#1, SEC1), a `CryptoKey` with the usage `sign`, or a
 * {@linkcode PrivateKey}, which is returned unchanged.
 * @param options The password, and whether the key can be exported.
 * @returns The key.
 * @throws {NssError} `SEC_ERROR_BAD_DER` if it is malformed, `SEC_ERROR_BAD_KEY` if it is not a
 * valid key, `SEC_ERROR_UNSUPPORTED_KEYALG` or `SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE` if
 * {@linkcode KeyAlgorithm} does not list its kind or it has another form, such as OpenSSH's,
 * `SEC_ERROR_NO_KEY` if the text has no key, `SEC_ERROR_INVALID_ARGS` if it has several, the
 * `CryptoKey` has no usage `sign`, or what `decryptRc2` returns has another length than the
 * ciphertext, `SEC_ERROR_BAD_PASSWORD` if the password is missing or wrong, `SEC_ERROR_BAD_DATA` if
 * it exceeds `maxIterations`, or 64 MiB for scrypt, `SEC_ERROR_INVALID_ALGORITHM` if its encryption
 * is not supported (DES, 3DES and scrypt need `node:crypto`, RC2 needs `decryptRc2`).
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
 *
 * @category Keys
 */
export async function importPrivateKey(
  input: CryptoKey | PrivateKey | string | Uint8Array,
  options: ImportPrivateKeyOptions = {},
): Promise<PrivateKey> {
  options = takeOptions("Cannot import private key", options, SHAPE);
  if (typeof input === "string" || input instanceof Uint8Array) {
    const decoded = decodeInput(input);
    if (!("encrypted" in decoded)) return await fromInfo(decoded, options.extractable);
    try {
      return await decrypt(decoded, options);
    } finally {
      decoded.encrypted.fill(0);
    }
  }
  if (input instanceof CryptoKey) return await fromCryptoKey(input);
  if (isPrivateKey(input)) return input;
  throw noPrivateKey(input);
}

async function decrypt(
  key: EncryptedKey,
  options: ImportPrivateKeyOptions,
): Promise<PrivateKey> {
  const password = typeof options.password === "function"
    ? await options.password()
    : options.password;
  if (password === undefined) throw noPassword();
  requireArgs("Cannot import private key", isString(password, "the password"));
  // Loaded here, as most keys are not encrypted
  const { decryptPrivateKey } = await importLazily(
    "the decryption of private keys",
    () => import("./encrypted_pkcs8.ts"),
  );
  const info = await decryptPrivateKey(key, password, options);
  return await fromInfo(info, options.extractable);
}
