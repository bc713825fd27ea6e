// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerReader } from "../../cert/der/der_reader.ts";
import type { DerWriter } from "../../cert/der/der_writer.ts";
import type { NssError } from "../../cert/base/errors.ts";
import type { HashName } from "../../cert/certificate/private_key.ts";
import { readIterations } from "./iteration_budget.ts";
import { PBE_OIDS, pbeName } from "./oids.ts";

/** The pseudorandom functions that WebCrypto has for PBKDF2: not hmacWithSHA224. */
export const HMACS: ReadonlyMap<string, HashName> = new Map<string, HashName>([
  [PBE_OIDS.hmacWithSHA1, "SHA-1"],
  [PBE_OIDS.hmacWithSHA256, "SHA-256"],
  [PBE_OIDS.hmacWithSHA384, "SHA-384"],
  [PBE_OIDS.hmacWithSHA512, "SHA-512"],
]);

/**
 * The lengths of hashes in bytes (FIPS 180-4), as each further block of key costs as much again,
 * and what an iteration costs beside one with SHA-256, measured.
 */
const HASHES: Readonly<Record<HashName, readonly [size: number, work: number]>> = {
  "SHA-1": [20, 1],
  "SHA-256": [32, 1],
  "SHA-384": [48, 3],
  "SHA-512": [64, 3],
};

/** The parameters of PBKDF2 (RFC 8018, Section 5.2). */
export interface Pbkdf2Parameters {
  /** The salt. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** The number of iterations. */
  readonly iterations: number;
  /** The length of the key in bytes; `null` if absent. */
  readonly keyLength: number | null;
  /** The hash function. */
  readonly hash: HashName;
}

/** Makes the error of what is not supported, of its name. */
export type Unsupported = (what: string) => NssError;

/**
 * Decodes an AlgorithmIdentifier of PBKDF2 (RFC 8018, Appendix A.2).
 *
 * @param outer The reader in front of it.
 * @param name The name of the field.
 * @param unsupported Makes the error for an unsupported algorithm.
 * @returns The parameters.
 * @throws {NssError} That error, or the error of the reader if it is malformed.
 */
export function readPbkdf2(
  outer: DerReader,
  name: string,
  unsupported: Unsupported,
): Pbkdf2Parameters {
  const identifier = outer.sequence(name);
  const oid = identifier.oid("algorithm");
  if (oid !== PBE_OIDS.pbkdf2) throw unsupported(pbeName(oid));
  return readPbkdf2Parameters(identifier, unsupported);
}

/**
 * Decodes the parameters of PBKDF2.
 *
 * @param identifier The reader behind the object identifier.
 * @param unsupported Makes the error for an unsupported algorithm.
 * @returns The parameters.
 * @throws {NssError} As {@linkcode readPbkdf2}.
 */
export function readPbkdf2Parameters(
  identifier: DerReader,
  unsupported: Unsupported,
): Pbkdf2Parameters {
  const reader = identifier.sequence("parameters");
  identifier.finish();
  // The salt is a CHOICE, whose other alternative no standard defines
  const salt = reader.octetString("salt").slice();
  const iterations = readIterations(reader);
  const keyLength = reader.nextTag === 0x02 ? reader.smallInteger("keyLength") : null;
  let oidOfHmac: string = PBE_OIDS.hmacWithSHA1;
  if (!reader.done) {
    const prf = reader.sequence("prf");
    oidOfHmac = prf.oid("algorithm");
    if (!prf.done) prf.null("parameters"); // NSS omits it
    prf.finish();
  }
  reader.finish();
  const hash = HMACS.get(oidOfHmac);
  if (hash === undefined) throw unsupported(`PBKDF2 with ${pbeName(oidOfHmac)}`);
  return { salt, iterations, keyLength, hash };
}

/**
 * Encodes an AlgorithmIdentifier of PBKDF2.
 *
 * @param writer The writer.
 * @param parameters The parameters.
 */
export function writePbkdf2(writer: DerWriter, parameters: Pbkdf2Parameters): void {
  const { salt, iterations, keyLength, hash } = parameters;
  const prf = [...HMACS].find(([, name]) => name === hash)![0];
  writer.sequence((w) => {
    w.oid(PBE_OIDS.pbkdf2).sequence((w) => {
      w.octetString(salt).integer(iterations);
      if (keyLength !== null) w.integer(keyLength);
      // DER omits a default (X.690, Section 11.5)
      if (hash !== "SHA-1") w.sequence((w) => w.oid(prf).null());
    });
  });
}

/**
 * Returns the work of {@linkcode pbkdf2}.
 *
 * @param parameters The parameters.
 * @param length The length of the key in bytes.
 * @returns The work in iterations with SHA-256.
 */
export function pbkdf2Work({ iterations, hash }: Pbkdf2Parameters, length: number): number {
  const [size, work] = HASHES[hash];
  return iterations * Math.ceil(length / size) * work;
}

/**
 * Derives a key from a password; the caller bounds the work.
 *
 * @param password The password's bytes.
 * @param parameters The parameters.
 * @param length The length in bytes.
 * @returns The key; secret.
 */
export async function pbkdf2(
  password: Uint8Array<ArrayBuffer>,
  { salt, iterations, hash }: Pbkdf2Parameters,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const bits = { name: "PBKDF2", hash, salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(bits, key, 8 * length));
}
