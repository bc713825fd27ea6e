// Copyright 2026 the NSS for Deno authors. MIT license.

import { deferred } from "../../cert/base/runtime.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import { type ErrorName, NssError } from "../../cert/base/errors.ts";
import { pbkdf1 } from "./iterated_hash.ts";
import { aes, type Cipher, type DecryptRc2, loadNodeCrypto, rc2, tripleDes } from "./ciphers.ts";
import { type IterationBudget, readIterations } from "./iteration_budget.ts";
import { PBE_OIDS, pbeName } from "./oids.ts";
import { pbkdf2, pbkdf2Work, readPbkdf2Parameters } from "./pbkdf2.ts";
import { bmpPassword, pkcs12Kdf, pkcs12KdfWork, PURPOSE } from "./pkcs12_kdf.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The two encodings of a password that are hashed; secret. */
export interface PasswordBytes {
  /** For all but PKCS#12's own schemes. */
  readonly utf8: Bytes;
  /** For PKCS#12's own schemes. */
  readonly bmp: Bytes;
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

/** What is decrypted, with what, and how its errors are called. */
export interface PasswordContext {
  /** The start of error messages, such as `Cannot import private key`. */
  readonly attempt: string;
  /** The error for a scheme that is not supported. */
  readonly unsupported: ErrorName;
  /** The error for a wrong password. */
  readonly wrongPassword: ErrorName;
  /** The OpenSSL commands that convert a file. */
  readonly conversion: string;
  /** The work that may be asked for. */
  readonly budget: IterationBudget;
  /** The application's RC2. */
  readonly decryptRc2?: DecryptRc2 | undefined;
  /** What {@linkcode deriveAhead} has begun to derive. */
  readonly ahead?: Map<Sealed, Promise<Derived>>;
}

/** What decrypts; secret. */
interface Derived {
  readonly key: Bytes;
  readonly iv: Bytes;
}

/** Encrypted data whose algorithm has been checked and whose work has been spent. */
export interface Sealed {
  readonly cipher: Cipher;
  readonly ciphertext: Bytes;
  /** Which encoding of the password is hashed. */
  readonly form: keyof PasswordBytes;
  /** Derives key and initialization vector from that encoding. */
  readonly derive: (password: Bytes) => Promise<Derived>;
  /** The work of `derive`, in iterations of PBKDF2 with SHA-256; that of the first is spent. */
  readonly work: number;
}

/** How a scheme derives. */
type Scheme = Omit<Sealed, "ciphertext">;

/**
 * Checks how data is encrypted under a password, and spends the work of decrypting it.
 *
 * @param algorithm The AlgorithmIdentifier: PBES2, PBES1, or a scheme of PKCS#12.
 * @param ciphertext The ciphertext; not copied.
 * @param context The context.
 * @returns What {@linkcode decryptSealed} decrypts.
 * @throws {NssError} The names in `context`, `SEC_ERROR_BAD_DATA` if the budget is exceeded,
 * `SEC_ERROR_BAD_DER` if the algorithm is malformed.
 */
export function readSealed(algorithm: Bytes, ciphertext: Bytes, context: PasswordContext): Sealed {
  const identifier = new DerReader(algorithm, "encryption algorithm").sequence("");
  const oid = identifier.oid("algorithm");
  const scheme = oid === PBE_OIDS.pbes2
    ? readPbes2(identifier, context)
    : readOtherScheme(oid, identifier, context);
  if (ciphertext.length === 0 || ciphertext.length % scheme.cipher.blockLength !== 0) {
    throw wrongPassword(context);
  }
  context.budget.spend(scheme.work);
  return { ...scheme, ciphertext };
}

/** The maximum number of derivations ahead, which are on threads that others want as well. */
const MAX_AHEAD = 2;

/**
 * Begins to derive what the first encoding of the password decrypts with, on other threads, while
 * something else is derived on this one.
 *
 * @param parts The data, in the order in which it is decrypted.
 * @param password The password.
 * @param work The work meanwhile: what takes longer is not begun.
 * @param ahead The map of the context.
 */
export function deriveAhead(
  parts: Iterable<Sealed>,
  { utf8 }: PasswordBytes,
  work: number,
  ahead: Map<Sealed, Promise<Derived>>,
): void {
  let left = work;
  for (const sealed of parts) {
    left -= sealed.work;
    if (left < 0 || sealed.form !== "utf8" || ahead.size === MAX_AHEAD) return;
    const derived = sealed.derive(utf8);
    derived.catch(() => {}); // reported where it is needed
    ahead.set(sealed, derived);
  }
}

/** Overwrites what has been derived ahead and was not needed. */
export async function eraseAhead(ahead: Map<Sealed, Promise<Derived>>): Promise<void> {
  for (const result of await Promise.allSettled(ahead.values())) {
    if (result.status === "rejected") continue;
    result.value.key.fill(0);
    result.value.iv.fill(0);
  }
}

/**
 * Decrypts data with a password.
 *
 * @param sealed The data.
 * @param password The password.
 * @param context The context.
 * @returns The plaintext; secret. By chance, a wrong password may give one too.
 * @throws {NssError} `context.wrongPassword` if the padding is wrong.
 */
export async function decryptSealed(
  sealed: Sealed,
  password: PasswordBytes,
  context: PasswordContext,
): Promise<Bytes> {
  const { cipher, ciphertext, form, derive } = sealed;
  const ready = context.ahead?.get(sealed);
  context.ahead?.delete(sealed);
  const { key, iv } = await (ready ?? derive(password[form]));
  try {
    const plain = await cipher.decrypt(key, iv, ciphertext);
    if (plain === null) throw wrongPassword(context);
    return plain;
  } finally {
    key.fill(0);
    iv.fill(0);
  }
}

/**
 * Returns the error of a wrong password, which cannot be told from a damaged encoding.
 *
 * @param context The context.
 * @param cause What was wrong with the plaintext.
 */
export function wrongPassword(context: PasswordContext, cause?: unknown): NssError {
  return new NssError(
    context.wrongPassword,
    `${context.attempt}: the password is wrong or the encoding is damaged`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * Returns the error of encryption that is not supported.
 *
 * @param context The context.
 * @param what What it is called.
 */
export function unsupportedCipher(context: PasswordContext, what: string): NssError {
  const { unsupported, attempt, conversion } = context;
  return new NssError(
    unsupported,
    `${attempt}: it is encrypted by ${what}, which is not supported; write it anew: ${conversion}`,
  );
}

/** Returns the application's RC2, or throws the error that says how to give one. */
export function requireRc2(
  context: PasswordContext,
  what: string,
  keyLength: number,
  effectiveBits: number,
): Cipher {
  const { decryptRc2, unsupported, attempt, conversion } = context;
  if (decryptRc2 !== undefined) return rc2(decryptRc2, keyLength, effectiveBits);
  throw new NssError(
    unsupported,
    `${attempt}: it is encrypted by ${what}, whose RC2 no runtime has; ` +
      `give the option decryptRc2, or write it anew: ${conversion}`,
  );
}

const PBES2_CIPHERS: ReadonlyMap<string, Cipher> = new Map([
  [PBE_OIDS.aes128CBC, aes(16)],
  [PBE_OIDS.aes192CBC, aes(24)],
  [PBE_OIDS.aes256CBC, aes(32)],
  [PBE_OIDS.desCBC, tripleDes(8)],
  [PBE_OIDS.desEDE3CBC, tripleDes(24)],
]);

/** RFC 8018, Section 6.2.2. */
function readPbes2(identifier: DerReader, context: PasswordContext): Scheme {
  const parameters = identifier.sequence("parameters");
  identifier.finish();
  const kdf = readKdf(parameters, context);
  const scheme = parameters.sequence("encryptionScheme");
  parameters.finish();
  const oid = scheme.oid("algorithm");
  const { cipher, iv } = oid === PBE_OIDS.rc2CBC
    ? readRc2(scheme, kdf.keyLength, context)
    : { cipher: PBES2_CIPHERS.get(oid), iv: null };
  if (cipher === undefined) throw unsupportedCipher(context, pbeName(oid));
  const { keyLength, blockLength } = cipher;
  const vector = iv ?? scheme.octetString("iv").slice();
  scheme.finish();
  if (vector.length !== blockLength) {
    scheme.fail("iv", `${vector.length} bytes are not ${blockLength}`);
  }
  if (kdf.keyLength !== null && kdf.keyLength !== keyLength) {
    scheme.fail("", `a key of ${kdf.keyLength} bytes is not one of ${keyLength}`);
  }
  return {
    cipher,
    form: "utf8",
    work: kdf.work(keyLength),
    derive: async (password) => ({
      key: await kdf.derive(password, keyLength),
      iv: vector.slice(),
    }),
  };
}

/** RFC 8018, Appendix B.2.3: the version is a permutation of the effective length. */
const RC2_VERSIONS: ReadonlyMap<number, number> = new Map([[160, 40], [120, 64], [58, 128]]);

function readRc2(
  scheme: DerReader,
  keyLength: number | null,
  context: PasswordContext,
): { cipher: Cipher; iv: Bytes } {
  const parameters = scheme.sequence("parameters");
  const version = parameters.nextTag === 0x02 ? parameters.smallInteger("version") : null;
  const iv = parameters.octetString("iv").slice();
  parameters.finish();
  const bits = version === null ? 32 : version < 256 ? RC2_VERSIONS.get(version) : version;
  if (bits === undefined || bits > 1024) {
    return parameters.fail("version", `${version} is unknown`);
  }
  const length = keyLength ?? Math.ceil(bits / 8);
  if (length < 1 || length > 128) {
    return parameters.fail("", `a key of ${length} bytes is not one of 1 to 128`);
  }
  return { cipher: requireRc2(context, pbeName(PBE_OIDS.rc2CBC), length, bits), iv };
}

/** A key derivation function of PBES2. */
interface Kdf {
  /** The length of the key in bytes; `null` if absent. */
  readonly keyLength: number | null;
  work(keyLength: number): number;
  derive(password: Bytes, keyLength: number): Promise<Bytes>;
}

function readKdf(outer: DerReader, context: PasswordContext): Kdf {
  const identifier = outer.sequence("keyDerivationFunc");
  const oid = identifier.oid("algorithm");
  if (oid === PBE_OIDS.scrypt) return readScrypt(identifier);
  const unsupported = (what: string) => unsupportedCipher(context, what);
  if (oid !== PBE_OIDS.pbkdf2) throw unsupported(pbeName(oid));
  const kdf = readPbkdf2Parameters(identifier, unsupported);
  return {
    keyLength: kdf.keyLength,
    work: (length) => pbkdf2Work(kdf, length),
    derive: (password, length) => pbkdf2(password, kdf, length),
  };
}

/** The maximum of each of scrypt's two buffers in bytes: twice what OpenSSL takes. */
export const MAX_SCRYPT_MEMORY = 67_108_864;

/** The work of scrypt for each N * r * p, measured. */
const SCRYPT_WORK = 3;

/** RFC 7914, Section 7. */
function readScrypt(identifier: DerReader): Kdf {
  const parameters = identifier.sequence("parameters");
  identifier.finish();
  const salt = parameters.octetString("salt").slice();
  const N = parameters.smallInteger("costParameter");
  const r = parameters.smallInteger("blockSize");
  const p = parameters.smallInteger("parallelizationParameter");
  const keyLength = parameters.done ? null : parameters.smallInteger("keyLength");
  parameters.finish();
  // RFC 7914, Section 6: N is a power of 2 greater than 1
  if (N < 2 || !Number.isInteger(Math.log2(N)) || r < 1 || p < 1) {
    parameters.fail("", `no scrypt has N = ${N}, r = ${r}, p = ${p}`);
  }
  const memory = 128 * r * Math.max(N, p);
  if (memory > MAX_SCRYPT_MEMORY) {
    throw new NssError(
      "SEC_ERROR_BAD_DATA",
      "Cannot derive key from password: its scrypt asks for " +
        `${memory} bytes of memory, more than ${MAX_SCRYPT_MEMORY}`,
    );
  }
  return {
    keyLength,
    work: () => SCRYPT_WORK * N * r * p,
    derive: async (password, length) => {
      const { scrypt } = await loadNodeCrypto("scrypt");
      const { promise, resolve, reject } = deferred<Bytes>();
      scrypt(password, salt, length, { N, r, p, maxmem: 4 * MAX_SCRYPT_MEMORY }, (error, key) => {
        if (error !== null) return reject(error);
        resolve(Uint8Array.from(key));
        key.fill(0);
      });
      return await promise;
    },
  };
}

/** A scheme with one salt and iteration count. */
interface SchemeRow {
  /** The hash of PBKDF1; absent where PKCS#12's derivation hashes with SHA-1. */
  readonly pbkdf1?: "MD5" | "SHA-1";
  readonly cipher: (context: PasswordContext, name: string) => Cipher;
}

const withRc2 = (keyLength: number): SchemeRow["cipher"] => (context, name) =>
  requireRc2(context, name, keyLength, 8 * keyLength);

/** RFC 7292, Appendix C; RFC 8018, Appendix A.3. */
const SCHEMES: ReadonlyMap<string, SchemeRow> = new Map<string, SchemeRow>([
  [PBE_OIDS.pbeWithSHAAnd3KeyTripleDESCBC, { cipher: () => tripleDes(24) }],
  [PBE_OIDS.pbeWithSHAAnd2KeyTripleDESCBC, { cipher: () => tripleDes(16) }],
  [PBE_OIDS.pbeWithSHAAnd128BitRC2CBC, { cipher: withRc2(16) }],
  [PBE_OIDS.pbeWithSHAAnd40BitRC2CBC, { cipher: withRc2(5) }],
  [PBE_OIDS.pbeWithMD5AndDESCBC, { pbkdf1: "MD5", cipher: () => tripleDes(8) }],
  [PBE_OIDS.pbeWithSHA1AndDESCBC, { pbkdf1: "SHA-1", cipher: () => tripleDes(8) }],
  [PBE_OIDS.pbeWithMD5AndRC2CBC, { pbkdf1: "MD5", cipher: withRc2(8) }],
  [PBE_OIDS.pbeWithSHA1AndRC2CBC, { pbkdf1: "SHA-1", cipher: withRc2(8) }],
]);

function readOtherScheme(oid: string, identifier: DerReader, context: PasswordContext): Scheme {
  const row = SCHEMES.get(oid);
  if (row === undefined) throw unsupportedCipher(context, pbeName(oid));
  const cipher = row.cipher(context, pbeName(oid));
  const parameters = identifier.sequence("parameters");
  identifier.finish();
  const salt = parameters.octetString("salt").slice();
  const iterations = readIterations(parameters);
  parameters.finish();
  const { keyLength, blockLength } = cipher;
  const work = (length: number) => pkcs12KdfWork("SHA-1", iterations, length);
  const { pbkdf1: hash } = row;
  if (hash !== undefined) {
    return {
      cipher,
      form: "utf8",
      work: work(1), // one hash gives both
      derive: async (password) => {
        const derived = await pbkdf1(hash, password, salt, iterations);
        return { key: derived.subarray(0, 8), iv: derived.subarray(8) };
      },
    };
  }
  const parametersOf = (purpose: number) => ({ hash: "SHA-1", salt, iterations, purpose } as const);
  return {
    cipher,
    form: "bmp",
    work: work(keyLength) + work(blockLength),
    derive: async (password) => ({
      key: await pkcs12Kdf(password, parametersOf(PURPOSE.key), keyLength),
      iv: await pkcs12Kdf(password, parametersOf(PURPOSE.iv), blockLength),
    }),
  };
}
