// Copyright 2026 the NSS for Deno authors. MIT license.

import { DerReader } from "../../cert/der/der_reader.ts";
import { TAG } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import { IterationBudget } from "../pbe/iteration_budget.ts";
import {
  decryptWithPassword,
  DEFAULT_ITERATIONS,
  encryptWithPassword,
  erasePassword,
  type PasswordBytes,
  passwordBytes,
  type PasswordErrors,
} from "../pbe/password_encryption.ts";
import { decodePrivateKey, isEncryptedPrivateKey, type PrivateKeyInfo } from "./pkcs8.ts";

const ERRORS: PasswordErrors = {
  attempt: "Cannot import private key",
  unsupported: "SEC_ERROR_INVALID_ALGORITHM",
  wrongPassword: "SEC_ERROR_BAD_PASSWORD",
};

/**
 * Decrypts a private key of a file (EncryptedPrivateKeyInfo of RFC 5208, Section 6).
 *
 * @param der The encoding.
 * @param password The password.
 * @param maxIterations The maximum number of iterations of the password's hash.
 * @returns The key; secret.
 * @throws {NssError} `SEC_ERROR_BAD_PASSWORD`, and as {@linkcode decryptPkcs8}.
 */
export async function decryptPrivateKey(
  der: Uint8Array<ArrayBuffer>,
  password: string,
  maxIterations?: number,
): Promise<PrivateKeyInfo> {
  const forms = passwordBytes(password);
  try {
    return await decryptPkcs8(der, forms, new IterationBudget(maxIterations), ERRORS);
  } finally {
    erasePassword(forms);
  }
}

/**
 * Decrypts a private key that is a part of something else.
 *
 * @param der The encoding.
 * @param password The password.
 * @param budget The iteration budget.
 * @param errors The names of errors.
 * @returns The key; secret.
 * @throws {NssError} The names in `errors`, `SEC_ERROR_BAD_DER` if it is malformed, and as
 * {@linkcode decodePrivateKey}.
 */
export async function decryptPkcs8(
  der: Uint8Array<ArrayBuffer>,
  password: PasswordBytes,
  budget: IterationBudget,
  errors: PasswordErrors,
): Promise<PrivateKeyInfo> {
  const whole = new DerReader(der, "private key");
  const reader = whole.sequence("encryptedPrivateKeyInfo");
  whole.finish();
  const algorithm = reader.element("encryptionAlgorithm", TAG.sequence).der;
  const ciphertext = reader.octetString("encryptedData");
  reader.finish();
  const plain = await decryptWithPassword(algorithm, ciphertext, password, budget, errors);
  try {
    return decodePlain(plain, errors);
  } finally {
    plain.fill(0);
  }
}

function decodePlain(plain: Uint8Array<ArrayBuffer>, errors: PasswordErrors): PrivateKeyInfo {
  try {
    if (!isEncryptedPrivateKey(plain)) return decodePrivateKey(plain);
  } catch (cause) {
    if (!(cause instanceof NssError) || cause.name !== "SEC_ERROR_BAD_DER") throw cause;
    // One in 256 wrong passwords gives valid padding
    throw wrongPassword(errors, cause);
  }
  throw wrongPassword(errors);
}

function wrongPassword(errors: PasswordErrors, cause?: unknown): NssError {
  return new NssError(
    errors.wrongPassword,
    `${errors.attempt}: the password is wrong or the encoding is damaged`,
    { cause },
  );
}

/**
 * Encrypts a private key.
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
  const { writeAlgorithm, ciphertext } = await encryptWithPassword(pkcs8, password, iterations);
  return new DerWriter().sequence((w) => {
    writeAlgorithm(w);
    w.octetString(ciphertext);
  }).finish();
}
