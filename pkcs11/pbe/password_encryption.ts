// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: where a file is encrypted with 3DES.

import { DerReader } from "../../cert/der/der_reader.ts";
import type { DerWriter } from "../../cert/der/der_writer.ts";
import { type ErrorName, NssError } from "../../cert/base/errors.ts";
import { type IterationBudget, MAX_ITERATIONS, readIterations } from "./iteration_budget.ts";
import { PBE_OIDS, pbeName } from "./oids.ts";
import { pbkdf2, type Pbkdf2Parameters, readPbkdf2, writePbkdf2 } from "./pbkdf2.ts";
import { bmpPassword, pkcs12Kdf, PURPOSE } from "./pkcs12_kdf.ts";

/** A cipher, with the lengths of its key and IV in bytes. */
interface CipherRow {
  readonly keyLength: number;
  readonly ivLength: number;
  readonly decrypt: typeof decryptAes;
}

/** The ciphers of PBES2 (RFC 8018, Appendix B.2). */
const CIPHERS: ReadonlyMap<string, CipherRow> = new Map<string, CipherRow>([
  [PBE_OIDS.aes128CBC, { keyLength: 16, ivLength: 16, decrypt: decryptAes }],
  [PBE_OIDS.aes192CBC, { keyLength: 24, ivLength: 16, decrypt: decryptAes }],
  [PBE_OIDS.aes256CBC, { keyLength: 32, ivLength: 16, decrypt: decryptAes }],
  [PBE_OIDS.desEDE3CBC, { keyLength: 24, ivLength: 8, decrypt: decrypt3Des }],
]);

/**
 * The supported schemes of PKCS#12 (RFC 7292, Appendix C), with the lengths of their keys in bytes.
 */
const PKCS12_SCHEMES: ReadonlyMap<string, number> = new Map<string, number>([
  [PBE_OIDS.pbeWithSHAAnd3KeyTripleDESCBC, 24],
  [PBE_OIDS.pbeWithSHAAnd2KeyTripleDESCBC, 16],
]);

/** The two encodings of a password that are hashed; secret. */
export interface PasswordBytes {
  /** For PBES2 and PBMAC1. */
  readonly utf8: Uint8Array<ArrayBuffer>;
  /** For PKCS#12's own schemes. */
  readonly bmp: Uint8Array<ArrayBuffer>;
}

/**
 * Encodes a password.
 *
 * @param password The password.
 * @returns The encodings.
 */
export function passwordBytes(password: string): PasswordBytes {
  return { utf8: new TextEncoder().encode(password), bmp: bmpPassword(password) };
}

/** Overwrites a password. */
export function erasePassword({ utf8, bmp }: PasswordBytes): void {
  utf8.fill(0);
  bmp.fill(0);
}

/** The names of errors, and the attempted action. */
export interface PasswordErrors {
  /** The start of the message, such as `Cannot import private key`. */
  readonly attempt: string;
  /** The error for a scheme that is not supported. */
  readonly unsupported: ErrorName;
  /** The error for a wrong password. */
  readonly wrongPassword: ErrorName;
}

/**
 * Decrypts data with a password.
 *
 * @param algorithm The AlgorithmIdentifier: PBES2, or a scheme of PKCS#12.
 * @param ciphertext The ciphertext.
 * @param password The password.
 * @param budget The iteration budget.
 * @param errors The names of errors.
 * @returns The plaintext; secret. By chance, a wrong password may give one too.
 * @throws {NssError} The names in `errors`, or `SEC_ERROR_BAD_DER` if the algorithm is malformed.
 */
export async function decryptWithPassword(
  algorithm: Uint8Array<ArrayBuffer>,
  ciphertext: Uint8Array<ArrayBuffer>,
  password: PasswordBytes,
  budget: IterationBudget,
  errors: PasswordErrors,
): Promise<Uint8Array<ArrayBuffer>> {
  const identifier = new DerReader(algorithm, "encryption algorithm").sequence("");
  const oid = identifier.oid("algorithm");
  const { key, iv, decrypt } = oid === PBE_OIDS.pbes2
    ? await derivePbes2(identifier, password, budget, errors)
    : await derivePkcs12(oid, identifier, password, budget, errors);
  try {
    return await decrypt(key, iv, ciphertext);
  } catch (cause) {
    if (cause instanceof NssError) throw cause;
    throw new NssError(
      errors.wrongPassword,
      `${errors.attempt}: the password is wrong or the encoding is damaged`,
      { cause },
    );
  } finally {
    key.fill(0);
  }
}

interface Derived {
  readonly key: Uint8Array<ArrayBuffer>;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly decrypt: typeof decryptAes;
}

/** RFC 8018, Section 6.2.2. */
async function derivePbes2(
  identifier: DerReader,
  password: PasswordBytes,
  budget: IterationBudget,
  errors: PasswordErrors,
): Promise<Derived> {
  const parameters = identifier.sequence("parameters");
  identifier.finish();
  const kdf = readPbkdf2(parameters, "keyDerivationFunc", errors.unsupported);
  const scheme = parameters.sequence("encryptionScheme");
  parameters.finish();
  const oid = scheme.oid("algorithm");
  const cipher = CIPHERS.get(oid);
  if (cipher === undefined) throw unsupported(errors, `encryption by ${pbeName(oid)}`);
  const iv = scheme.octetString("iv").slice();
  scheme.finish();
  const { keyLength, ivLength, decrypt } = cipher;
  if (iv.length !== ivLength) scheme.fail("iv", `${iv.length} bytes are not ${ivLength}`);
  if (kdf.keyLength !== null && kdf.keyLength !== keyLength) {
    scheme.fail("", `a key of ${kdf.keyLength} bytes is not one of ${keyLength}`);
  }
  const key = await pbkdf2(password.utf8, kdf, keyLength, budget);
  return { key, iv, decrypt };
}

/** RFC 7292, Appendix C. */
async function derivePkcs12(
  oid: string,
  identifier: DerReader,
  password: PasswordBytes,
  budget: IterationBudget,
  errors: PasswordErrors,
): Promise<Derived> {
  const keyLength = PKCS12_SCHEMES.get(oid);
  if (keyLength === undefined) throw unsupported(errors, `encryption by ${pbeName(oid)}`);
  const parameters = identifier.sequence("parameters");
  identifier.finish();
  const salt = parameters.octetString("salt");
  const iterations = readIterations(parameters);
  parameters.finish();
  const common = { hash: "SHA-1", salt, iterations } as const;
  const derived = await pkcs12Kdf(
    password.bmp,
    { ...common, purpose: PURPOSE.key },
    keyLength,
    budget,
  );
  const iv = await pkcs12Kdf(password.bmp, { ...common, purpose: PURPOSE.iv }, 8, budget);
  // Two-key 3DES: the third key is the first
  const key = new Uint8Array(24);
  key.set(derived);
  if (keyLength === 16) key.set(derived.subarray(0, 8), 16);
  derived.fill(0);
  return { key, iv, decrypt: decrypt3Des };
}

function unsupported(errors: PasswordErrors, what: string): NssError {
  return new NssError(
    errors.unsupported,
    `${errors.attempt}: ${what} is not supported; write it anew with AES, as by OpenSSL with -legacy`,
  );
}

async function decryptAes(
  key: Uint8Array<ArrayBuffer>,
  iv: Uint8Array<ArrayBuffer>,
  ciphertext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const cryptoKey = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"]);
  return new Uint8Array(
    await crypto.subtle.decrypt({ name: "AES-CBC", iv }, cryptoKey, ciphertext),
  );
}

async function decrypt3Des(
  key: Uint8Array<ArrayBuffer>,
  iv: Uint8Array<ArrayBuffer>,
  ciphertext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { createDecipheriv } = await import("node:crypto").catch((cause) => {
    throw new NssError(
      "SEC_ERROR_INVALID_ALGORITHM",
      "Cannot decrypt: 3DES needs node:crypto, which this runtime does not have",
      { cause },
    );
  });
  if (ciphertext.length === 0 || ciphertext.length % 8 !== 0) {
    throw new RangeError(`${ciphertext.length} bytes are no blocks of 3DES`);
  }
  // Checked here, because the errors of runtimes' own checks differ
  const decipher = createDecipheriv("des-ede3-cbc", key, iv).setAutoPadding(false);
  const padded = new Uint8Array(decipher.update(ciphertext));
  const padding = padded.at(-1) ?? 0;
  const isPadded = padding >= 1 && padding <= 8 &&
    padded.subarray(-padding).every((byte) => byte === padding);
  if (!isPadded) throw new RangeError("The padding is wrong");
  return padded.subarray(0, -padding); // not a copy, because it may be a private key
}

/**
 * The default number of iterations: what OWASP recommends for PBKDF2 with SHA-256, and NSS uses.
 */
export const DEFAULT_ITERATIONS = 600_000;

/** The result of {@linkcode encryptWithPassword}. */
export interface Encrypted {
  /** Writes the AlgorithmIdentifier. */
  readonly writeAlgorithm: (writer: DerWriter) => void;
  /** The ciphertext. */
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

/**
 * Encrypts data with a password by PBES2: PBKDF2 with SHA-256, AES-256-CBC.
 *
 * @param plaintext The data.
 * @param password The password.
 * @param iterations The number of PBKDF2 iterations.
 * @returns The ciphertext and its AlgorithmIdentifier.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the iterations are out of range.
 */
export async function encryptWithPassword(
  plaintext: Uint8Array<ArrayBuffer>,
  password: string,
  iterations: number,
): Promise<Encrypted> {
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > MAX_ITERATIONS) {
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot encrypt under a password: ${iterations} iterations are no integer from 1 to ${MAX_ITERATIONS}`,
    );
  }
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const kdf: Pbkdf2Parameters = {
    salt: crypto.getRandomValues(new Uint8Array(16)),
    iterations,
    keyLength: null,
    hash: "SHA-256",
  };
  const bytes = new TextEncoder().encode(password);
  const base = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveKey"]);
  bytes.fill(0);
  const key = await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: kdf.hash, salt: kdf.salt, iterations },
    base,
    { name: "AES-CBC", length: 256 },
    false,
    ["encrypt"],
  );
  const ciphertext = await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, plaintext);
  return {
    ciphertext: new Uint8Array(ciphertext),
    writeAlgorithm: (writer) => {
      writer.sequence((w) =>
        w.oid(PBE_OIDS.pbes2).sequence((w) => {
          writePbkdf2(w, kdf);
          w.sequence((w) => w.oid(PBE_OIDS.aes256CBC).octetString(iv));
        })
      );
    },
  };
}
