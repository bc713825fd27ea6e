// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerReader } from "../../cert/der/der_reader.ts";
import type { DerWriter } from "../../cert/der/der_writer.ts";
import { type ErrorName, NssError } from "../../cert/base/errors.ts";
import type { HashName } from "../../cert/certificate/private_key.ts";
import { type IterationBudget, readIterations } from "./iteration_budget.ts";
import { PBE_OIDS, pbeName } from "./oids.ts";

/** The pseudo-random functions that WebCrypto has in PBKDF2: not hmacWithSHA224. */
export const HMACS: ReadonlyMap<string, HashName> = new Map<string, HashName>([
  [PBE_OIDS.hmacWithSHA1, "SHA-1"],
  [PBE_OIDS.hmacWithSHA256, "SHA-256"],
  [PBE_OIDS.hmacWithSHA384, "SHA-384"],
  [PBE_OIDS.hmacWithSHA512, "SHA-512"],
]);

/** The bytes of hashes (FIPS 180-4): a longer key costs as much again. */
const HASH_SIZES: Readonly<Record<HashName, number>> = {
  "SHA-1": 20,
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
};

/** How a key is derived from a password (RFC 8018, Section 5.2). */
export interface Pbkdf2Parameters {
  /** The salt. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** How often the password is hashed. */
  readonly iterations: number;
  /** How long the key is, where that is told. */
  readonly keyLength: number | null;
  /** What the password is hashed with. */
  readonly hash: HashName;
}

/**
 * Reads an AlgorithmIdentifier of PBKDF2 (RFC 8018, Appendix A.2).
 *
 * @param outer Where it stands.
 * @param name What it is there.
 * @param error What an unknown algorithm is called.
 * @returns The parameters.
 * @throws {NssError} If it is malformed or another algorithm.
 */
export function readPbkdf2(outer: DerReader, name: string, error: ErrorName): Pbkdf2Parameters {
  const identifier = outer.sequence(name);
  const oid = identifier.oid("algorithm");
  if (oid !== PBE_OIDS.pbkdf2) throw unsupported(error, pbeName(oid));
  const reader = identifier.sequence("parameters");
  identifier.finish();
  // The salt may also be made from another algorithm, of which there is none
  const salt = reader.octetString("salt").slice();
  const iterations = readIterations(reader);
  const keyLength = reader.nextTag === 0x02 ? reader.smallInteger("keyLength") : null;
  let oidOfHmac: string = PBE_OIDS.hmacWithSHA1;
  if (!reader.done) {
    const prf = reader.sequence("prf");
    oidOfHmac = prf.oid("algorithm");
    if (!prf.done) prf.null("parameters"); // NSS leaves it out
    prf.finish();
  }
  reader.finish();
  const hash = HMACS.get(oidOfHmac);
  if (hash === undefined) throw unsupported(error, `PBKDF2 with ${pbeName(oidOfHmac)}`);
  return { salt, iterations, keyLength, hash };
}

function unsupported(error: ErrorName, what: string): NssError {
  return new NssError(error, `Cannot derive key from password: ${what} is not supported`);
}

/**
 * Writes an AlgorithmIdentifier of PBKDF2.
 *
 * @param writer Where to.
 * @param parameters The parameters.
 */
export function writePbkdf2(writer: DerWriter, parameters: Pbkdf2Parameters): void {
  const { salt, iterations, keyLength, hash } = parameters;
  const prf = [...HMACS].find(([, name]) => name === hash)![0];
  writer.sequence((w) => {
    w.oid(PBE_OIDS.pbkdf2).sequence((w) => {
      w.octetString(salt).integer(iterations);
      if (keyLength !== null) w.integer(keyLength);
      // DER leaves a default out (X.690, Section 11.5)
      if (hash !== "SHA-1") w.sequence((w) => w.oid(prf).null());
    });
  });
}

/**
 * Derives bytes from a password.
 *
 * @param password The password's bytes.
 * @param parameters How.
 * @param length How many bytes.
 * @param budget What is left of the iterations.
 * @returns The bytes; secret.
 * @throws {NssError} `SEC_ERROR_BAD_DATA` if too many iterations are asked for.
 */
export async function pbkdf2(
  password: Uint8Array<ArrayBuffer>,
  parameters: Pbkdf2Parameters,
  length: number,
  budget: IterationBudget,
): Promise<Uint8Array<ArrayBuffer>> {
  const { salt, iterations, hash } = parameters;
  budget.spend(iterations * Math.ceil(length / HASH_SIZES[hash]));
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const bits = { name: "PBKDF2", hash, salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(bits, key, 8 * length));
}
