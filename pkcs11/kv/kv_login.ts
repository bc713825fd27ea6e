// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import { NssError } from "../../cert/base/errors.ts";
import { type TokenLogin, wrongCurrentPassword } from "../token/token_login.ts";
import {
  allRows,
  deriveKeyring,
  findDamaged,
  fitsAny,
  type Keyring,
  type KvPlaces,
  moveRows,
  type RowKeys,
} from "./rows.ts";
import {
  DATA_KEY_LENGTH,
  type PasswordRecord,
  readPasswordRecord,
  sealDataKey,
  unsealDataKey,
} from "./sealing.ts";
import {
  CONFLICT,
  damaged,
  type KvKey,
  type KvStore,
  withoutConflict,
  withStore,
} from "./store.ts";

/** The options of a {@linkcode KvLogin}. */
export interface KvLoginOptions {
  /** The token's label. */
  readonly label: string;
  /** The store. */
  readonly store: KvStore;
  /** The locations of the rows. */
  readonly places: KvPlaces;
  /** The number of PBKDF2 iterations for a new password. */
  readonly iterations: number;
}

/** What is at the location of the password record. */
interface FoundRecord {
  /** The record; `null` if there is none, or it cannot be used. */
  readonly record: PasswordRecord | null;
  /** Why nothing of the token can be used. */
  readonly problem: NssError | null;
  readonly versionstamp: string | null;
}

/** What a write needs: the keys, and the check that they are still the current ones. */
export interface KvWriteAccess {
  /** The keys for new rows. */
  readonly keys: RowKeys;
  /** The location and versionstamp of their password record. */
  readonly check: { readonly key: KvKey; readonly versionstamp: string | null };
}

/** A versionstamp that no record has. */
const CHANGED = "changed";

/**
 * The login of a token in Deno KV: its password, and the data key that is encrypted under it.
 *
 * Other processes may change the password, and with it the data key, at any time. Rows tell: their
 * MACs are wrong, or a write fails its check of the password record. Then
 * {@linkcode KvLogin.refresh} finds out.
 */
export class KvLogin implements TokenLogin {
  #session: object | null = null;
  readonly #options: KvLoginOptions;
  #keyring: Keyring | null = null;
  #record: PasswordRecord | null = null;
  #problem: NssError | null = null;
  #versionstamp: string | null = null;
  /** Whether this object has used a password, which is not given up because a record says so. */
  #hasHadPassword = false;

  /**
   * Creates a login.
   *
   * @param options The location of the password record.
   */
  constructor(options: KvLoginOptions) {
    this.#options = options;
  }

  /** The session, which lasts until the logout: keys that are in use survive a new password. */
  get session(): object | null {
    return this.#session;
  }

  /** Whether a password is needed. */
  get needsLogin(): boolean {
    return this.#problem !== null || (this.#record?.isSet ?? false);
  }

  /** Whether there is a password record, if only a damaged one. */
  get isInitialized(): boolean {
    return this.#problem !== null || this.#record !== null;
  }

  /** Whether the data key is known, or no password is needed. */
  get isLoggedIn(): boolean {
    return this.#keyring !== null || !this.needsLogin;
  }

  /** Why nothing of the token can be used; `null` if nothing is known to be wrong. */
  get problem(): NssError | null {
    return this.#problem;
  }

  /** The keys of the rows; `null` without a login. */
  get keyring(): Keyring | null {
    return this.#keyring;
  }

  /** The versionstamp of the password record, which changes with the data key. */
  get passwordVersion(): string | null {
    return this.#versionstamp;
  }

  /**
   * The keys for new rows, and the check that they are current.
   *
   * @throws {NssError} `SEC_ERROR_TOKEN_NOT_LOGGED_IN` if the session has ended meanwhile.
   */
  get writeAccess(): KvWriteAccess {
    if (this.#keyring !== null) {
      const { places } = this.#options;
      return {
        keys: this.#keyring[0],
        check: { key: places.password, versionstamp: this.#versionstamp },
      };
    }
    throw new NssError(
      "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
      `Cannot use token "${this.#options.label}": it is not logged in`,
    );
  }

  async #read(): Promise<FoundRecord> {
    const { label, store, places } = this.#options;
    const get = () => withStore("read password", () => store.get(places.password));
    let { value, versionstamp } = await get();
    if (value === null) {
      const isUsed = (await allRows("read keys", store, places)).length > 0;
      // It is written before the rows, so that it may have come since
      if (isUsed) ({ value, versionstamp } = await get());
      if (value === null) {
        const problem = isUsed || this.#hasHadPassword
          ? damaged(
            label,
            "its password record is missing, without which nothing can be decrypted; restore it, or all of the token, from a backup",
          )
          : null;
        return { record: null, problem, versionstamp };
      }
    }
    const record = readPasswordRecord(value, label);
    const problem = record === null ? this.#damagedRecord() : null;
    return { record, problem, versionstamp };
  }

  #damagedRecord(): NssError {
    const { label } = this.#options;
    return damaged(label, "its password record is damaged; restore it from a backup");
  }

  /**
   * Reads the password record again, and logs in if no password is needed.
   *
   * @returns Whether the record has changed since the login.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is of another version of this package.
   */
  async refresh(): Promise<boolean> {
    const before = this.#versionstamp;
    let found = await this.#read();
    // Another call of this token has logged in meanwhile, perhaps with what is newer
    if (this.#versionstamp !== before) found = await this.#read();
    const { record, problem, versionstamp } = found;
    const isSame = versionstamp !== null && versionstamp === this.#versionstamp;
    if (isSame && this.#keyring !== null) return false;
    this.#forget({ record, problem, versionstamp });
    if (record === null || record.isSet) return true;
    if (this.#hasHadPassword) {
      this.#problem = new NssError(
        "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
        `Cannot use token "${this.#options.label}": its password has been removed since the login; ` +
          'log in with "" to go on without one',
      );
      return true;
    }
    try {
      const dataKey = await unsealDataKey("", record);
      if (dataKey === null) this.#problem = this.#damagedRecord();
      else await this.#enter("", dataKey, record, versionstamp);
    } catch (error) {
      if (!(error instanceof NssError) || error.name !== "SEC_ERROR_BAD_DATABASE") throw error;
      this.#problem = error;
    }
    return true;
  }

  #forget({ record, problem, versionstamp }: FoundRecord): void {
    this.#keyring = null;
    this.#record = record;
    this.#problem = problem;
    this.#versionstamp = versionstamp;
  }

  /**
   * Returns the session, and begins one if no password is needed; see {@linkcode TokenLogin.open}.
   *
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if the password record is missing or damaged.
   */
  open(): Promise<object | null> {
    return withoutConflict("log in", async () => {
      if (this.#keyring !== null) return this.#session;
      await this.refresh();
      if (this.#problem !== null) throw this.#problem;
      if (this.#keyring !== null) return this.#session;
      if (this.#record !== null) return null;
      await this.#initialize();
      return CONFLICT; // it may be that of another process, which is read as any
    });
  }

  /** Writes the first password record, unless another process is faster. */
  async #initialize(): Promise<void> {
    const dataKey = crypto.getRandomValues(new Uint8Array(DATA_KEY_LENGTH));
    const record = await sealDataKey("", dataKey, this.#options.iterations);
    await this.#write("set password", record, this.#versionstamp);
    dataKey.fill(0);
  }

  /**
   * Replaces the record with that versionstamp.
   *
   * @returns The new versionstamp; `null` if another process was faster.
   */
  async #write(
    what: string,
    record: PasswordRecord,
    versionstamp: string | null,
  ): Promise<string | null> {
    const { label, store, places: { password: key } } = this.#options;
    const { ok } = await withStore(
      what,
      () => store.atomic().check({ key, versionstamp }).set(key, record).commit(),
    );
    if (!ok) return null;
    const { value, versionstamp: next } = await withStore(what, () => store.get(key));
    const stored = readPasswordRecord(value, label);
    // If it has been replaced already, the next write notices
    return stored !== null && bytesEqual(stored.salt, record.salt) ? next : CHANGED;
  }

  /**
   * Uses a data key, which is overwritten, and completes a change of the password that was
   * interrupted.
   *
   * @returns Whether the record is still the current one.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is none of the token's rows.
   */
  async #enter(
    password: string,
    dataKey: Uint8Array<ArrayBuffer>,
    record: PasswordRecord,
    versionstamp: string | null,
  ): Promise<boolean> {
    const { label, store, places } = this.#options;
    const newest = dataKey.slice(0, DATA_KEY_LENGTH);
    try {
      const keyring = await deriveKeyring(dataKey);
      if (keyring === null) throw this.#damagedRecord();
      if (!await fitsAny(keyring, await allRows("read keys", store, places))) {
        const now = await withStore("read password", () => store.get(places.password));
        if (now.versionstamp !== versionstamp) return false;
        throw damaged(
          label,
          "its password record is not that of its keys and certificates: one or the other was replaced; restore both from the same backup",
        );
      }
      this.#keyring = keyring;
      this.#record = record;
      this.#problem = null;
      this.#versionstamp = versionstamp;
      this.#session ??= {};
      // If this fails, the next login goes on
      if (keyring.length > 1) await this.#completeChange(password, newest).catch(ignoreNssError);
      return true;
    } finally {
      newest.fill(0);
    }
  }

  /** Moves the rows to the new data key, then forgets the previous one. */
  async #completeChange(password: string, newest: Uint8Array<ArrayBuffer>): Promise<void> {
    const { store, places } = this.#options;
    const [keyring, record, versionstamp] = [this.#keyring, this.#record, this.#versionstamp];
    if (keyring === null || record === null) return;
    if (!await moveRows(store, places, keyring, versionstamp)) return;
    const next = await sealDataKey(password, newest, record.iterations);
    const written = await this.#write("change password", next, versionstamp);
    if (written === null || this.#versionstamp !== versionstamp) return;
    this.#keyring = [keyring[0]];
    this.#record = next;
    this.#versionstamp = written;
  }

  /** Tries a password; see {@linkcode TokenLogin.login}. */
  login(password: string | null): Promise<boolean> {
    const given = password ?? "";
    return withoutConflict("log in", async () => {
      const found = await this.#read();
      const { record, problem, versionstamp } = found;
      if (record === null) {
        this.#forget(found);
        if (problem !== null) throw problem;
        return given === "";
      }
      if (!record.isSet && given !== "") return false;
      const dataKey = await unsealDataKey(given, record);
      if (dataKey === null) {
        if (record.isSet) return false;
        throw this.#damagedRecord();
      }
      if (!await this.#enter(given, dataKey, record, versionstamp)) return CONFLICT;
      this.#hasHadPassword = given !== "";
      return true;
    });
  }

  /** Ends the session, unless no password is needed. */
  logout(): Promise<void> {
    if (this.needsLogin) this.end();
    return Promise.resolve();
  }

  /** Ends the session. */
  end(): void {
    this.#session = null;
    this.#keyring = null;
  }

  /**
   * Changes the password, or sets the first one; see {@linkcode TokenLogin.changePassword}.
   *
   * The data key changes with it. The record with the new password has both data keys first, then
   * all rows are written anew, and then the record without the previous data key.
   *
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if any row is damaged; then nothing is changed.
   */
  changePassword(current: string | null, next: string): Promise<void> {
    const { label, iterations } = this.#options;
    return withoutConflict(`change password of token "${label}"`, async () => {
      const previous = await this.#previousDataKey(current ?? "");
      if (previous === null) return CONFLICT;
      const { dataKey, versionstamp } = previous;
      const both = new Uint8Array(DATA_KEY_LENGTH + dataKey.length);
      crypto.getRandomValues(both.subarray(0, DATA_KEY_LENGTH));
      both.set(dataKey, DATA_KEY_LENGTH);
      dataKey.fill(0);
      try {
        const record = await sealDataKey(next, both, iterations);
        const written = await this.#write("change password", record, versionstamp);
        // After a conflict, the password of the other process is the current one
        if (written === null) return CONFLICT;
        this.#hasHadPassword = next !== "";
        await this.#enter(next, both, record, written);
        return;
      } finally {
        both.fill(0);
      }
    });
  }

  /**
   * Returns the current data key for a change of the password, secret: none of a new token, `null`
   * after a conflict with another process.
   */
  async #previousDataKey(
    current: string,
  ): Promise<
    { readonly dataKey: Uint8Array<ArrayBuffer>; readonly versionstamp: string | null } | null
  > {
    const { label, store, places } = this.#options;
    const { record, problem, versionstamp } = await this.#read();
    if (problem !== null) throw problem;
    if (record === null) {
      if (current !== "") throw wrongCurrentPassword(label);
      return { dataKey: new Uint8Array(0), versionstamp };
    }
    const dataKey = !record.isSet && current !== "" ? null : await unsealDataKey(current, record);
    if (dataKey === null) throw wrongCurrentPassword(label);
    const copy = dataKey.slice(0, DATA_KEY_LENGTH);
    if (!await this.#enter(current, dataKey, record, versionstamp)) return null;
    // The record has no room for a third data key, if an earlier change could not be completed
    if (this.#keyring !== null && this.#keyring.length > 1) {
      await this.#completeChange(current, copy);
    }
    const { keyring } = this;
    if (keyring === null || keyring.length > 1) return null;
    const bad = await findDamaged(keyring, await allRows("read keys", store, places));
    if (bad === undefined) return { dataKey: copy, versionstamp: this.#versionstamp };
    throw damaged(
      label,
      `${
        bad.key.at(-2) === "der" ? "certificate" : "key"
      } ${bad.name} is damaged, and cannot be encrypted anew; restore or delete it, then change the password`,
    );
  }
}

function ignoreNssError(error: unknown): void {
  if (!(error instanceof NssError)) throw error;
}
