// Copyright 2026 the NSS for Deno authors. MIT license.

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import type { DerReader } from "../../cert/der/der_reader.ts";
import type { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import { OIDS } from "../../cert/der/oids.ts";
import type { HashName } from "../../cert/certificate/private_key.ts";
import { type IterationBudget, readIterations } from "../pbe/iteration_budget.ts";
import { PBE_OIDS } from "../pbe/oids.ts";
import type { PasswordBytes } from "../pbe/password_encryption.ts";
import { HMACS, pbkdf2, readPbkdf2 } from "../pbe/pbkdf2.ts";
import { bmpPassword, pkcs12Kdf, PURPOSE } from "../pbe/pkcs12_kdf.ts";

/** The hashes of MACs that WebCrypto has, with their lengths in bytes. */
const HASHES: ReadonlyMap<string, readonly [HashName, number]> = new Map<
  string,
  readonly [HashName, number]
>([
  [OIDS.sha1, ["SHA-1", 20]],
  [OIDS.sha256, ["SHA-256", 32]],
  [OIDS.sha384, ["SHA-384", 48]],
  [OIDS.sha512, ["SHA-512", 64]],
]);

/** The minimum key length of PBMAC1 in bytes (RFC 9579, Section 9). */
const MIN_PBMAC1_KEY = 20;
/** The maximum key length of PBMAC1 in bytes: the block of the longest hash. */
const MAX_PBMAC1_KEY = 128;

/**
 * Verifies the MAC of a file.
 *
 * @param macData The MacData (RFC 7292, Section 4).
 * @param content The authenticated content.
 * @param forms The password.
 * @param budget The iteration budget.
 * @returns The encodings of the password that the file uses.
 * @throws {NssError} `SEC_ERROR_PKCS12_INVALID_MAC` if the password is wrong or the content is
 * damaged.
 */
export async function verifyMac(
  macData: DerReader,
  content: Uint8Array<ArrayBuffer>,
  forms: PasswordBytes,
  budget: IterationBudget,
): Promise<PasswordBytes> {
  const mac = macData.sequence("mac");
  const identifier = mac.sequence("digestAlgorithm");
  const oid = identifier.oid("algorithm");
  const expected = mac.octetString("digest");
  mac.finish();
  const salt = macData.octetString("macSalt");
  const iterations = macData.done ? 1 : readIterations(macData);
  macData.finish();
  const isMac = async (
    key: Uint8Array<ArrayBuffer>,
    hash: HashName,
  ): Promise<boolean> => {
    const computed = await hmac(hash, key, content);
    key.fill(0);
    return computed.length === expected.length && timingSafeEqual(computed, expected);
  };
  if (oid === PBE_OIDS.pbmac1) {
    const { key, hash } = await derivePbmac1(identifier, forms, budget);
    if (await isMac(key, hash)) return forms;
  } else {
    const [hash, length] = HASHES.get(oid) ?? [];
    if (hash === undefined) throw unsupported(oid);
    if (!identifier.done) identifier.null("parameters");
    identifier.finish();
    const parameters = { hash, salt, iterations, purpose: PURPOSE.mac };
    // Some programs hash an empty password as a lone NULL character, others as no bytes
    const candidates = [forms.bmp, ...(forms.utf8.length === 0 ? [new Uint8Array(0)] : [])];
    for (const bmp of candidates) {
      const key = await pkcs12Kdf(bmp, parameters, length!, budget);
      if (await isMac(key, hash)) return { ...forms, bmp };
    }
  }
  throw new NssError("SEC_ERROR_PKCS12_INVALID_MAC");
}

/** RFC 9579, Section 4; RFC 8018, Appendix A.5. */
async function derivePbmac1(
  identifier: DerReader,
  password: PasswordBytes,
  budget: IterationBudget,
): Promise<{ key: Uint8Array<ArrayBuffer>; hash: HashName }> {
  const parameters = identifier.sequence("parameters");
  identifier.finish();
  const error = "SEC_ERROR_PKCS12_UNSUPPORTED_MAC_ALGORITHM";
  const kdf = readPbkdf2(parameters, "keyDerivationFunc", error);
  const scheme = parameters.sequence("messageAuthScheme");
  parameters.finish();
  const oid = scheme.oid("algorithm");
  if (!scheme.done) scheme.null("parameters");
  scheme.finish();
  const hash = HMACS.get(oid);
  if (hash === undefined) throw unsupported(oid);
  const length = kdf.keyLength;
  // RFC 9579, Section 5: "this field MUST be present"; a short key weakens the MAC
  if (length === null || length < MIN_PBMAC1_KEY || length > MAX_PBMAC1_KEY) {
    return scheme.fail("keyLength", `${length ?? "nothing"} is no length of a key`);
  }
  return { key: await pbkdf2(password.utf8, kdf, length, budget), hash };
}

function unsupported(oid: string): NssError {
  return new NssError(
    "SEC_ERROR_PKCS12_UNSUPPORTED_MAC_ALGORITHM",
    `Cannot import PKCS#12: MAC algorithm ${oid} is not supported`,
  );
}

async function hmac(
  hash: HashName,
  key: Uint8Array<ArrayBuffer>,
  content: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "HMAC", hash };
  const cryptoKey = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign(algorithm, cryptoKey, content));
}

/**
 * Encodes the MAC of a file, HMAC with SHA-256 (RFC 7292, Section 4).
 *
 * @param writer The writer.
 * @param mac The MAC and its parameters.
 * @param mac.digest The MAC.
 * @param mac.salt The salt.
 * @param mac.iterations The number of iterations.
 */
export function writeMac(
  writer: DerWriter,
  mac: { digest: Uint8Array; salt: Uint8Array; iterations: number },
): void {
  writer.sequence((w) => {
    w.sequence((w) => {
      w.sequence((w) => w.oid(OIDS.sha256).null());
      w.octetString(mac.digest);
    });
    w.octetString(mac.salt).integer(mac.iterations);
  });
}

/**
 * Computes the MAC of a file.
 *
 * @param content The authenticated content.
 * @param password The password.
 * @param iterations The number of iterations.
 * @param budget The iteration budget.
 * @returns The MAC for {@linkcode writeMac}.
 */
export async function computeMac(
  content: Uint8Array<ArrayBuffer>,
  password: string,
  iterations: number,
  budget: IterationBudget,
): Promise<{ digest: Uint8Array<ArrayBuffer>; salt: Uint8Array<ArrayBuffer>; iterations: number }> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const bmp = bmpPassword(password);
  const parameters = { hash: "SHA-256", salt, iterations, purpose: PURPOSE.mac } as const;
  const key = await pkcs12Kdf(bmp, parameters, 32, budget);
  bmp.fill(0);
  const digest = await hmac("SHA-256", key, content);
  key.fill(0);
  return { digest, salt, iterations };
}
