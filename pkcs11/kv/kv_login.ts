// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import { type TokenLogin, wrongCurrentPassword } from "../token/token_login.ts";
import { type PasswordRecord, readPasswordRecord, sealDataKey, unsealDataKey } from "./sealing.ts";
import { damaged, type KvKey, type KvStore, withStore } from "./store.ts";

/** The options of a {@linkcode KvLogin}. */
export interface KvLoginOptions {
  /** The token's label. */
  readonly label: string;
  /** The store. */
  readonly store: KvStore;
  /** The location of the password record. */
  readonly key: KvKey;
  /** The number of PBKDF2 iterations for a new password. */
  readonly iterations: number;
}

/** The login of a token in Deno KV: its password, and the data key that is encrypted under it. */
export class KvLogin implements TokenLogin {
  /** The current session. */
  session: { readonly dataKey: CryptoKey } | null = null;
  readonly #options: KvLoginOptions;
  #needsLogin = false;

  /**
   * Creates a login.
   *
   * @param options The location of the password record.
   */
  constructor(options: KvLoginOptions) {
    this.#options = options;
  }

  /** Whether there is a session, or no password is needed. */
  get isLoggedIn(): boolean {
    return !this.#needsLogin || this.session !== null;
  }

  /**
   * The key that encrypts the private keys.
   *
   * @throws {NssError} `SEC_ERROR_TOKEN_NOT_LOGGED_IN` if the session has ended meanwhile.
   */
  get dataKey(): CryptoKey {
    if (this.session !== null) return this.session.dataKey;
    throw new NssError(
      "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
      `Cannot use token "${this.#options.label}": it is not logged in`,
    );
  }

  /**
   * Reads the password record.
   *
   * @returns The record, `null` if there is none, and its versionstamp.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is malformed.
   */
  async readPassword(): Promise<{ record: PasswordRecord | null; versionstamp: string | null }> {
    const { label, store, key } = this.#options;
    const { value, versionstamp } = await withStore("read password", () => store.get(key));
    const record = versionstamp === null ? null : readPasswordRecord(value, label);
    this.#needsLogin = record?.isSet ?? false;
    return { record, versionstamp };
  }

  /**
   * Returns the session, and begins one if no password is needed; see {@linkcode TokenLogin.open}.
   */
  async open(): Promise<object | null> {
    while (this.session === null && !this.#needsLogin) {
      const { record } = await this.readPassword();
      const dataKey = record === null ? await this.#initialize() : await unsealDataKey("", record);
      if (dataKey !== null) return await this.#begin(dataKey);
      // Another process has set a password or written the first record meanwhile
      if (record !== null && !record.isSet) {
        throw damaged(this.#options.label, "password record");
      }
    }
    return this.session;
  }

  /** Writes the first password record; returns `null` if another process was faster. */
  async #initialize(): Promise<Uint8Array<ArrayBuffer> | null> {
    const dataKey = crypto.getRandomValues(new Uint8Array(32));
    const record = await sealDataKey("", dataKey, this.#options.iterations);
    return await this.#write("set password", record, null) ? dataKey : null;
  }

  /** Replaces the record with that versionstamp; returns `false` if another process was faster. */
  async #write(
    what: string,
    record: PasswordRecord,
    versionstamp: string | null,
  ): Promise<boolean> {
    const { store, key } = this.#options;
    const { ok } = await withStore(
      what,
      () => store.atomic().check({ key, versionstamp }).set(key, record).commit(),
    );
    return ok;
  }

  async #begin(bytes: Uint8Array<ArrayBuffer>): Promise<{ readonly dataKey: CryptoKey }> {
    const usages: KeyUsage[] = ["encrypt", "decrypt"];
    const dataKey = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, usages);
    bytes.fill(0);
    return this.session ??= { dataKey };
  }

  /** Tries a password; see {@linkcode TokenLogin.login}. */
  async login(password: string | null): Promise<boolean> {
    const { record } = await this.readPassword();
    if (record === null) return (password ?? "") === "";
    const dataKey = await unsealDataKey(password ?? "", record);
    if (dataKey === null) return false;
    await this.#begin(dataKey);
    return true;
  }

  /** Ends the session, unless no password is needed. */
  logout(): Promise<void> {
    if (this.#needsLogin) this.session = null;
    return Promise.resolve();
  }

  /**
   * Changes the password, or sets the first one, by encrypting the data key again, not the keys;
   * see {@linkcode TokenLogin.changePassword}.
   */
  async changePassword(current: string | null, next: string): Promise<void> {
    const { label, iterations } = this.#options;
    for (;;) {
      const { record, versionstamp } = await this.readPassword();
      let dataKey: Uint8Array<ArrayBuffer> | null;
      if (record === null) {
        dataKey = (current ?? "") === "" ? crypto.getRandomValues(new Uint8Array(32)) : null;
      } else dataKey = await unsealDataKey(current ?? "", record);
      if (dataKey === null) throw wrongCurrentPassword(label);
      const changed = await sealDataKey(next, dataKey, iterations);
      // After a conflict, the password of the other process is the current one
      if (!await this.#write("change password", changed, versionstamp)) continue;
      await this.#begin(dataKey);
      this.#needsLogin = changed.isSet;
      return;
    }
  }
}
