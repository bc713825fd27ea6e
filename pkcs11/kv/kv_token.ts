// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Keys and certificates in Deno KV, for Deno Deploy and for programs with several processes.
 *
 * Private keys are encrypted with AES-256-GCM under a random key, and that under the token's
 * password (PBKDF2 with SHA-256). Certificates, their nicknames and their trust are in clear and
 * not authenticated: whoever can write to the store can change what is trusted, and whoever can
 * read it can try passwords.
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

import { DEFAULT_ITERATIONS } from "../pbe/password_encryption.ts";
import { BaseToken } from "../token/base_token.ts";
import type { TokenInfo } from "../token/token.ts";
import { KvCertDB } from "./certs.ts";
import { KvKeyStore } from "./kv_key_store.ts";
import { KvLogin } from "./kv_login.ts";
import type { KvStore } from "./store.ts";

export type { KvAtomic, KvEntry, KvKey, KvStore } from "./store.ts";
export type { KvCertDB } from "./certs.ts";

/** How {@linkcode openKvToken} opens a token. */
export interface KvTokenOptions {
  /** What people call it, `Deno KV` by default. */
  readonly label?: string;
  /**
   * Where in the store it is; `["@nss/nss"]` by default. Two tokens of one store must not begin
   * alike.
   */
  readonly prefix?: readonly string[];
  /** The file of the store; by default that of the application, on Deno Deploy its database. */
  readonly path?: string;
  /** A store that is open already; it is not closed with the token. */
  readonly kv?: KvStore;
  /** How often a new password is hashed; 600,000 by default, as OWASP recommends. */
  readonly iterations?: number;
}

/**
 * Opens a token in Deno KV. A new one has no password: give it one by
 * {@linkcode KvToken.changePassword}.
 *
 * @param options Which store, and where in it.
 * @returns The token.
 * @throws {NssError} `PR_OPERATION_NOT_SUPPORTED_ERROR` where there is no Deno KV, `SEC_ERROR_IO`
 * if it does not open, `SEC_ERROR_BAD_DATABASE` if it holds something else.
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
export class KvToken extends BaseToken {
  /** Its certificates. */
  readonly certificates: KvCertDB;
  readonly #login: KvLogin;

  /**
   * Makes a token of a store; {@linkcode openKvToken} is the way to get one.
   *
   * @param store The store.
   * @param options Where in it, and what people call it.
   */
  constructor(store: KvStore, options: KvTokenOptions = {}) {
    const { label = "Deno KV", prefix = ["@nss/nss"], iterations = DEFAULT_ITERATIONS } = options;
    const login = new KvLogin({ label, store, key: [...prefix, "password"], iterations });
    const keys = new KvKeyStore({ label, store, prefix: [...prefix, "key"], login });
    const release = (): void => {
      login.session = null;
      if (options.kv === undefined) store.close();
    };
    super({ label, login, keys, release });
    this.#login = login;
    this.certificates = new KvCertDB({
      label,
      store,
      prefix: [...prefix, "certificate"],
      keyOf: (id) => [...prefix, "key", id.toHex()],
      checkOpen: (what) => this.checkOpen(what),
    });
  }

  /**
   * Tells what it is and in which state.
   *
   * @returns The answer of the moment.
   */
  async describe(): Promise<TokenInfo> {
    this.checkOpen("describe token");
    const { record } = await this.#login.readPassword();
    return this.infoOf({
      model: "Deno KV",
      isInitialized: record !== null,
      needsLogin: record?.isSet ?? false,
    });
  }
}
