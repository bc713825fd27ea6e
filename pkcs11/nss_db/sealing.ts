// Copyright 2026 the NSS for Deno authors. MIT license.

import { importLazily } from "../../cert/base/lazy_module.ts";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { DerReader } from "../../cert/der/der_reader.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { HashName } from "../../cert/certificate/private_key.ts";
import { IterationBudget } from "../pbe/iteration_budget.ts";
import { PBE_OIDS, pbeName } from "../pbe/oids.ts";
import { HMACS, pbkdf2, type Pbkdf2Parameters, pbkdf2Work, readPbkdf2 } from "../pbe/pbkdf2.ts";
import { damaged, hex, ulong } from "./values.ts";

/** The default number of iterations in NSS (`NSS_MAX_MP_PBE_ITERATION_COUNT`). */
export const PASSWORD_ITERATIONS = 10_000;

/** The maximum number of iterations of a value: 100 times NSS's default. */
const MAX_VALUE_ITERATIONS = 1_000_000;

/** The length of the salt in bytes since NSS 3.118, that of a SHA-384 hash. */
export const NEW_SALT_LENGTH = 48;
/** The length of the salt in bytes before NSS 3.118, that of a SHA-1 hash. */
export const OLD_SALT_LENGTH = 20;

const AES_256_LENGTH = 32;
const SALT_LENGTH = 32;

/** The scheme of NSS before 3.49: Netscape's `pbeWithSha1AndTripleDESCBC`. */
const LEGACY_PBE = "1.2.840.113549.1.12.5.1.3";

/**
 * The key that encrypts and authenticates values: the hash of the database's salt and the password.
 */
export class PasswordKey {
  readonly #key: Uint8Array<ArrayBuffer>;
  /** The number of iterations for new values: 1 if the password is empty. */
  readonly iterations: number;
  #isDestroyed = false;

  private constructor(key: Uint8Array<ArrayBuffer>, iterations: number) {
    this.#key = key;
    this.iterations = iterations;
  }

  /**
   * Hashes a password.
   *
   * @param salt The salt of the database; its length determines the hash function.
   * @param password The password.
   * @returns The key.
   */
  static async derive(salt: Uint8Array<ArrayBuffer>, password: string): Promise<PasswordKey> {
    const bytes = new TextEncoder().encode(password);
    const input = new Uint8Array(salt.length + bytes.length);
    input.set(salt);
    input.set(bytes, salt.length);
    const hash = salt.length === NEW_SALT_LENGTH ? "SHA-384" : "SHA-1";
    const key = new Uint8Array(await crypto.subtle.digest(hash, input));
    input.fill(0);
    bytes.fill(0);
    return new PasswordKey(key, password === "" ? 1 : PASSWORD_ITERATIONS);
  }

  /** Overwrites the key. Later uses fail. */
  destroy(): void {
    this.#isDestroyed = true;
    this.#key.fill(0);
  }

  /** Returns the key. An overwritten one must not be used: it would encrypt with zeros. */
  #usableKey(): Uint8Array<ArrayBuffer> {
    if (!this.#isDestroyed) return this.#key;
    throw new NssError(
      "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
      "Cannot use NSS database: its token has been logged out meanwhile",
    );
  }

  /**
   * Encrypts a value.
   *
   * @param plaintext The value.
   * @returns NSS's `EncryptedDataInfo`.
   */
  async encrypt(plaintext: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const kdf = this.#newParameters();
    // NSS uses the DER of an OCTET STRING as the IV: 2 bytes of header, 14 random ones
    const random = crypto.getRandomValues(new Uint8Array(14));
    const iv = new DerWriter().octetString(random).finish();
    const key = await this.#aesKey(kdf, "encrypt");
    const ciphertext = new Uint8Array(
      await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, plaintext),
    );
    return new DerWriter().sequence((w) => {
      w.sequence((w) => {
        w.oid(PBE_OIDS.pbes2).sequence((w) => {
          writeKdf(w, kdf);
          w.sequence((w) => w.oid(PBE_OIDS.aes256CBC).raw(iv));
        });
      });
      w.octetString(ciphertext);
    }).finish();
  }

  /**
   * Decrypts a value.
   *
   * @param der NSS's `EncryptedDataInfo`.
   * @returns The value, secret; `null` if the key is wrong. `isLegacy` values have no MAC.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is malformed.
   */
  async decrypt(der: Uint8Array<ArrayBuffer>): Promise<
    { readonly plaintext: Uint8Array<ArrayBuffer> | null; readonly isLegacy: boolean }
  > {
    const { oid, parameters, ciphertext } = readSealed(der, "encrypted value");
    if (oid === LEGACY_PBE) {
      const { decryptLegacy } = await importLazily(
        "the decryption of old databases",
        () => import("./legacy_3des.ts"),
      );
      return {
        plaintext: await decryptLegacy(this.#usableKey(), parameters, ciphertext),
        isLegacy: true,
      };
    }
    if (oid !== PBE_OIDS.pbes2) throw unknown(`encryption by ${pbeName(oid)}`);
    const { kdf, iv } = readPbes2(parameters);
    if (ciphertext.length === 0 || ciphertext.length % 16 !== 0) {
      throw damaged(`${ciphertext.length} encrypted bytes are no blocks`);
    }
    const key = await this.#aesKey(kdf, "decrypt");
    try {
      const plaintext = new Uint8Array(
        await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, ciphertext),
      );
      return { plaintext, isLegacy: false };
    } catch {
      return { plaintext: null, isLegacy: false };
    }
  }

  /**
   * Computes the MAC of an attribute.
   *
   * @param objectId The id of the object; 0 if the attribute is encrypted.
   * @param attribute The attribute.
   * @param value Its value.
   * @returns The MAC with its PBMAC1 parameters.
   */
  async sign(
    objectId: number,
    attribute: number,
    value: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const kdf = this.#newParameters();
    const mac = await this.#mac(kdf, "SHA-256", objectId, attribute, value);
    return new DerWriter().sequence((w) => {
      w.sequence((w) => {
        w.oid(PBE_OIDS.pbmac1).sequence((w) => {
          writeKdf(w, kdf);
          w.sequence((w) => w.oid(PBE_OIDS.hmacWithSHA256));
        });
      });
      w.octetString(mac);
    }).finish();
  }

  /**
   * Verifies the MAC of an attribute.
   *
   * @param der The MAC with its PBMAC1 parameters.
   * @param objectId The id of the object; 0 if the attribute is encrypted.
   * @param attribute The attribute.
   * @param value Its value.
   * @returns Whether the MAC is right.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is malformed.
   */
  async verify(
    der: Uint8Array<ArrayBuffer>,
    objectId: number,
    attribute: number,
    value: Uint8Array<ArrayBuffer>,
  ): Promise<boolean> {
    const { oid, parameters, ciphertext: mac } = readSealed(der, "MAC");
    if (oid !== PBE_OIDS.pbmac1) throw unknown(`a MAC by ${pbeName(oid)}`);
    const { kdf, hash } = readPbmac1(parameters);
    const expected = await this.#mac(kdf, hash, objectId, attribute, value);
    return mac.length === expected.length && timingSafeEqual(mac, expected);
  }

  #newParameters(): Pbkdf2Parameters {
    const salt = crypto.getRandomValues(new Uint8Array(SALT_LENGTH));
    return { salt, iterations: this.iterations, keyLength: AES_256_LENGTH, hash: "SHA-256" };
  }

  async #aesKey(kdf: Pbkdf2Parameters, usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
    const raw = await this.#derive(kdf);
    try {
      return await crypto.subtle.importKey("raw", raw, "AES-CBC", false, [usage]);
    } finally {
      raw.fill(0);
    }
  }

  async #mac(
    kdf: Pbkdf2Parameters,
    hash: HashName,
    objectId: number,
    attribute: number,
    value: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const raw = await this.#derive(kdf);
    const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash }, false, ["sign"]);
    raw.fill(0);
    const input = new Uint8Array(8 + value.length);
    input.set(ulong(objectId));
    input.set(ulong(attribute), 4);
    input.set(value, 8);
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, input));
    input.fill(0);
    return mac;
  }

  async #derive(kdf: Pbkdf2Parameters): Promise<Uint8Array<ArrayBuffer>> {
    const password = this.#usableKey();
    const length = kdf.keyLength ?? AES_256_LENGTH;
    try {
      new IterationBudget(MAX_VALUE_ITERATIONS).spend(pbkdf2Work(kdf, length));
      return await pbkdf2(password, kdf, length);
    } catch (cause) {
      throw damaged("a value asks for too many iterations", cause);
    }
  }
}

function unknown(what: string): NssError {
  return new NssError(
    "SEC_ERROR_BAD_DATABASE",
    `Cannot read NSS database: it has ${what}, which this package does not know; a newer NSS may have written it`,
  );
}

/** Encodes the parameters as NSS does: without the NULL of the hash. */
function writeKdf(writer: DerWriter, kdf: Pbkdf2Parameters): void {
  writer.sequence((w) => {
    w.oid(PBE_OIDS.pbkdf2).sequence((w) => {
      w.octetString(kdf.salt).integer(kdf.iterations).integer(kdf.keyLength!);
      w.sequence((w) => w.oid(PBE_OIDS.hmacWithSHA256));
    });
  });
}

interface Sealed {
  readonly oid: string;
  readonly parameters: DerReader;
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

function readSealed(der: Uint8Array<ArrayBuffer>, what: string): Sealed {
  return reading(what, () => {
    const whole = new DerReader(der, what);
    const sealed = whole.sequence("");
    whole.finish();
    const identifier = sealed.sequence("algorithm");
    const oid = identifier.oid("algorithm");
    const parameters = identifier.sequence("parameters");
    identifier.finish();
    const ciphertext = sealed.octetString("bytes");
    sealed.finish();
    return { oid, parameters, ciphertext };
  });
}

function readPbes2(parameters: DerReader): { kdf: Pbkdf2Parameters; iv: Uint8Array<ArrayBuffer> } {
  return reading("encrypted value", () => {
    const kdf = readKdf(parameters);
    const scheme = parameters.sequence("encryptionScheme");
    parameters.finish();
    const oid = scheme.oid("algorithm");
    if (oid !== PBE_OIDS.aes256CBC) throw unknown(`encryption by ${pbeName(oid)}`);
    if ((kdf.keyLength ?? AES_256_LENGTH) !== AES_256_LENGTH) {
      scheme.fail("keyLength", `${kdf.keyLength} is not ${AES_256_LENGTH}`);
    }
    const { der: whole, content } = scheme.element("iv", 0x04);
    scheme.finish();
    const iv = content.length === 16 ? content : whole;
    if (iv.length !== 16) scheme.fail("iv", `${iv.length} bytes are not 16`);
    return { kdf, iv };
  });
}

function readPbmac1(parameters: DerReader): { kdf: Pbkdf2Parameters; hash: HashName } {
  return reading("MAC", () => {
    const kdf = readKdf(parameters);
    const scheme = parameters.sequence("messageAuthScheme");
    parameters.finish();
    const oid = scheme.oid("algorithm");
    if (!scheme.done) scheme.null("parameters");
    scheme.finish();
    const hash = HMACS.get(oid);
    if (hash === undefined) throw unknown(`a MAC by ${pbeName(oid)}`);
    return { kdf, hash };
  });
}

function readKdf(parameters: DerReader): Pbkdf2Parameters {
  const kdf = readPbkdf2(parameters, "keyDerivationFunc", unknown);
  const { keyLength } = kdf;
  if (keyLength !== null && (keyLength < 1 || keyLength > 64)) {
    parameters.fail("keyLength", `${keyLength} is none of a key`);
  }
  return kdf;
}

function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof NssError && cause.name === "SEC_ERROR_BAD_DATABASE") throw cause;
    throw damaged(`an ${what} is malformed`.replace("an MAC", "a MAC"), cause);
  }
}

/**
 * Returns the name of the MAC of an attribute in `metaData`.
 *
 * @param file The database of the object.
 * @param objectId The id of the object.
 * @param attribute The attribute.
 * @returns The name, such as `sig_cert_338bb2eb_ce536358`.
 */
export function macName(file: "cert" | "key", objectId: number, attribute: number): string {
  const part = (n: number): string => n.toString(16).padStart(8, "0");
  return `sig_${file}_${part(objectId)}_${part(attribute)}`;
}

/** Creates an error about a missing or wrong MAC of an attribute. */
export function badMac(objectId: number, attribute: number, state: string): NssError {
  return damaged(`attribute ${hex(attribute)} of object ${objectId} ${state}`);
}
