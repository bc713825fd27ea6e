// Copyright 2026 the NSS for Deno authors. MIT license.

import { isString, orNull, requireArgs, takeOptions } from "../../cert/base/options.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import type { CertDB } from "../../cert/db/cert_db.ts";
import type { KeyPairType } from "../keys/generate_key_pair.ts";
import type { TokenKeyStore } from "./token_key_store.ts";
import { MECHANISMS } from "./mechanisms.ts";
import { SessionKey } from "./session_key.ts";
import {
  type ImportableKey,
  isKeyPairType,
  isKeyQuery,
  type KeyQuery,
  type LoginHandler,
  requireLogin,
  STORE_KEY_OPTIONS,
  type StoreKeyOptions,
  type Token,
  TOKEN_OPTIONS,
  type TokenInfo,
  type TokenKey,
  type TokenKeyPair,
  type TokenMechanism,
  type TokenOptions,
} from "./token.ts";
import type { TokenLogin } from "./token_login.ts";

/** The maximum number of logins for one call, each of which others may end at once. */
const MAX_LOGINS = 16;

/**
 * The parts of a {@linkcode BaseToken}, without its certificates.
 *
 * @category Tokens
 */
export interface TokenParts {
  /** The label. */
  readonly label: string;
  /** Whether the token is read-only; `false` by default. */
  readonly isReadOnly?: boolean;
  /** The login. */
  readonly login: TokenLogin;
  /** The key store; `null` if the token cannot have keys. */
  readonly keys: TokenKeyStore | null;
  /** Releases resources; called once, when the token is closed. */
  readonly release?: () => void | Promise<void>;
}

/**
 * The base class of all tokens of this package.
 *
 * A subclass provides a {@linkcode TokenLogin}, a {@linkcode TokenKeyStore}, certificates and a
 * description. This class checks that the token is open and writable, logs it in when needed, and
 * binds keys to the session in which they were found.
 *
 * @category Tokens
 */
export abstract class BaseToken implements Token {
  /** The label. */
  readonly label: string;
  /** The certificates. */
  abstract readonly certificates: CertDB;
  /** The login handler; see {@linkcode Token.loginHandler}. */
  loginHandler: LoginHandler | null = null;
  readonly #parts: TokenParts;
  #closing: Promise<void> | null = null;

  /**
   * Creates a token.
   *
   * @param parts The parts of the token.
   */
  constructor(parts: TokenParts) {
    this.label = parts.label;
    this.#parts = parts;
  }

  /** Whether the token is logged in, or needs no login. */
  get isLoggedIn(): boolean {
    return !this.isClosed && this.#parts.login.isLoggedIn;
  }

  /**
   * Describes the token and its state; see {@linkcode BaseToken.infoOf}.
   *
   * @returns The description.
   */
  abstract describe(): Promise<TokenInfo>;

  /**
   * Lists the mechanisms.
   *
   * @returns The mechanisms; by default those of WebCrypto.
   */
  mechanisms(): Promise<readonly TokenMechanism[]> {
    return Promise.resolve(MECHANISMS);
  }

  /**
   * Tries a password; see {@linkcode Token.login}.
   *
   * @param password The password; `null` if it is entered at the token itself.
   * @returns Whether it is right.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if the token is closed, or an error of the token.
   */
  async login(password: string | null): Promise<boolean> {
    requireArgs("Cannot log in", orNull(isString)(password, "password"));
    this.checkOpen("log in");
    return await this.#parts.login.login(password);
  }

  /** Logs the token out, unless it needs no login. */
  async logout(): Promise<void> {
    if (!this.isClosed) await this.#parts.login.logout();
  }

  /**
   * Changes the password, or sets the first one; see {@linkcode Token.changePassword}.
   *
   * @param current The current password; `null` if there is none.
   * @param next The new password; empty to need none.
   * @throws {NssError} `SEC_ERROR_BAD_PASSWORD` if the current one is wrong, `SEC_ERROR_READ_ONLY`,
   * `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async changePassword(current: string | null, next: string): Promise<void> {
    requireArgs(
      "Cannot change password",
      orNull(isString)(current, "current"),
      isString(next, "next"),
    );
    this.checkOpen("change password");
    await this.#parts.login.changePassword(current, next);
  }

  /**
   * Lists the private keys; see {@linkcode Token.listKeys}.
   *
   * @param options The argument for the password function.
   * @returns The keys.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async listKeys(options: TokenOptions = {}): Promise<readonly TokenKey[]> {
    const what = "list keys";
    options = takeOptions(`Cannot ${what}`, options, TOKEN_OPTIONS);
    this.checkOpen(what);
    const keys = await this.#parts.keys?.list(this.#inSession(what, options).login) ?? [];
    return keys.map(tokenKeyOf);
  }

  /**
   * Finds a private key; see {@linkcode Token.findKey}.
   *
   * @param which The key.
   * @param options The argument for the password function.
   * @returns The key, or `undefined` if the token does not have it.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async findKey(which: KeyQuery, options: TokenOptions = {}): Promise<PrivateKey | undefined> {
    requireArgs("Cannot find private key", isKeyQuery(which, "which"));
    options = takeOptions("Cannot find private key", options, TOKEN_OPTIONS);
    this.checkOpen("find private key");
    const { login, bind } = this.#inSession("use private key", options);
    const key = await this.#parts.keys?.find(which, login);
    return key === undefined ? undefined : bind(key);
  }

  /**
   * Generates a key pair in the token; see {@linkcode Token.generateKeyPair}.
   *
   * @param type The kind of keys.
   * @param options The label, and the argument for the password function.
   * @returns The pair.
   * @throws {NssError} `SEC_ERROR_KEYGEN_FAIL` if the token does not generate that kind,
   * `SEC_ERROR_READ_ONLY`, `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async generateKeyPair(
    type: KeyPairType = "ec-p256",
    options: StoreKeyOptions = {},
  ): Promise<TokenKeyPair> {
    const what = "generate key pair";
    requireArgs(`Cannot ${what}`, isKeyPairType(type, "type"));
    options = takeOptions(`Cannot ${what}`, options, STORE_KEY_OPTIONS);
    const keys = this.#writableKeys(what);
    const { login, bind } = this.#inSession(what, options);
    const pair = await keys.generate(type, options.label ?? null, login);
    return { ...pair, privateKey: bind(pair.privateKey) };
  }

  /**
   * Imports a private key; see {@linkcode Token.importKey}. A stored one stays unchanged.
   *
   * @param key The key.
   * @param options The label, and the argument for the password function.
   * @returns The stored key.
   * @throws {NssError} As {@linkcode Token.importKey}; `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async importKey(key: ImportableKey, options: StoreKeyOptions = {}): Promise<TokenKey> {
    const what = "import private key";
    options = takeOptions(`Cannot ${what}`, options, STORE_KEY_OPTIONS);
    const keys = this.#writableKeys(what);
    const { login } = this.#inSession(what, options);
    return tokenKeyOf(await keys.import(key, options.label ?? null, login));
  }

  /**
   * Deletes a private key, but not its certificates; see {@linkcode Token.deleteKey}.
   *
   * @param which The key.
   * @param options The argument for the password function.
   * @returns Whether it was stored.
   * @throws {NssError} `SEC_ERROR_READ_ONLY`, `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async deleteKey(which: KeyQuery, options: TokenOptions = {}): Promise<boolean> {
    const what = "delete private key";
    requireArgs(`Cannot ${what}`, isKeyQuery(which, "which"));
    options = takeOptions(`Cannot ${what}`, options, TOKEN_OPTIONS);
    const keys = this.#writableKeys(what);
    return await keys.delete(which, this.#inSession(what, options).login);
  }

  /** Closes the token. Closing it again waits for the same end. */
  close(): Promise<void> {
    return this.#closing ??= (async () => await this.#parts.release?.())();
  }

  /** Whether the token is closed. */
  protected get isClosed(): boolean {
    return this.#closing !== null;
  }

  /**
   * Checks that the token is open.
   *
   * @param what The attempted action, such as `find certificates`, for the error message.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  protected checkOpen(what: string): void {
    if (!this.isClosed) return;
    throw new NssError("SEC_ERROR_NO_TOKEN", `Cannot ${what}: token "${this.label}" is closed`);
  }

  /**
   * Logs the token in if it needs a login.
   *
   * @param what The attempted action, for the error message.
   * @param options The argument for the password function.
   * @returns The session.
   * @throws {NssError} As {@linkcode requireLogin}.
   */
  protected async requireSession(what: string, options: TokenOptions): Promise<object> {
    for (let logins = 0; logins < MAX_LOGINS; logins++) {
      const session = await this.#parts.login.open();
      if (session !== null) return session;
      await requireLogin(this, what, { pinArg: options.pinArg }); // callers may have more options
    }
    throw new NssError(
      "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
      `Cannot ${what}: others change the password of token "${this.label}" all the time`,
    );
  }

  /**
   * Completes the description of a software token, which has no protected authentication path and
   * no lock.
   *
   * @param own The properties that differ from the defaults.
   * @returns The description.
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
   * Returns the login of one call, and a function that binds its keys to the session of that login,
   * or to the current one if the call needed none.
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
        return new SessionKey(key, this.label, () => !this.isClosed && login.session === session);
      },
    };
  }
}

/** Returns the properties of a key without those that its store adds. */
function tokenKeyOf({ id, label, algorithm, publicKey }: TokenKey): TokenKey {
  return { id: id.slice(), label, algorithm, ...(publicKey !== undefined && { publicKey }) };
}

/**
 * Creates an error about a read-only token or database.
 *
 * @param what The attempted action.
 * @param name The name of the token or database.
 * @returns The error, `SEC_ERROR_READ_ONLY`.
 */
export function readOnly(what: string, name: string): NssError {
  return new NssError("SEC_ERROR_READ_ONLY", `Cannot ${what}: "${name}" is read-only`);
}
