// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import { type TokenLogin, wrongCurrentPassword } from "../token/token_login.ts";
import { type PasswordRecord, readPasswordRecord, sealDataKey, unsealDataKey } from "./sealing.ts";
import { damaged, type KvKey, type KvStore, withStore } from "./store.ts";

/** What a {@linkcode KvLogin} needs of its token. */
export interface KvLoginOptions {
  /** The token's label. */
  readonly label: string;
  /** The store. */
  readonly store: KvStore;
  /** Where the password record is. */
  readonly key: KvKey;
  /** How often a new password is hashed. */
  readonly iterations: number;
}

/** The password of a token in Deno KV, and the data key that is encrypted under it. */
export class KvLogin implements TokenLogin {
  /** The session of the moment. */
  session: { readonly dataKey: CryptoKey } | null = null;
  readonly #options: KvLoginOptions;
  #needsLogin = false;

  /**
   * Creates a login.
   *
   * @param options Where the password record is.
   */
  constructor(options: KvLoginOptions) {
    this.#options = options;
  }

  /** Whether the keys are within reach. */
  get isLoggedIn(): boolean {
    return !this.#needsLogin || this.session !== null;
  }

  /**
   * What encrypts the keys.
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
   * Reads what is stored of the password.
   *
   * @returns The record, `null` if there is none, and which write it is of.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is something else.
   */
  async readPassword(): Promise<{ record: PasswordRecord | null; versionstamp: string | null }> {
    const { label, store, key } = this.#options;
    const { value, versionstamp } = await withStore("read password", () => store.get(key));
    const record = versionstamp === null ? null : readPasswordRecord(value, label);
    this.#needsLogin = record?.isSet ?? false;
    return { record, versionstamp };
  }

  /**
   * Gives the session, which is made where no password is needed; see {@linkcode TokenLogin.open}.
   */
  async open(): Promise<object | null> {
    while (this.session === null && !this.#needsLogin) {
      const { record } = await this.readPassword();
      const dataKey = record === null ? await this.#initialize() : await unsealDataKey("", record);
      if (dataKey !== null) return await this.#begin(dataKey);
      // Somebody has given it a password in the meantime, or made the first record
      if (record !== null && !record.isSet) {
        throw damaged(this.#options.label, "password record");
      }
    }
    return this.session;
  }

  /** Makes the first password record. `null` if somebody else was faster. */
  async #initialize(): Promise<Uint8Array<ArrayBuffer> | null> {
    const dataKey = crypto.getRandomValues(new Uint8Array(32));
    const record = await sealDataKey("", dataKey, this.#options.iterations);
    return await this.#write("set password", record, null) ? dataKey : null;
  }

  /** Stores a record in place of the one of that write. Whether nobody else was faster. */
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
   * Changes the password, or gives the first one: the keys are not encrypted anew, only what they
   * are encrypted with. See {@linkcode TokenLogin.changePassword}.
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
      // Else somebody has changed it: their password is the current one
      if (!await this.#write("change password", changed, versionstamp)) continue;
      await this.#begin(dataKey);
      this.#needsLogin = changed.isSet;
      return;
    }
  }
}
