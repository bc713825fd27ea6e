// Copyright 2026 the NSS for Deno authors. MIT license.

import { DerReader } from "../../cert/der/der_reader.ts";
import { TAG } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { DecryptRc2 } from "../pbe/ciphers.ts";
import { IterationBudget } from "../pbe/iteration_budget.ts";
import {
  DEFAULT_ITERATIONS,
  type Encrypted,
  encryptWithPassword,
} from "../pbe/password_encryption.ts";
import {
  decryptSealed,
  erasePassword,
  type PasswordBytes,
  passwordBytes,
  type PasswordContext,
  readSealed,
  type Sealed,
  wrongPassword,
} from "../pbe/password_scheme.ts";
import {
  decodePrivateKey,
  decodePrivateKeyBlock,
  type EncryptedKey,
  isEncryptedPrivateKey,
  type PrivateKeyInfo,
} from "./pkcs8.ts";
import { readTraditional } from "./traditional_pem.ts";

/** The options of `importPrivateKey` for encrypted keys, but for the password. */
export interface DecryptOptions {
  /** The maximum work. */
  readonly maxIterations?: number;
  /** The application's RC2. */
  readonly decryptRc2?: DecryptRc2;
}

/**
 * Decrypts a private key of a file.
 *
 * @param key The key.
 * @param password The password.
 * @param options The maximum work, and the application's RC2.
 * @returns The key; secret.
 * @throws {NssError} `SEC_ERROR_BAD_PASSWORD`, `SEC_ERROR_INVALID_ALGORITHM` if its encryption is
 * not supported, `SEC_ERROR_BAD_DATA` if it asks for too much work, and as `decodePrivateKey`.
 */
export async function decryptPrivateKey(
  { encrypted, traditional }: EncryptedKey,
  password: string,
  { maxIterations, decryptRc2 }: DecryptOptions,
): Promise<PrivateKeyInfo> {
  const context: PasswordContext = {
    attempt: "Cannot import private key",
    unsupported: "SEC_ERROR_INVALID_ALGORITHM",
    wrongPassword: "SEC_ERROR_BAD_PASSWORD",
    conversion: "openssl pkcs8 -topk8 -v2 aes-256-cbc -provider default -provider legacy " +
      "-in old.pem -out new.pem",
    budget: new IterationBudget(maxIterations),
    decryptRc2,
  };
  const sealed = traditional === null
    ? readEncryptedPkcs8(encrypted, context)
    : readTraditional(traditional.dekInfo, encrypted, context);
  const forms = passwordBytes(password);
  try {
    return await decryptKey(
      sealed,
      forms,
      context,
      (der) =>
        traditional === null
          ? decodePrivateKey(der)
          : decodePrivateKeyBlock({ label: traditional.label, der }),
    );
  } finally {
    erasePassword(forms);
  }
}

/**
 * Checks how a private key is encrypted (EncryptedPrivateKeyInfo of RFC 5208, Section 6), and
 * spends the work of decrypting it.
 *
 * @param der The encoding.
 * @param context The context.
 * @returns What {@linkcode decryptKey} decrypts.
 * @throws {NssError} As `readSealed`; `SEC_ERROR_BAD_DER` if it is malformed.
 */
export function readEncryptedPkcs8(der: Uint8Array<ArrayBuffer>, context: PasswordContext): Sealed {
  const whole = new DerReader(der, "private key");
  const reader = whole.sequence("encryptedPrivateKeyInfo");
  whole.finish();
  const algorithm = reader.element("encryptionAlgorithm", TAG.sequence).der;
  const ciphertext = reader.octetString("encryptedData").slice();
  reader.finish();
  return readSealed(algorithm, ciphertext, context);
}

/**
 * Decrypts a private key.
 *
 * @param sealed The encrypted key.
 * @param password The password.
 * @param context The context.
 * @param decode Decodes the plaintext: PKCS#8 by default.
 * @returns The key; secret.
 * @throws {NssError} `context.wrongPassword`, and as {@linkcode decodePrivateKey}.
 */
export async function decryptKey(
  sealed: Sealed,
  password: PasswordBytes,
  context: PasswordContext,
  decode: (der: Uint8Array<ArrayBuffer>) => PrivateKeyInfo = decodePrivateKey,
): Promise<PrivateKeyInfo> {
  const plain = await decryptSealed(sealed, password, context);
  try {
    if (!isEncryptedPrivateKey(plain)) return decode(plain);
  } catch (cause) {
    // One in 256 wrong passwords gives valid padding
    const isNoise = cause instanceof NssError &&
      (cause.name === "SEC_ERROR_BAD_DER" || cause.name === "SEC_ERROR_NO_KEY");
    throw isNoise ? wrongPassword(context, cause) : cause;
  } finally {
    plain.fill(0);
  }
  throw wrongPassword(context);
}

/**
 * Encodes an encrypted private key.
 *
 * @param encrypted What has been encrypted: PKCS#8.
 * @returns The EncryptedPrivateKeyInfo.
 */
export function encodeEncryptedPkcs8(
  { writeAlgorithm, ciphertext }: Encrypted,
): Uint8Array<ArrayBuffer> {
  return new DerWriter().sequence((w) => {
    writeAlgorithm(w);
    w.octetString(ciphertext);
  }).finish();
}

/**
 * Encrypts a private key by PBES2.
 *
 * @param pkcs8 The key as PKCS#8.
 * @param password The password.
 * @param iterations The number of PBKDF2 iterations.
 * @returns The EncryptedPrivateKeyInfo.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the iterations are out of range.
 */
export async function encryptPkcs8(
  pkcs8: Uint8Array<ArrayBuffer>,
  password: string,
  iterations: number = DEFAULT_ITERATIONS,
): Promise<Uint8Array<ArrayBuffer>> {
  return encodeEncryptedPkcs8(await encryptWithPassword(pkcs8, password, iterations));
}
