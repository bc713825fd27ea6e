// Copyright 2026 the NSS for Deno authors. MIT license.

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import type { CertDB } from "../../cert/db/cert_db.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { MemoryCertDB } from "../../cert/db/memory_cert_db.ts";
import type { KeyAlgorithm, PrivateKey } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { generateKeyPair, type KeyPairType } from "../keys/generate_key_pair.ts";
import { importPrivateKey } from "../keys/import_private_key.ts";
import { keyIdOf } from "../keys/key_id.ts";
import { MECHANISMS } from "./mechanisms.ts";
import { SessionKey } from "./session_key.ts";
import {
  type ImportableKey,
  type KeyQuery,
  type LoginHandler,
  matchesKeyQuery,
  requireLogin,
  type StoreKeyOptions,
  type Token,
  type TokenInfo,
  type TokenKey,
  type TokenKeyPair,
  type TokenMechanism,
  type TokenOptions,
} from "./token.ts";

/** What a {@linkcode SoftToken} is made with. */
export interface SoftTokenOptions {
  /** What people call it, `Memory` by default. */
  readonly label?: string;
  /** The password that its keys need; none by default. */
  readonly password?: string;
}

interface StoredKey extends TokenKey {
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: SubjectPublicKeyInfo;
  readonly key: PrivateKey;
}

const encoder = new TextEncoder();

/**
 * A token that lives as long as the program: keys in WebCrypto, which cannot be taken out, and certificates.
 *
 * Its password keeps honest code from using the keys; it encrypts nothing.
 *
 * @example Usage
 * ```ts
 * import { SoftToken } from "@nss/nss/pkcs11";
 * import { createCertificate, importCert } from "@nss/nss/cert";
 * import { assertExists } from "@std/assert";
 *
 * const token = new SoftToken();
 * const pair = await token.generateKeyPair("ec-p256");
 * const certificate = await createCertificate({ ...pair, dnsNames: ["localhost"] });
 * await importCert(token.certificates, certificate, { nickname: "server" });
 * assertExists(await token.findKey(certificate));
 * ```
 */
export class SoftToken implements Token {
  /** What people call it. */
  readonly label: string;
  /** Its certificates. */
  readonly certificates: CertDB;
  /** Who logs it in. */
  loginHandler: LoginHandler | null = null;
  readonly #keys = new Map<string, StoredKey>();
  #password: Uint8Array<ArrayBuffer>;
  #session: object | null = null;
  #closed = false;

  /**
   * Creates an empty token.
   *
   * @param options Its name and password.
   */
  constructor(options: SoftTokenOptions = {}) {
    this.label = options.label ?? "Memory";
    this.#password = encoder.encode(options.password ?? "");
    if (this.#password.length === 0) this.#session = {};
    this.certificates = new MemoryCertDB({
      name: this.label,
      hasKey: (certificate) => this.#find(certificate) !== undefined,
    });
  }

  /** Whether its keys are within reach. */
  get isLoggedIn(): boolean {
    return this.#session !== null && !this.#closed;
  }

  /**
   * Tells what it is and in which state.
   *
   * @returns The answer of the moment.
   */
  describe(): Promise<TokenInfo> {
    return Promise.resolve({
      label: this.label,
      manufacturer: "NSS for Deno",
      model: "Memory",
      serialNumber: "",
      isReadOnly: false,
      isInitialized: true,
      needsLogin: this.#password.length > 0,
      hasProtectedAuthPath: false,
      isFinalTry: false,
      isLocked: false,
    });
  }

  /**
   * Lists what it can do.
   *
   * @returns The mechanisms that WebCrypto has.
   */
  mechanisms(): Promise<readonly TokenMechanism[]> {
    return Promise.resolve(MECHANISMS);
  }

  /**
   * Tries a password.
   *
   * @param password The password.
   * @returns Whether it is right.
   */
  login(password: string | null): Promise<boolean> {
    this.#checkOpen("log in");
    const given = encoder.encode(password ?? "");
    const isRight = given.length === this.#password.length &&
      timingSafeEqual(given, this.#password);
    if (isRight) this.#session ??= {};
    return Promise.resolve(isRight);
  }

  /**
   * Puts its keys out of reach, unless it needs no login.
   *
   * @returns When it has happened.
   */
  logout(): Promise<void> {
    if (this.#password.length > 0) this.#session = null;
    return Promise.resolve();
  }

  /**
   * Changes the password.
   *
   * @param current The current one.
   * @param next The new one; empty to need none.
   * @throws {NssError} `SEC_ERROR_BAD_PASSWORD` if the current one is wrong.
   */
  async changePassword(current: string | null, next: string): Promise<void> {
    if (!await this.login(current)) {
      throw new NssError(
        "SEC_ERROR_BAD_PASSWORD",
        `Cannot change password of token "${this.label}": the current one is wrong`,
      );
    }
    this.#password = encoder.encode(next);
  }

  /**
   * Lists the private keys.
   *
   * @returns The keys.
   */
  listKeys(): Promise<readonly TokenKey[]> {
    this.#checkOpen("list keys");
    return Promise.resolve([...this.#keys.values()].map(describeStored));
  }

  /**
   * Finds a private key.
   *
   * @param which Which one.
   * @param options What the password function is handed.
   * @returns The key, or `undefined` if it is not here.
   */
  async findKey(which: KeyQuery, options: TokenOptions = {}): Promise<PrivateKey | undefined> {
    this.#checkOpen("find private key");
    const stored = this.#find(which);
    if (stored === undefined) return undefined;
    await requireLogin(this, "use private key", options);
    return this.#open(stored.key);
  }

  /**
   * Makes a key pair that stays here.
   *
   * @param type What kind of keys.
   * @param options What people call it.
   * @returns The pair.
   * @throws {NssError} `SEC_ERROR_KEYGEN_FAIL` if the runtime does not make such keys.
   */
  async generateKeyPair(
    type: KeyPairType = "ec-p256",
    options: StoreKeyOptions = {},
  ): Promise<TokenKeyPair> {
    this.#checkOpen("generate key pair");
    await requireLogin(this, "generate key pair", options);
    const { privateKey } = await generateKeyPair(type);
    const stored = await this.#store(privateKey, options);
    return { ...describeStored(stored), privateKey: this.#open(stored.key) };
  }

  /**
   * Takes a private key in. A {@linkcode PrivateKey} that lives elsewhere is kept as it is: it need not leave.
   *
   * @param key The key.
   * @param options What people call it.
   * @returns What is stored now.
   * @throws {NssError} As `importPrivateKey`; `SEC_ERROR_INVALID_KEY` if its public half is not known.
   */
  async importKey(key: ImportableKey, options: StoreKeyOptions = {}): Promise<TokenKey> {
    this.#checkOpen("import private key");
    await requireLogin(this, "import private key", options);
    return describeStored(await this.#store(await importPrivateKey(key), options));
  }

  /**
   * Removes a private key.
   *
   * @param which Which one.
   * @param options What the password function is handed.
   * @returns Whether it was here.
   */
  async deleteKey(which: KeyQuery, options: TokenOptions = {}): Promise<boolean> {
    this.#checkOpen("delete private key");
    if (this.#find(which) === undefined) return false;
    await requireLogin(this, "delete private key", options);
    const stored = this.#find(which);
    return stored !== undefined && this.#keys.delete(stored.id.toHex());
  }

  /**
   * Forgets the keys.
   *
   * @returns When it has happened.
   */
  close(): Promise<void> {
    this.#closed = true;
    this.#session = null;
    this.#keys.clear();
    return Promise.resolve();
  }

  #find(which: KeyQuery | Certificate): StoredKey | undefined {
    try {
      return [...this.#keys.values()].find((key) => matchesKeyQuery(key, which));
    } catch (error) {
      if (error instanceof NssError) return undefined; // a certificate's key of a kind that is not supported
      throw error;
    }
  }

  #open(key: PrivateKey): PrivateKey {
    const session = this.#session;
    return new SessionKey(key, this.label, () => this.#session === session && session !== null);
  }

  async #store(key: PrivateKey, { label }: StoreKeyOptions): Promise<StoredKey> {
    const { publicKey, algorithm } = key;
    if (publicKey === undefined) {
      throw new NssError(
        "SEC_ERROR_INVALID_KEY",
        "Cannot import private key: its public half is not known, and certificates are found by it",
      );
    }
    const id = await keyIdOf(publicKey);
    const hex = id.toHex();
    const stored = this.#keys.get(hex) ?? { id, label: label ?? null, algorithm, publicKey, key };
    this.#keys.set(hex, stored);
    return stored;
  }

  #checkOpen(what: string): void {
    if (!this.#closed) return;
    throw new NssError("SEC_ERROR_NO_TOKEN", `Cannot ${what}: token "${this.label}" is closed`);
  }
}

function describeStored({ id, label, algorithm, publicKey }: StoredKey): Omit<StoredKey, "key"> {
  return { id: id.slice(), label, algorithm, publicKey };
}
