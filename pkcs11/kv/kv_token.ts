// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Keys and certificates in Deno KV, for Deno Deploy and for programs with several processes.
 *
 * Private keys are encrypted with AES-256-GCM under a random key, and that under the token's password (PBKDF2 with
 * SHA-256). Certificates, their nicknames and their trust are in clear and not authenticated: whoever can write to the
 * store can change what is trusted, and whoever can read it can try passwords.
 *
 * @example Usage
 * ```ts
 * import { openKvToken } from "@nss/nss/pkcs11/kv-token";
 * import { createCertificate, importCert } from "@nss/nss/cert";
 * import { assertExists } from "@std/assert";
 *
 * const token = await openKvToken({ path: ":memory:" });
 * await token.changePassword(null, "correct horse");
 * const pair = await token.generateKeyPair("ec-p256");
 * const certificate = await createCertificate({ ...pair, dnsNames: ["localhost"] });
 * await importCert(token.certificates, certificate, { nickname: "server" });
 * assertExists(await token.findKey(certificate));
 * await token.close();
 * ```
 *
 * @module
 */

import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import {
  parseSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from "../../cert/certificate/spki.ts";
import { generateKeyPair, type KeyPairType } from "../keys/generate_key_pair.ts";
import { importPrivateKey } from "../keys/import_private_key.ts";
import { keyIdOf } from "../keys/key_id.ts";
import { KvCertDB } from "./certs.ts";
import {
  isSealed,
  type PasswordRecord,
  readPasswordRecord,
  seal,
  sealDataKey,
  type Sealed,
  unseal,
  unsealDataKey,
} from "./sealing.ts";
import { type KvEntry, type KvKey, type KvStore, withStore } from "./store.ts";
import { MECHANISMS } from "../token/mechanisms.ts";
import { DEFAULT_ITERATIONS } from "../pbe/password_encryption.ts";
import { exportPkcs8 } from "../keys/private_key.ts";
import { SessionKey } from "../token/session_key.ts";
import {
  type ImportableKey,
  type KeyQuery,
  type LoginHandler,
  matchesKeyQuery,
  publicKeyOf,
  requireLogin,
  type StoreKeyOptions,
  type Token,
  type TokenInfo,
  type TokenKey,
  type TokenKeyPair,
  type TokenMechanism,
  type TokenOptions,
} from "../token/token.ts";

export type { KvAtomic, KvEntry, KvKey, KvStore } from "./store.ts";
export type { KvCertDB } from "./certs.ts";

/** How {@linkcode openKvToken} opens a token. */
export interface KvTokenOptions {
  /** What people call it, `Deno KV` by default. */
  readonly label?: string;
  /** Where in the store it is; `["@nss/nss"]` by default. Two tokens of one store must not begin alike. */
  readonly prefix?: readonly string[];
  /** The file of the store; by default that of the application, on Deno Deploy its database. */
  readonly path?: string;
  /** A store that is open already; it is not closed with the token. */
  readonly kv?: KvStore;
  /** How often a new password is hashed; 600,000 by default, as OWASP recommends. */
  readonly iterations?: number;
}

/** A private key as it is stored. */
interface StoredKey {
  readonly label: string | null;
  readonly spki: Uint8Array<ArrayBuffer>;
  readonly pkcs8: Sealed;
}

function isStoredKey(value: unknown): value is StoredKey {
  const { label, spki, pkcs8 } = (value ?? {}) as Partial<StoredKey>;
  return spki instanceof Uint8Array && isSealed(pkcs8) &&
    (label === null || typeof label === "string");
}

interface FoundKey extends TokenKey {
  readonly publicKey: SubjectPublicKeyInfo;
  readonly algorithm: SubjectPublicKeyInfo["algorithm"];
  readonly stored: StoredKey;
}

/**
 * Opens a token in Deno KV. A new one has no password: give it one by {@linkcode KvToken.changePassword}.
 *
 * @param options Which store, and where in it.
 * @returns The token.
 * @throws {NssError} `PR_OPERATION_NOT_SUPPORTED_ERROR` where there is no Deno KV, `SEC_ERROR_IO` if it does not open,
 * `SEC_ERROR_BAD_DATABASE` if it holds something else.
 *
 * @example Usage
 * ```ts
 * import { openKvToken } from "@nss/nss/pkcs11/kv-token";
 * import { assertEquals } from "@std/assert";
 *
 * const token = await openKvToken({ path: ":memory:", label: "Example" });
 * assertEquals(await token.listKeys(), []);
 * await token.close();
 * ```
 */
export async function openKvToken(options: KvTokenOptions = {}): Promise<KvToken> {
  let store = options.kv;
  if (store === undefined) {
    const { openKv } = await import("./open.ts");
    store = await openKv(options.path);
  }
  const token = new KvToken(store, options);
  try {
    await token.describe(); // whether it needs a password
    return token;
  } catch (error) {
    await token.close();
    throw error;
  }
}

/** A token in Deno KV. {@linkcode openKvToken} gives one. */
export class KvToken implements Token {
  /** What people call it. */
  readonly label: string;
  /** Its certificates. */
  readonly certificates: KvCertDB;
  /** Who logs it in. */
  loginHandler: LoginHandler | null = null;
  readonly #store: KvStore;
  readonly #ownsStore: boolean;
  readonly #prefix: KvKey;
  readonly #iterations: number;
  #needsLogin = false;
  /** What a login is: keys hold on to it. */
  #session: { readonly dataKey: CryptoKey } | null = null;
  #closed = false;

  /**
   * Makes a token of a store; {@linkcode openKvToken} is the way to get one.
   *
   * @param store The store.
   * @param options Where in it, and what people call it.
   */
  constructor(store: KvStore, options: KvTokenOptions = {}) {
    this.label = options.label ?? "Deno KV";
    this.#store = store;
    this.#ownsStore = options.kv === undefined;
    this.#prefix = options.prefix ?? ["@nss/nss"];
    this.#iterations = options.iterations ?? DEFAULT_ITERATIONS;
    this.certificates = new KvCertDB({
      label: this.label,
      store,
      prefix: [...this.#prefix, "certificate"],
      keyOf: (id) => this.#keyOf(id),
      checkOpen: (what) => this.#checkOpen(what),
    });
  }

  get #passwordKey(): KvKey {
    return [...this.#prefix, "password"];
  }

  #keyOf(id: Uint8Array): KvKey {
    return [...this.#prefix, "key", id.toHex()];
  }

  #checkOpen(what: string): void {
    if (!this.#closed) return;
    throw new NssError("SEC_ERROR_NO_TOKEN", `Cannot ${what}: token "${this.label}" is closed`);
  }

  /** Whether its keys are within reach. */
  get isLoggedIn(): boolean {
    return !this.#closed && (!this.#needsLogin || this.#session !== null);
  }

  /** What is stored of the password, and which write it is of. */
  async #readPassword(): Promise<{ record: PasswordRecord | null; versionstamp: string | null }> {
    const { value, versionstamp } = await withStore(
      "read password",
      () => this.#store.get(this.#passwordKey),
    );
    const record = versionstamp === null ? null : readPasswordRecord(value, this.label);
    this.#needsLogin = record?.isSet ?? false;
    return { record, versionstamp };
  }

  /**
   * Tells what it is and in which state.
   *
   * @returns The answer of the moment.
   */
  async describe(): Promise<TokenInfo> {
    this.#checkOpen("describe token");
    const { record } = await this.#readPassword();
    return {
      label: this.label,
      manufacturer: "NSS for Deno",
      model: "Deno KV",
      serialNumber: "",
      isReadOnly: false,
      isInitialized: record !== null,
      needsLogin: this.#needsLogin,
      hasProtectedAuthPath: false,
      isFinalTry: false,
      isLocked: false,
    };
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
  async login(password: string | null): Promise<boolean> {
    this.#checkOpen("log in");
    const { record } = await this.#readPassword();
    if (record === null) return (password ?? "") === "";
    const dataKey = await unsealDataKey(password ?? "", record);
    if (dataKey === null) return false;
    await this.#remember(dataKey);
    return true;
  }

  async #remember(bytes: Uint8Array<ArrayBuffer>): Promise<{ readonly dataKey: CryptoKey }> {
    const usages: KeyUsage[] = ["encrypt", "decrypt"];
    const dataKey = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, usages);
    bytes.fill(0);
    return this.#session ??= { dataKey };
  }

  /** The session, which is made where no password is needed. */
  async #requireSession(
    what: string,
    options: TokenOptions,
  ): Promise<{ readonly dataKey: CryptoKey }> {
    await requireLogin(this, what, options);
    if (this.#session !== null) return this.#session;
    for (;;) {
      const { record } = await this.#readPassword();
      const dataKey = record === null
        ? await this.#initialize("")
        : await unsealDataKey("", record);
      if (dataKey !== null) return await this.#remember(dataKey);
      // Somebody has given it a password in the meantime
      if (record !== null) {
        await requireLogin(this, what, options);
        if (this.#session !== null) return this.#session;
        throw this.#damaged("password record");
      }
    }
  }

  /** Makes the first password record. `null` if somebody else was faster. */
  async #initialize(password: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const dataKey = crypto.getRandomValues(new Uint8Array(32));
    const record = await sealDataKey(password, dataKey, this.#iterations);
    const { ok } = await withStore("set password", () =>
      this.#store.atomic()
        .check({ key: this.#passwordKey, versionstamp: null })
        .set(this.#passwordKey, record)
        .commit());
    return ok ? dataKey : null;
  }

  #damaged(what: string, cause?: unknown): NssError {
    return new NssError(
      "SEC_ERROR_BAD_DATABASE",
      `Cannot read token "${this.label}": its ${what} is damaged`,
      cause === undefined ? {} : { cause },
    );
  }

  /**
   * Puts its keys out of reach, unless it needs no login.
   *
   * @returns When it has happened.
   */
  logout(): Promise<void> {
    if (this.#needsLogin) this.#session = null;
    return Promise.resolve();
  }

  /**
   * Changes the password, or gives the first one. The keys are not encrypted anew, only what they are encrypted with.
   *
   * @param current The current password; `null` if there is none.
   * @param next The new one; empty to need none.
   * @returns When it has happened.
   * @throws {NssError} `SEC_ERROR_BAD_PASSWORD` if the current one is wrong.
   */
  async changePassword(current: string | null, next: string): Promise<void> {
    this.#checkOpen("change password");
    for (;;) {
      const { record, versionstamp } = await this.#readPassword();
      let dataKey: Uint8Array<ArrayBuffer> | null;
      if (record === null) {
        dataKey = (current ?? "") === "" ? crypto.getRandomValues(new Uint8Array(32)) : null;
      } else dataKey = await unsealDataKey(current ?? "", record);
      if (dataKey === null) {
        throw new NssError(
          "SEC_ERROR_BAD_PASSWORD",
          `Cannot change password of token "${this.label}": the current one is wrong`,
        );
      }
      const changed = await sealDataKey(next, dataKey, this.#iterations);
      const { ok } = await withStore("change password", () =>
        this.#store.atomic()
          .check({ key: this.#passwordKey, versionstamp })
          .set(this.#passwordKey, changed)
          .commit());
      if (!ok) continue; // somebody else has changed it: their password is the current one
      await this.#remember(dataKey);
      this.#needsLogin = changed.isSet;
      return;
    }
  }

  /**
   * Lists the private keys, without a password.
   *
   * @returns The keys.
   */
  async listKeys(): Promise<readonly TokenKey[]> {
    this.#checkOpen("list keys");
    return (await this.#readKeys()).map(describeKey);
  }

  async #readKeys(): Promise<FoundKey[]> {
    const prefix = [...this.#prefix, "key"];
    const entries = await withStore("read keys", async () => {
      const entries: KvEntry[] = [];
      for await (const entry of this.#store.list({ prefix })) entries.push(entry);
      return entries;
    });
    return await Promise.all(entries.map((entry) => this.#foundKey(entry)));
  }

  async #foundKey({ key, value }: KvEntry): Promise<FoundKey> {
    const place = key.at(-1);
    let cause: unknown;
    if (isStoredKey(value)) {
      try {
        const publicKey = parseSubjectPublicKeyInfo(value.spki);
        const id = await keyIdOf(publicKey);
        // At the place of another key it would answer for that
        if (id.toHex() === place) {
          const { algorithm } = publicKey;
          return { id, label: value.label, algorithm, publicKey, stored: value };
        }
      } catch (error) {
        cause = error;
      }
    }
    throw this.#damaged(`key ${place}`, cause);
  }

  async #find(which: KeyQuery): Promise<FoundKey | undefined> {
    let publicKey: SubjectPublicKeyInfo | null;
    try {
      publicKey = publicKeyOf(which);
    } catch (error) {
      if (error instanceof NssError) return undefined; // a kind of key that is not supported
      throw error;
    }
    const id = publicKey === null ? (which as Pick<TokenKey, "id">).id : await keyIdOf(publicKey);
    const entry = await withStore("read keys", () => this.#store.get(this.#keyOf(id)));
    if (entry.value === null) return undefined;
    const found = await this.#foundKey(entry);
    return matchesKeyQuery(found, which) ? found : undefined;
  }

  /**
   * Finds a private key.
   *
   * @param which Which one.
   * @param options What the password function is handed.
   * @returns The key, or `undefined` if it is not here.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is damaged.
   */
  async findKey(which: KeyQuery, options: TokenOptions = {}): Promise<PrivateKey | undefined> {
    this.#checkOpen("find private key");
    const found = await this.#find(which);
    if (found === undefined) return undefined;
    const session = await this.#requireSession("use private key", options);
    const { pkcs8, spki } = found.stored;
    const plain = await unseal(session.dataKey, pkcs8, spki);
    if (plain === null) throw this.#damaged(`key ${found.id.toHex()}`);
    try {
      return this.#open(await importPrivateKey(plain), session);
    } finally {
      plain.fill(0);
    }
  }

  #open(key: PrivateKey, session: object): PrivateKey {
    return new SessionKey(key, this.label, () => this.#session === session && !this.#closed);
  }

  /**
   * Makes a key pair that is stored here.
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
    const session = await this.#requireSession("generate key pair", options);
    const pair = await generateKeyPair(type, { extractable: true });
    const pkcs8 = await pair.exportPkcs8();
    try {
      const stored = await this.#put(pkcs8, pair.publicKey, session, options);
      const privateKey = this.#open(await importPrivateKey(pkcs8), session);
      return { ...describeKey(stored), privateKey };
    } finally {
      pkcs8.fill(0);
    }
  }

  /**
   * Takes a private key in. One that is there already stays as it is.
   *
   * @param key The key.
   * @param options What people call it.
   * @returns What is stored now.
   * @throws {NssError} As {@linkcode Token.importKey} says.
   */
  async importKey(key: ImportableKey, options: StoreKeyOptions = {}): Promise<TokenKey> {
    this.#checkOpen("import private key");
    const imported = await importPrivateKey(key, { extractable: true });
    const session = await this.#requireSession("import private key", options);
    const pkcs8 = await exportPkcs8(imported).catch((cause) => {
      throw new NssError(
        "SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY",
        `Cannot import private key into token "${this.label}": it may not leave where it is`,
        { cause },
      );
    });
    try {
      return describeKey(await this.#put(pkcs8, imported.publicKey!, session, options));
    } finally {
      pkcs8.fill(0);
    }
  }

  async #put(
    pkcs8: Uint8Array<ArrayBuffer>,
    publicKey: SubjectPublicKeyInfo,
    session: { readonly dataKey: CryptoKey },
    options: StoreKeyOptions,
  ): Promise<FoundKey> {
    const id = await keyIdOf(publicKey);
    const key = this.#keyOf(id);
    const stored: StoredKey = {
      label: options.label ?? null,
      spki: publicKey.der,
      // The public key is what binds the private one to its place
      pkcs8: await seal(session.dataKey, pkcs8, publicKey.der),
    };
    await withStore(
      "store private key",
      () => this.#store.atomic().check({ key, versionstamp: null }).set(key, stored).commit(),
    );
    // Ours, or the one that was there before
    return await this.#foundKey(await withStore("read keys", () => this.#store.get(key)));
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
    for (;;) {
      const found = await this.#find(which);
      if (found === undefined) return false;
      await requireLogin(this, "delete private key", options);
      const key = this.#keyOf(found.id);
      const isDeleted = await withStore("delete private key", async () => {
        const { value, versionstamp } = await this.#store.get(key);
        if (value === null) return false;
        return (await this.#store.atomic().check({ key, versionstamp }).delete(key).commit()).ok;
      });
      if (isDeleted) return true;
    }
  }

  /**
   * Forgets the password, and closes the store that it opened.
   *
   * @returns When it has happened.
   */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#session = null;
      if (this.#ownsStore) this.#store.close();
    }
    return Promise.resolve();
  }
}

function describeKey(
  { id, label, algorithm, publicKey }: FoundKey,
): Omit<FoundKey, "stored"> {
  return { id, label, algorithm, publicKey };
}
