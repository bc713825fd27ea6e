// Copyright 2026 the NSS for Deno authors. MIT license.

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import type { DerReader } from "../../cert/der/der_reader.ts";
import type { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import { OIDS } from "../../cert/der/oids.ts";
import type { HashName } from "../../cert/certificate/private_key.ts";
import { readIterations } from "../pbe/iteration_budget.ts";
import { PBE_OIDS, pbeName } from "../pbe/oids.ts";
import type { PasswordBytes, PasswordContext } from "../pbe/password_scheme.ts";
import { HMACS, pbkdf2, pbkdf2Work, readPbkdf2 } from "../pbe/pbkdf2.ts";
import { bmpPassword, pkcs12Kdf, pkcs12KdfWork, PURPOSE } from "../pbe/pkcs12_kdf.ts";

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

/** A MAC whose algorithm has been checked and whose work has been spent. */
export interface Mac {
  readonly expected: Uint8Array<ArrayBuffer>;
  readonly hash: HashName;
  /** Derives the key; secret. */
  readonly derive: (password: PasswordBytes) => Promise<Uint8Array<ArrayBuffer>>;
  /** Spends the work of one more `derive`. */
  readonly spendAgain: () => void;
}

/**
 * Checks the algorithm of a MAC, and spends the work of verifying it.
 *
 * @param macData The MacData (RFC 7292, Section 4).
 * @param context The context.
 * @returns What {@linkcode isMacOf} verifies.
 * @throws {NssError} `SEC_ERROR_PKCS12_UNSUPPORTED_MAC_ALGORITHM`, `SEC_ERROR_BAD_DATA` if the
 * budget is exceeded, the error of the reader if it is malformed.
 */
export function readMac(macData: DerReader, context: PasswordContext): Mac {
  const mac = macData.sequence("mac");
  const identifier = mac.sequence("digestAlgorithm");
  const oid = identifier.oid("algorithm");
  const expected = mac.octetString("digest");
  mac.finish();
  const salt = macData.octetString("macSalt").slice();
  const iterations = macData.done ? 1 : readIterations(macData);
  macData.finish();
  const { hash, derive, work } = oid === PBE_OIDS.pbmac1
    ? readPbmac1(identifier, context)
    : readHash(oid, identifier, salt, iterations, context);
  const spendAgain = () => context.budget.spend(work);
  spendAgain();
  return { expected, hash, derive, spendAgain };
}

/**
 * Verifies a MAC.
 *
 * @param mac The MAC.
 * @param content The authenticated content.
 * @param password The password.
 * @returns Whether it is that of the content under the password.
 */
export async function isMacOf(
  { expected, hash, derive }: Mac,
  content: Uint8Array<ArrayBuffer>,
  password: PasswordBytes,
): Promise<boolean> {
  const key = await derive(password);
  const computed = await hmac(hash, key, content);
  key.fill(0);
  return computed.length === expected.length && timingSafeEqual(computed, expected);
}

type MacScheme = Pick<Mac, "hash" | "derive"> & { readonly work: number };

/** RFC 7292, Appendix B.4. */
function readHash(
  oid: string,
  identifier: DerReader,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
  context: PasswordContext,
): MacScheme {
  const [hash, length] = HASHES.get(oid) ?? [];
  if (hash === undefined || length === undefined) throw unsupported(context, pbeName(oid));
  if (!identifier.done) identifier.null("parameters");
  identifier.finish();
  const parameters = { hash, salt, iterations, purpose: PURPOSE.mac };
  return {
    hash,
    work: pkcs12KdfWork(hash, iterations, length),
    derive: ({ bmp }) => pkcs12Kdf(bmp, parameters, length),
  };
}

/** RFC 9579, Section 4; RFC 8018, Appendix A.5. */
function readPbmac1(identifier: DerReader, context: PasswordContext): MacScheme {
  const parameters = identifier.sequence("parameters");
  identifier.finish();
  const fail = (what: string) => unsupported(context, what);
  const kdf = readPbkdf2(parameters, "keyDerivationFunc", fail);
  const scheme = parameters.sequence("messageAuthScheme");
  parameters.finish();
  const oid = scheme.oid("algorithm");
  if (!scheme.done) scheme.null("parameters");
  scheme.finish();
  const hash = HMACS.get(oid);
  if (hash === undefined) throw fail(pbeName(oid));
  const length = kdf.keyLength;
  // RFC 9579, Section 5: "this field MUST be present"; a short key weakens the MAC
  if (length === null || length < MIN_PBMAC1_KEY || length > MAX_PBMAC1_KEY) {
    return scheme.fail("keyLength", `${length ?? "nothing"} is no length of a key`);
  }
  return {
    hash,
    work: pbkdf2Work(kdf, length),
    derive: ({ utf8 }) => pbkdf2(utf8, kdf, length),
  };
}

function unsupported({ attempt, conversion }: PasswordContext, what: string): NssError {
  return new NssError(
    "SEC_ERROR_PKCS12_UNSUPPORTED_MAC_ALGORITHM",
    `${attempt}: its MAC is by ${what}, which is not supported; write it anew: ${conversion}`,
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

/** A MAC that is to be written. */
export interface ComputedMac {
  /** The hash of the HMAC: SHA-1 is weak. */
  readonly hash: "SHA-1" | "SHA-256";
  /** The MAC. */
  readonly digest: Uint8Array;
  /** The salt. */
  readonly salt: Uint8Array;
  /** The number of iterations. */
  readonly iterations: number;
}

/**
 * Encodes the MAC of a file (RFC 7292, Section 4).
 *
 * @param writer The writer.
 * @param mac The MAC and its parameters.
 */
export function writeMac(writer: DerWriter, mac: ComputedMac): void {
  const oid = mac.hash === "SHA-1" ? OIDS.sha1 : OIDS.sha256;
  writer.sequence((w) => {
    w.sequence((w) => {
      w.sequence((w) => w.oid(oid).null());
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
 * @param hash The hash.
 * @returns The MAC for {@linkcode writeMac}.
 */
export async function computeMac(
  content: Uint8Array<ArrayBuffer>,
  password: string,
  iterations: number,
  hash: ComputedMac["hash"] = "SHA-256",
): Promise<ComputedMac> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const bmp = bmpPassword(password);
  const parameters = { hash, salt, iterations, purpose: PURPOSE.mac };
  const key = await pkcs12Kdf(bmp, parameters, hash === "SHA-1" ? 20 : 32);
  bmp.fill(0);
  const digest = await hmac(hash, key, content);
  key.fill(0);
  return { hash, digest, salt, iterations };
}
