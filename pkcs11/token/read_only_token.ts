// Copyright 2026 the NSS for Deno authors. MIT license.

import type {
  CertDB,
  CertFindOptions,
  CertQuery,
  CertRecord,
  CertSource,
} from "../../cert/db/cert_db.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import type {
  LoginHandler,
  Token,
  TokenInfo,
  TokenKey,
  TokenKeyPair,
  TokenMechanism,
} from "./token.ts";

/** What a {@linkcode ReadOnlyToken} says of itself. */
export interface ReadOnlyTokenOptions {
  /** What it is; empty by default. */
  readonly model?: string;
}

/**
 * Certificates that nobody changes, as a token: Mozilla's roots.
 *
 * @example Mozilla's roots
 * ```ts
 * import { defaultContext } from "@nss/nss/pkcs11";
 * import { assert, assertExists } from "@std/assert";
 *
 * const tokens = defaultContext().slots.map(({ token }) => token);
 * const roots = tokens.find((token) => token?.label === "Builtin Object Token");
 * assertExists(roots);
 * assert(roots.certificates.isReadOnly);
 * ```
 */
export class ReadOnlyToken implements Token {
  /** What people call it. */
  readonly label: string;
  /** The certificates. */
  readonly certificates: CertDB;
  /** It needs no login. */
  readonly isLoggedIn: boolean = true;
  /** It needs no login. */
  loginHandler: LoginHandler | null = null;
  readonly #model: string;

  /**
   * Makes a token of a source.
   *
   * @param source The source; its name becomes the label.
   * @param options What it is.
   */
  constructor(source: CertSource, options: ReadOnlyTokenOptions = {}) {
    this.label = source.name;
    this.certificates = new ReadOnlyCertDB(source);
    this.#model = options.model ?? "";
  }

  /**
   * Tells what it is.
   *
   * @returns The answer.
   */
  describe(): Promise<TokenInfo> {
    return Promise.resolve({
      label: this.label,
      manufacturer: "NSS for Deno",
      model: this.#model,
      serialNumber: "",
      isReadOnly: true,
      isInitialized: true,
      needsLogin: false,
      hasProtectedAuthPath: false,
      isFinalTry: false,
      isLocked: false,
    });
  }

  /**
   * It does nothing with keys.
   *
   * @returns No mechanisms.
   */
  mechanisms(): Promise<readonly TokenMechanism[]> {
    return Promise.resolve([]);
  }

  /**
   * It has no password: the empty one is right.
   *
   * @param password The password.
   * @returns Whether it is empty.
   */
  login(password: string | null): Promise<boolean> {
    return Promise.resolve(password === "");
  }

  /**
   * Does nothing.
   *
   * @returns At once.
   */
  logout(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Fails.
   *
   * @returns Never.
   * @throws {NssError} `SEC_ERROR_READ_ONLY`.
   */
  changePassword(): Promise<void> {
    return this.#refuse("change password");
  }

  /**
   * It has no keys.
   *
   * @returns None.
   */
  listKeys(): Promise<readonly TokenKey[]> {
    return Promise.resolve([]);
  }

  /**
   * It has no keys.
   *
   * @returns None.
   */
  findKey(): Promise<PrivateKey | undefined> {
    return Promise.resolve(undefined);
  }

  /**
   * Fails.
   *
   * @returns Never.
   * @throws {NssError} `SEC_ERROR_READ_ONLY`.
   */
  generateKeyPair(): Promise<TokenKeyPair> {
    return this.#refuse("generate key pair");
  }

  /**
   * Fails.
   *
   * @returns Never.
   * @throws {NssError} `SEC_ERROR_READ_ONLY`.
   */
  importKey(): Promise<TokenKey> {
    return this.#refuse("import private key");
  }

  /**
   * Fails.
   *
   * @returns Never.
   * @throws {NssError} `SEC_ERROR_READ_ONLY`.
   */
  deleteKey(): Promise<boolean> {
    return this.#refuse("delete private key");
  }

  /**
   * Does nothing.
   *
   * @returns At once.
   */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #refuse(what: string): Promise<never> {
    return refuse(what, this.label);
  }
}

function refuse(what: string, name: string): Promise<never> {
  return Promise.reject(
    new NssError("SEC_ERROR_READ_ONLY", `Cannot ${what}: "${name}" is read-only`),
  );
}

class ReadOnlyCertDB implements CertDB {
  readonly name: string;
  readonly isReadOnly: boolean = true;
  readonly #source: CertSource;

  constructor(source: CertSource) {
    this.name = source.name;
    this.#source = source;
  }

  get problem(): NssError | null {
    return this.#source.problem ?? null;
  }

  find(query: CertQuery, options?: CertFindOptions): Promise<readonly CertRecord[]> {
    return this.#source.find(query, options);
  }

  importCert(): Promise<CertRecord> {
    return refuse("import certificate", this.name);
  }

  deleteCert(): Promise<boolean> {
    return refuse("delete certificate", this.name);
  }

  setTrust(): Promise<CertRecord> {
    return refuse("set trust", this.name);
  }
}
