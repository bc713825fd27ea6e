// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Keys and certificates in Deno KV, for Deno Deploy and for programs with several processes.
 *
 * Private keys are encrypted with AES-256-GCM under a random data key, and this key under the
 * token's password (PBKDF2 with SHA-256). Labels of keys, and nicknames and trust of certificates,
 * are not encrypted; they are authenticated by a MAC under the data key. Each change of the
 * password changes the data key, too. Without a login, a token with a password tells what it
 * distrusts, but not whom it trusts, since nothing shows that its owner wrote it.
 *
 * What that means for who can reach the store:
 *
 * - Read access suffices to guess the password offline. Without a password it reads everything.
 * - Write access allows to delete rows, and to restore earlier ones: a key that was deleted, trust
 *   that was removed, and the whole token as it was, with the password of that time. Deno KV has
 *   nothing that would show it. Single rows from before the last change of the password are
 *   refused. A token that is replaced as a whole by one without a password is noticed by those who
 *   give the option `password`, or log in.
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

import { importLazily } from "../../cert/base/lazy_module.ts";
import { NssError } from "../../cert/base/errors.ts";
import {
  isArrayOf,
  isInteger,
  isString,
  requireArgs,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import { DEFAULT_ITERATIONS } from "../pbe/password_encryption.ts";
import { MAX_ITERATIONS } from "../pbe/iteration_budget.ts";
import { BaseToken } from "../token/base_token.ts";
import type { TokenInfo } from "../token/token.ts";
import { KvCertDB } from "./certs.ts";
import { KvKeyStore } from "./kv_key_store.ts";
import { KvLogin } from "./kv_login.ts";
import { placesOf } from "./rows.ts";
import { isKvStore, type KvStore } from "./store.ts";

export type { KvAtomic, KvEntry, KvKey, KvStore } from "./store.ts";
export type { KvCertDB } from "./certs.ts";

/**
 * The options of {@linkcode openKvToken}.
 *
 * @category Databases and modules
 */
export interface KvTokenOptions {
  /** The label; `Deno KV` by default. */
  readonly label?: string;
  /**
   * The prefix of all keys in the store; `["@nss/nss"]` by default. The prefix of one token must
   * not be a prefix of another's.
   */
  readonly prefix?: readonly string[];
  /** The path of the store; by default that of the application, on Deno Deploy its database. */
  readonly path?: string;
  /** An open store, which is not closed with the token. */
  readonly kv?: KvStore;
  /**
   * The number of PBKDF2 iterations for a new password; 600,000 by default, as OWASP recommends.
   */
  readonly iterations?: number;
  /**
   * The password, with which the token is logged in, and which a new one gets. Then a token without
   * a password, or with another one, is refused.
   */
  readonly password?: string;
}

const SHAPE: Shape<KvTokenOptions> = {
  label: isString,
  prefix: isArrayOf(isString),
  path: isString,
  kv: isKvStore,
  iterations: isInteger(1, MAX_ITERATIONS),
  password: isString,
};

/**
 * Opens a token in Deno KV. A new one has no password; {@linkcode KvToken.changePassword} sets it.
 *
 * @param options The store, and the prefix in it.
 * @returns The token.
 * @throws {NssError} `PR_OPERATION_NOT_SUPPORTED_ERROR` if there is no Deno KV, `SEC_ERROR_IO` if
 * it does not open, `SEC_ERROR_BAD_DATABASE` if another version of this package has written it,
 * `SEC_ERROR_BAD_PASSWORD` if the option `password` is wrong, `SEC_ERROR_INVALID_ARGS` if an option
 * is malformed.
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
 *
 * @category Databases and modules
 */
export async function openKvToken(options: KvTokenOptions = {}): Promise<KvToken> {
  options = takeOptions("Cannot open token", options, SHAPE);
  let store = options.kv;
  if (store === undefined) {
    const { openKv } = await importLazily("the access to Deno KV", () => import("./open.ts"));
    store = await openKv(options.path);
  }
  const token = new KvToken(store, options);
  const { password } = options;
  try {
    const { isInitialized } = await token.describe(); // reads whether it needs a password
    if (password !== undefined) await logIn(token, password, isInitialized);
    return token;
  } catch (error) {
    await token.close();
    throw error;
  }
}

async function logIn(token: KvToken, password: string, isInitialized: boolean): Promise<void> {
  if (!isInitialized) {
    // If another process is faster, its password decides
    await token.changePassword(null, password).catch((error) => {
      if (!(error instanceof NssError) || error.name !== "SEC_ERROR_BAD_PASSWORD") throw error;
    });
  }
  if (await token.login(password)) return;
  const { needsLogin } = await token.describe();
  throw new NssError(
    "SEC_ERROR_BAD_PASSWORD",
    `Cannot open token "${token.label}": ${
      needsLogin ? "the password is wrong" : "it has no password, and one was given"
    }`,
  );
}

/**
 * A token in Deno KV; {@linkcode openKvToken} opens one.
 *
 * @category Databases and modules
 */
export class KvToken extends BaseToken {
  /** The certificates. */
  readonly certificates: KvCertDB;
  readonly #login: KvLogin;

  /**
   * Creates a token; use {@linkcode openKvToken} instead.
   *
   * @param store The store.
   * @param options The prefix and the label.
   */
  constructor(store: KvStore, options: KvTokenOptions = {}) {
    requireArgs("Cannot open token", isKvStore(store, "store"));
    const { label = "Deno KV", prefix = ["@nss/nss"], iterations = DEFAULT_ITERATIONS, kv } =
      takeOptions("Cannot open token", options, SHAPE);
    const places = placesOf(prefix);
    const login = new KvLogin({ label, store, places, iterations });
    const keys = new KvKeyStore({ label, store, prefix: places.keys, login });
    const release = (): void => {
      login.end();
      if (kv === undefined) store.close();
    };
    super({ label, login, keys, release });
    this.#login = login;
    this.certificates = new KvCertDB({
      label,
      store,
      places,
      login,
      ensureLogin: (what, options) => this.requireSession(what, options),
      checkOpen: (what) => this.checkOpen(what),
    });
  }

  /**
   * Describes the token and its state.
   *
   * @returns The description.
   */
  async describe(): Promise<TokenInfo> {
    this.checkOpen("describe token");
    await this.#login.refresh();
    const { isInitialized, needsLogin } = this.#login;
    return this.infoOf({ model: "Deno KV", isInitialized, needsLogin });
  }
}
