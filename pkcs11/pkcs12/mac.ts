// Copyright 2026 the NSS for Deno authors. MIT license.

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import type { DerReader } from "../../cert/der/der_reader.ts";
import type { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import { OIDS } from "../../cert/der/oids.ts";
import type { HashName } from "../../cert/certificate/private_key.ts";
import { readIterations } from "../pbe/iteration_budget.ts";
import { PBE_OIDS, pbeName } from "../pbe/oids.ts";
import {
  erasePassword,
  type PasswordBytes,
  passwordBytes,
  type PasswordContext,
} from "../pbe/password_scheme.ts";
import { HMACS, pbkdf2, pbkdf2Work, readPbkdf2, writePbkdf2 } from "../pbe/pbkdf2.ts";
import { pkcs12Kdf, pkcs12KdfWork, PURPOSE } from "../pbe/pkcs12_kdf.ts";

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

/** The minimum key length of PBMAC1 in bytes (RFC 9879, Section 9). */
const MIN_PBMAC1_KEY = 20;
/** The maximum key length of PBMAC1 in bytes: the block of the longest hash. */
const MAX_PBMAC1_KEY = 128;

/** How a MAC is computed. */
interface MacScheme {
  /** The hash of the HMAC. */
  readonly hash: HashName;
  /** Derives the key; secret. */
  readonly derive: (password: PasswordBytes) => Promise<Uint8Array<ArrayBuffer>>;
  /** The work of `derive`, in iterations of PBKDF2 with SHA-256; that of the first is spent. */
  readonly work: number;
}

/** A MAC whose algorithm has been checked and whose work has been spent. */
export interface Mac extends MacScheme {
  /** The MAC of the file. */
  readonly expected: Uint8Array<ArrayBuffer>;
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
  const scheme = oid === PBE_OIDS.pbmac1
    ? readPbmac1(identifier, macData, context)
    : readHash(oid, identifier, salt, macData.done ? 1 : readIterations(macData), context);
  macData.finish();
  context.budget.spend(scheme.work);
  return { ...scheme, expected };
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

/** RFC 9879, Section 4; RFC 8018, Appendix A.5. */
function readPbmac1(
  identifier: DerReader,
  macData: DerReader,
  context: PasswordContext,
): MacScheme {
  const parameters = identifier.sequence("parameters");
  identifier.finish();
  // RFC 9879, Section 4: "the iterations value MUST be ignored", as macSalt is
  if (!macData.done) macData.integer("iterations");
  const fail = (what: string) => unsupported(context, what);
  const kdf = readPbkdf2(parameters, "keyDerivationFunc", fail);
  const scheme = parameters.sequence("messageAuthScheme");
  parameters.finish();
  const oid = scheme.oid("algorithm");
  if (!scheme.done) scheme.null("parameters");
  scheme.finish();
  const hash = HMACS.get(oid);
  if (hash === undefined) throw fail(pbeName(oid));
  const { keyLength: length } = kdf;
  // RFC 9879, Section 5: "MUST NOT accept [...] PBKDF2-params that omit the keyLength field"
  if (length === null) throw malformedKey(context, "has no length, which RFC 9879 forbids");
  // Section 9 recommends to refuse what a guess finds sooner than the password
  if (length < MIN_PBMAC1_KEY || length > MAX_PBMAC1_KEY) {
    const limits = `not ${MIN_PBMAC1_KEY} to ${MAX_PBMAC1_KEY}`;
    throw malformedKey(context, `is of ${length} bytes, ${limits}`);
  }
  return {
    hash,
    work: pbkdf2Work(kdf, length),
    derive: ({ utf8 }) => pbkdf2(utf8, kdf, length),
  };
}

function malformedKey({ attempt }: PasswordContext, state: string): NssError {
  return new NssError(
    "SEC_ERROR_PKCS12_DECODING_PFX",
    `${attempt}: the key of its MAC by PBMAC1 ${state}; export the file anew, ` +
      "as by OpenSSL 3.4 or newer",
  );
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

/** How the MAC of a file is made: SHA-1 is weak, and few programs know PBMAC1. */
export type MacKind = "SHA-1" | "SHA-256" | "PBMAC1";

/** A MAC that is to be written. */
export interface ComputedMac {
  /** How it is made. */
  readonly kind: MacKind;
  /** The MAC. */
  readonly digest: Uint8Array;
  /** The salt. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** The number of iterations. */
  readonly iterations: number;
}

/** The length of the key of PBMAC1 in bytes, that of the hash (RFC 9879, Section 5). */
const PBMAC1_KEY = 32;

/**
 * Encodes the MAC of a file (RFC 7292, Section 4).
 *
 * @param writer The writer.
 * @param mac The MAC and its parameters.
 */
export function writeMac(writer: DerWriter, { kind, digest, salt, iterations }: ComputedMac): void {
  writer.sequence((w) => {
    w.sequence((w) => {
      w.sequence((w) => {
        if (kind !== "PBMAC1") w.oid(kind === "SHA-1" ? OIDS.sha1 : OIDS.sha256).null();
        else {w.oid(PBE_OIDS.pbmac1).sequence((w) => {
            writePbkdf2(w, { salt, iterations, keyLength: PBMAC1_KEY, hash: "SHA-256" });
            w.sequence((w) => w.oid(PBE_OIDS.hmacWithSHA256).null());
          });}
      });
      w.octetString(digest);
    });
    // PBMAC1 has its own, and who reads it ignores these (RFC 9879, Section 4)
    if (kind === "PBMAC1") w.octetString(new TextEncoder().encode("NOT USED")).integer(1);
    else w.octetString(salt).integer(iterations);
  });
}

/**
 * Computes the MAC of a file.
 *
 * @param content The authenticated content; its key is derived meanwhile.
 * @param password The password.
 * @param iterations The number of iterations.
 * @param kind How it is made.
 * @returns The MAC for {@linkcode writeMac}.
 */
export async function computeMac(
  content: Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>,
  password: string,
  iterations: number,
  kind: MacKind = "SHA-256",
): Promise<ComputedMac> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const hash = kind === "SHA-1" ? "SHA-1" : "SHA-256";
  const forms = passwordBytes(password);
  const deriving = kind === "PBMAC1"
    ? pbkdf2(forms.utf8, { salt, iterations, keyLength: PBMAC1_KEY, hash }, PBMAC1_KEY)
    : pkcs12Kdf(
      forms.bmp,
      { hash, salt, iterations, purpose: PURPOSE.mac },
      hash === "SHA-1" ? 20 : 32,
    );
  const key = await deriving.finally(() => erasePassword(forms));
  try {
    return { kind, digest: await hmac(hash, key, await content), salt, iterations };
  } finally {
    key.fill(0);
  }
}
