// Copyright 2026 the NSS for Deno authors. MIT license.

import { isString, requireArgs, type Shape, takeOptions } from "../../cert/base/options.ts";
import {
  type CertDB,
  type CertFindOptions,
  type CertQuery,
  type CertRecord,
  type CertSource,
  isCertSource,
} from "../../cert/db/cert_db.ts";
import type { NssError } from "../../cert/base/errors.ts";
import { BaseToken, readOnly } from "./base_token.ts";
import type { TokenInfo, TokenMechanism } from "./token.ts";
import type { TokenLogin } from "./token_login.ts";

/**
 * The options of a {@linkcode ReadOnlyToken}.
 *
 * @category Tokens
 */
export interface ReadOnlyTokenOptions {
  /** The model; empty by default. */
  readonly model?: string;
}

const SHAPE: Shape<ReadOnlyTokenOptions> = { model: isString };

/**
 * A read-only token that has certificates only, such as Mozilla's roots.
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
 *
 * @category Tokens
 */
export class ReadOnlyToken extends BaseToken {
  /** The certificates. */
  readonly certificates: CertDB;
  readonly #model: string;

  /**
   * Creates a token.
   *
   * @param source The certificates; their name becomes the label.
   * @param options The model.
   */
  constructor(source: CertSource, options: ReadOnlyTokenOptions = {}) {
    requireArgs("Cannot make token", isCertSource(source, "source"));
    super({ label: source.name, isReadOnly: true, login: noPassword(source.name), keys: null });
    this.certificates = new ReadOnlyCertDB(source);
    this.#model = takeOptions("Cannot make token", options, SHAPE).model ?? "";
  }

  /**
   * Describes the token.
   *
   * @returns The description.
   */
  describe(): Promise<TokenInfo> {
    return Promise.resolve(
      this.infoOf({ model: this.#model, isInitialized: true, needsLogin: false }),
    );
  }

  /**
   * Lists the mechanisms.
   *
   * @returns None, because the token has no keys.
   */
  override mechanisms(): Promise<readonly TokenMechanism[]> {
    return Promise.resolve([]);
  }

  /** Does nothing: the certificates stay available. */
  override close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Creates a login that is always logged in; the empty password is right. */
function noPassword(label: string): TokenLogin {
  const session = {};
  return {
    session,
    isLoggedIn: true,
    open: () => Promise.resolve(session),
    login: (password) => Promise.resolve(password === ""),
    logout: () => Promise.resolve(),
    changePassword: () => Promise.reject(readOnly("change password", label)),
  };
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
    return Promise.reject(readOnly("import certificate", this.name));
  }

  deleteCert(): Promise<boolean> {
    return Promise.reject(readOnly("delete certificate", this.name));
  }

  setTrust(): Promise<CertRecord> {
    return Promise.reject(readOnly("set trust", this.name));
  }
}
