// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import { encryptTripleDes } from "./ciphers.ts";
import { MAX_ITERATIONS } from "./iteration_budget.ts";
import { PBE_OIDS } from "./oids.ts";
import { type Pbkdf2Parameters, writePbkdf2 } from "./pbkdf2.ts";
import { bmpPassword, pkcs12Kdf, PURPOSE } from "./pkcs12_kdf.ts";

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
  checkIterations(iterations);
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

function checkIterations(iterations: number): void {
  if (Number.isInteger(iterations) && iterations >= 1 && iterations <= MAX_ITERATIONS) return;
  throw new NssError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot encrypt under a password: ${iterations} iterations are no integer from 1 to ${MAX_ITERATIONS}`,
  );
}

/**
 * Encrypts data with a password by pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, Appendix C), which is
 * weak, for programs that know nothing better.
 *
 * @param plaintext The data.
 * @param password The password.
 * @param iterations The number of iterations.
 * @returns The ciphertext and its AlgorithmIdentifier.
 * @throws {NssError} As {@linkcode encryptWithPassword}, and `SEC_ERROR_INVALID_ALGORITHM` if the
 * runtime does not have `node:crypto`.
 */
export async function encryptWeakly(
  plaintext: Uint8Array<ArrayBuffer>,
  password: string,
  iterations: number,
): Promise<Encrypted> {
  checkIterations(iterations);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const bmp = bmpPassword(password);
  const parameters = { hash: "SHA-1", salt, iterations } as const;
  const key = await pkcs12Kdf(bmp, { ...parameters, purpose: PURPOSE.key }, 24);
  const iv = await pkcs12Kdf(bmp, { ...parameters, purpose: PURPOSE.iv }, 8);
  bmp.fill(0);
  try {
    return {
      ciphertext: await encryptTripleDes(key, iv, plaintext),
      writeAlgorithm: (writer) => {
        writer.sequence((w) =>
          w.oid(PBE_OIDS.pbeWithSHAAnd3KeyTripleDESCBC)
            .sequence((w) => w.octetString(salt).integer(iterations))
        );
      },
    };
  } finally {
    key.fill(0);
  }
}
