// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Keys and certificates in Deno KV, for Deno Deploy and for programs with several processes.
 *
 * Private keys are encrypted with AES-256-GCM under a random key, and this key under the token's
 * password (PBKDF2 with SHA-256). Certificates, their nicknames and their trust are not encrypted
 * and not authenticated: write access to the store suffices to change trust, and read access to
 * guess passwords offline.
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

/** The options of {@linkcode openKvToken}. */
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
}

/**
 * Opens a token in Deno KV. A new one has no password; {@linkcode KvToken.changePassword} sets it.
 *
 * @param options The store, and the prefix in it.
 * @returns The token.
 * @throws {NssError} `PR_OPERATION_NOT_SUPPORTED_ERROR` if there is no Deno KV, `SEC_ERROR_IO` if
 * it does not open, `SEC_ERROR_BAD_DATABASE` if its password record is malformed.
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
    await token.describe(); // reads whether it needs a password
    return token;
  } catch (error) {
    await token.close();
    throw error;
  }
}

/** A token in Deno KV; {@linkcode openKvToken} opens one. */
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
   * Describes the token and its state.
   *
   * @returns The description.
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
