// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import { IterationBudget, MAX_ITERATIONS } from "../pbe/iteration_budget.ts";

/** Data encrypted with AES-GCM. */
export interface Sealed {
  /** The nonce. */
  readonly iv: Uint8Array<ArrayBuffer>;
  /** The ciphertext with its tag. */
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

/**
 * The version of the layout of a token: of its password record, its keys and its certificates.
 */
export const LAYOUT_VERSION = 2;

/** The stored data keys, encrypted under a password. */
export interface PasswordRecord {
  /** The version of the layout. */
  readonly version: typeof LAYOUT_VERSION;
  /** Whether there is a password; if not, the empty one is used. */
  readonly isSet: boolean;
  /** The salt. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** The number of PBKDF2 iterations; 1 without a password. */
  readonly iterations: number;
  /**
   * The encrypted data key, 32 bytes; while a change of the password is not complete, the previous
   * one follows it.
   */
  readonly dataKey: Sealed;
}

const encoder = new TextEncoder();

/**
 * Encrypts with AES-256-GCM.
 *
 * @param key The key.
 * @param plaintext The plaintext.
 * @param context The additional data, which {@linkcode unseal} needs as well.
 * @returns The ciphertext.
 */
export async function seal(
  key: CryptoKey,
  plaintext: Uint8Array<ArrayBuffer>,
  context: Uint8Array<ArrayBuffer>,
): Promise<Sealed> {
  // Random nonces are safe for 2^32 messages (NIST SP 800-38D, Section 8.3), more than are stored
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const parameters = { name: "AES-GCM", iv, additionalData: context };
  return {
    iv,
    ciphertext: new Uint8Array(await crypto.subtle.encrypt(parameters, key, plaintext)),
  };
}

/**
 * Decrypts the result of {@linkcode seal}.
 *
 * @param key The key.
 * @param sealed The ciphertext.
 * @param context The additional data.
 * @returns The plaintext; `null` if key or context are others, or the ciphertext is damaged.
 */
export async function unseal(
  key: CryptoKey,
  sealed: Sealed,
  context: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const parameters = { name: "AES-GCM", iv: sealed.iv, additionalData: context };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters, key, sealed.ciphertext));
  } catch {
    return null;
  }
}

async function passwordKey(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<CryptoKey> {
  new IterationBudget(MAX_ITERATIONS).spend(iterations);
  const bytes = encoder.encode(password);
  const base = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveKey"]);
  bytes.fill(0);
  return await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

/** The length of a data key in bytes. */
export const DATA_KEY_LENGTH = 32;

/** The additional data of a data key. Salt and iterations are authenticated by the key. */
function contextOf(isSet: boolean): Uint8Array<ArrayBuffer> {
  return encoder.encode(
    `NSS for Deno: data key of a token, version ${LAYOUT_VERSION}, ${
      isSet ? "with" : "without"
    } a password`,
  );
}

/**
 * Encrypts a data key under a password.
 *
 * @param password The password; empty for none.
 * @param dataKey The data key, or the new one and the previous one.
 * @param iterations The number of PBKDF2 iterations.
 * @returns The password record.
 */
export async function sealDataKey(
  password: string,
  dataKey: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<PasswordRecord> {
  const isSet = password !== "";
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const count = isSet ? iterations : 1; // an empty password is no secret
  const key = await passwordKey(password, salt, count);
  return {
    version: LAYOUT_VERSION,
    isSet,
    salt,
    iterations: count,
    dataKey: await seal(key, dataKey, contextOf(isSet)),
  };
}

/**
 * Decrypts a data key with a password.
 *
 * @param password The password.
 * @param record The password record.
 * @returns The data key, secret, as {@linkcode sealDataKey} got it; `null` if the password is
 * wrong.
 */
export async function unsealDataKey(
  password: string,
  record: PasswordRecord,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const { isSet, salt, iterations, dataKey } = record;
  return await unseal(await passwordKey(password, salt, iterations), dataKey, contextOf(isSet));
}

/**
 * Checks that a stored value is a password record.
 *
 * @param value The stored value.
 * @param label The label of the token, for the error message.
 * @returns The record; `null` if it is damaged.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is of another version.
 */
export function readPasswordRecord(value: unknown, label: string): PasswordRecord | null {
  const { version, isSet, salt, iterations, dataKey } = (value ?? {}) as Partial<
    Record<keyof PasswordRecord, unknown>
  >;
  if (version !== LAYOUT_VERSION) {
    if (!Number.isInteger(version)) return null;
    throw new NssError(
      "SEC_ERROR_BAD_DATABASE",
      `Cannot read token "${label}": it has layout ${version}, and this version of the package ` +
        `reads layout ${LAYOUT_VERSION} only`,
    );
  }
  const isRecord = typeof isSet === "boolean" && salt instanceof Uint8Array &&
    typeof iterations === "number" && Number.isInteger(iterations) && iterations > 0 &&
    iterations <= (isSet ? MAX_ITERATIONS : 1) && isSealed(dataKey);
  return isRecord ? value as PasswordRecord : null;
}

/**
 * Returns whether a stored value is encrypted data.
 *
 * @param value The stored value.
 * @returns Whether it has the form of {@linkcode Sealed}.
 */
export function isSealed(value: unknown): value is Sealed {
  const { iv, ciphertext } = (value ?? {}) as Partial<Sealed>;
  return iv instanceof Uint8Array && ciphertext instanceof Uint8Array;
}
