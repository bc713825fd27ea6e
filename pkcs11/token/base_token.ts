// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import type { CertDB } from "../../cert/db/cert_db.ts";
import type { KeyPairType } from "../keys/generate_key_pair.ts";
import type { TokenKeyStore } from "./token_key_store.ts";
import { MECHANISMS } from "./mechanisms.ts";
import { SessionKey } from "./session_key.ts";
import {
  type ImportableKey,
  type KeyQuery,
  type LoginHandler,
  requireLogin,
  type StoreKeyOptions,
  type Token,
  type TokenInfo,
  type TokenKey,
  type TokenKeyPair,
  type TokenMechanism,
  type TokenOptions,
} from "./token.ts";
import type { TokenLogin } from "./token_login.ts";

/** What a {@linkcode BaseToken} is made of, its certificates apart. */
export interface TokenParts {
  /** What people call the token. */
  readonly label: string;
  /** Whether nothing in it can be changed; `false` by default. */
  readonly isReadOnly?: boolean;
  /** Who may use its keys. */
  readonly login: TokenLogin;
  /** Its keys; `null` if it can have none. */
  readonly keys: TokenKeyStore | null;
  /** Lets go of what it holds; called once, when it is closed. */
  readonly release?: () => void | Promise<void>;
}

/**
 * What all tokens of this package have in common: who may do what with keys, and when.
 *
 * A new kind of token has a {@linkcode TokenLogin}, a {@linkcode TokenKeyStore} and certificates,
 * and describes itself. That it is open and writable, that it is logged in where that is needed,
 * and that keys sign no longer than the session lasts in which they were found, is seen to here.
 */
export abstract class BaseToken implements Token {
  /** What people call it. */
  readonly label: string;
  /** Its certificates. */
  abstract readonly certificates: CertDB;
  /** Who logs it in. */
  loginHandler: LoginHandler | null = null;
  readonly #parts: TokenParts;
  #closed = false;

  /**
   * Creates a token.
   *
   * @param parts What it is made of.
   */
  constructor(parts: TokenParts) {
    this.label = parts.label;
    this.#parts = parts;
  }

  /** Whether its keys are within reach. */
  get isLoggedIn(): boolean {
    return !this.#closed && this.#parts.login.isLoggedIn;
  }

  /**
   * Tells what it is and in which state; see {@linkcode BaseToken.infoOf}.
   *
   * @returns The answer of the moment.
   */
  abstract describe(): Promise<TokenInfo>;

  /**
   * Lists what it can do.
   *
   * @returns The mechanisms; by default those that WebCrypto has.
   */
  mechanisms(): Promise<readonly TokenMechanism[]> {
    return Promise.resolve(MECHANISMS);
  }

  /**
   * Tries a password; see {@linkcode Token.login}.
   *
   * @param password The password; `null` where it is entered at the token itself.
   * @returns Whether it is right.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if the token is closed, and what is wrong with it.
   */
  async login(password: string | null): Promise<boolean> {
    this.checkOpen("log in");
    return await this.#parts.login.login(password);
  }

  /**
   * Puts its keys out of reach, unless it needs no login.
   *
   * @returns When it has happened.
   */
  async logout(): Promise<void> {
    if (!this.#closed) await this.#parts.login.logout();
  }

  /**
   * Changes the password, or gives the first one; see {@linkcode Token.changePassword}.
   *
   * @param current The current password; `null` if there is none.
   * @param next The new one; empty to need none.
   * @returns When it has happened.
   * @throws {NssError} `SEC_ERROR_BAD_PASSWORD` if the current one is wrong, `SEC_ERROR_READ_ONLY`,
   * `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async changePassword(current: string | null, next: string): Promise<void> {
    this.checkOpen("change password");
    await this.#parts.login.changePassword(current, next);
  }

  /**
   * Lists the private keys; see {@linkcode Token.listKeys}.
   *
   * @param options What the password function is handed.
   * @returns The keys.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async listKeys(options: TokenOptions = {}): Promise<readonly TokenKey[]> {
    const what = "list keys";
    this.checkOpen(what);
    const keys = await this.#parts.keys?.list(this.#inSession(what, options).login) ?? [];
    return keys.map(tokenKeyOf);
  }

  /**
   * Finds a private key; see {@linkcode Token.findKey}.
   *
   * @param which Which one.
   * @param options What the password function is handed.
   * @returns The key, or `undefined` if it is not here.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async findKey(which: KeyQuery, options: TokenOptions = {}): Promise<PrivateKey | undefined> {
    this.checkOpen("find private key");
    const { login, bind } = this.#inSession("use private key", options);
    const key = await this.#parts.keys?.find(which, login);
    return key === undefined ? undefined : bind(key);
  }

  /**
   * Makes a key pair that stays here; see {@linkcode Token.generateKeyPair}.
   *
   * @param type What kind of keys.
   * @param options What people call it, and what the password function is handed.
   * @returns The pair.
   * @throws {NssError} `SEC_ERROR_KEYGEN_FAIL` if it makes none of that kind,
   * `SEC_ERROR_READ_ONLY`, `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async generateKeyPair(
    type: KeyPairType = "ec-p256",
    options: StoreKeyOptions = {},
  ): Promise<TokenKeyPair> {
    const what = "generate key pair";
    const keys = this.#writableKeys(what);
    const { login, bind } = this.#inSession(what, options);
    const pair = await keys.generate(type, options.label ?? null, login);
    return { ...pair, privateKey: bind(pair.privateKey) };
  }

  /**
   * Takes a private key in; see {@linkcode Token.importKey}. One that is there stays as it is.
   *
   * @param key The key.
   * @param options What people call it, and what the password function is handed.
   * @returns What is stored now.
   * @throws {NssError} As {@linkcode Token.importKey}; `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async importKey(key: ImportableKey, options: StoreKeyOptions = {}): Promise<TokenKey> {
    const what = "import private key";
    const keys = this.#writableKeys(what);
    const { login } = this.#inSession(what, options);
    return tokenKeyOf(await keys.import(key, options.label ?? null, login));
  }

  /**
   * Removes a private key, and leaves certificates; see {@linkcode Token.deleteKey}.
   *
   * @param which Which one.
   * @param options What the password function is handed.
   * @returns Whether it was here.
   * @throws {NssError} `SEC_ERROR_READ_ONLY`, `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async deleteKey(which: KeyQuery, options: TokenOptions = {}): Promise<boolean> {
    const what = "delete private key";
    const keys = this.#writableKeys(what);
    return await keys.delete(which, this.#inSession(what, options).login);
  }

  /**
   * Lets go of what it holds. Closing it again does nothing.
   *
   * @returns When it has happened.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#parts.release?.();
  }

  /** Whether it has been closed. */
  protected get isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Checks that the token is open.
   *
   * @param what What is about to be done, as `find certificates`.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if it is closed.
   */
  protected checkOpen(what: string): void {
    if (!this.#closed) return;
    throw new NssError("SEC_ERROR_NO_TOKEN", `Cannot ${what}: token "${this.label}" is closed`);
  }

  /**
   * Logs the token in where that is needed.
   *
   * @param what What is about to be done.
   * @param options What the caller gave.
   * @returns The session.
   * @throws {NssError} As {@linkcode requireLogin}.
   */
  protected async requireSession(what: string, options: TokenOptions): Promise<object> {
    for (;;) {
      const session = await this.#parts.login.open();
      if (session !== null) return session;
      await requireLogin(this, what, options);
    }
  }

  /**
   * Describes a token in software: nothing is entered at it, and wrong passwords do not lock it.
   *
   * @param own What is its own.
   * @returns All of it.
   */
  protected infoOf(
    own: Pick<TokenInfo, "model" | "isInitialized" | "needsLogin"> & Partial<TokenInfo>,
  ): TokenInfo {
    return {
      label: this.label,
      manufacturer: "NSS for Deno",
      serialNumber: "",
      isReadOnly: this.#parts.isReadOnly ?? false,
      hasProtectedAuthPath: false,
      isFinalTry: false,
      isLocked: false,
      ...own,
    };
  }

  #writableKeys(what: string): TokenKeyStore {
    this.checkOpen(what);
    const { isReadOnly = false, keys } = this.#parts;
    if (isReadOnly || keys === null) throw readOnly(what, this.label);
    return keys;
  }

  /**
   * What logs in for one call, and binds its keys to that login; else to the login of the moment.
   */
  #inSession(
    what: string,
    options: TokenOptions,
  ): { readonly login: () => Promise<void>; readonly bind: (key: PrivateKey) => PrivateKey } {
    const { login } = this.#parts;
    let needed: object | null = null;
    return {
      login: async () => {
        needed = await this.requireSession(what, options);
      },
      bind: (key) => {
        const session = needed ?? login.session;
        return new SessionKey(key, this.label, () => !this.#closed && login.session === session);
      },
    };
  }
}

/** What is told of a key, without what its store knows of it besides. */
function tokenKeyOf({ id, label, algorithm, publicKey }: TokenKey): TokenKey {
  return { id: id.slice(), label, algorithm, ...(publicKey !== undefined && { publicKey }) };
}

/**
 * Says that something cannot be changed.
 *
 * @param what What was attempted.
 * @param name What cannot be changed.
 * @returns The error, `SEC_ERROR_READ_ONLY`.
 */
export function readOnly(what: string, name: string): NssError {
  return new NssError("SEC_ERROR_READ_ONLY", `Cannot ${what}: "${name}" is read-only`);
}
