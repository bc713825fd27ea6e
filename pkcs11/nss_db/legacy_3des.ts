// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

import { concat } from "../../cert/base/bytes.ts";
import type { DerReader } from "../../cert/der/der_reader.ts";
import { importBuiltin } from "../../cert/base/lazy_module.ts";
import { IterationBudget, readIterations } from "../pbe/iteration_budget.ts";
import { damaged } from "./values.ts";

/** The maximum number of iterations of a value; NSS wrote 1. Each is a call of WebCrypto. */
const MAX_LEGACY_ITERATIONS = 10_000;

/**
 * Decrypts a value of NSS before 3.49, by SHA-1 and 3DES (`nsspkcs5_PKCS12PBE` of softoken).
 *
 * @param passwordKey The hash of the password.
 * @param parameters The parameters of the algorithm.
 * @param ciphertext The ciphertext.
 * @returns The value; secret; `null` if the key is wrong.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is malformed.
 */
export async function decryptLegacy(
  passwordKey: Uint8Array<ArrayBuffer>,
  parameters: DerReader,
  ciphertext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  let salt: Uint8Array<ArrayBuffer>;
  let iterations: number;
  try {
    salt = parameters.octetString("salt");
    iterations = readIterations(parameters);
    parameters.finish();
    new IterationBudget(MAX_LEGACY_ITERATIONS).spend(iterations);
  } catch (cause) {
    throw damaged("an encrypted value is malformed", cause);
  }
  if (ciphertext.length === 0 || ciphertext.length % 8 !== 0) {
    throw damaged(`${ciphertext.length} encrypted bytes are no blocks`);
  }
  const derived = await derive(passwordKey, salt, iterations);
  const { createDecipheriv } = await importBuiltin(
    () => import("node:crypto"),
    "SEC_ERROR_INVALID_ALGORITHM",
    "Cannot read NSS database: its 3DES needs node:crypto, which this runtime does not have",
  );
  const decipher = createDecipheriv("des-ede3-cbc", derived.subarray(0, 24), derived.subarray(32));
  const padded = Uint8Array.from(decipher.setAutoPadding(false).update(ciphertext));
  derived.fill(0);
  const padding = padded.at(-1)!;
  const isPadded = padding >= 1 && padding <= 8 &&
    padded.subarray(-padding).every((byte) => byte === padding);
  // not a copy, because it may be a private key
  return isPadded ? padded.subarray(0, -padding) : null;
}

/** Derives 24 bytes of key, 8 unused ones and 8 of IV. */
async function derive(
  passwordKey: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let hash = await sha1(passwordKey, salt);
  for (let i = 1; i < iterations; i++) {
    const next = await sha1(hash);
    hash.fill(0);
    hash = next;
  }
  const key = await crypto.subtle.importKey("raw", hash, { name: "HMAC", hash: "SHA-1" }, false, [
    "sign",
  ]);
  hash.fill(0);
  const hmac = async (...parts: readonly Uint8Array<ArrayBuffer>[]) => {
    const input = concat(parts);
    const mac = crypto.subtle.sign("HMAC", key, input);
    input.fill(0); // sign has copied it
    return new Uint8Array(await mac);
  };
  const padded = new Uint8Array(Math.max(20, salt.length));
  padded.set(salt);
  const [first, state] = await Promise.all([hmac(padded, salt), hmac(padded)]);
  const second = await hmac(state, salt);
  const derived = concat([first, second]);
  for (const part of [first, state, second]) part.fill(0);
  return derived;
}

async function sha1(
  ...parts: readonly Uint8Array<ArrayBuffer>[]
): Promise<Uint8Array<ArrayBuffer>> {
  const input = concat(parts);
  const digest = crypto.subtle.digest("SHA-1", input);
  input.fill(0); // digest has copied it
  return new Uint8Array(await digest);
}
