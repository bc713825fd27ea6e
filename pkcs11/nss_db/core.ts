// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import { ENCRYPTED } from "./attributes.ts";
import type { Commit, MetadataRow, NssDbFiles } from "./files.ts";
import { badMac, macName, PasswordKey } from "./sealing.ts";
import { Snapshot, View } from "./snapshot.ts";
import { damaged, type StoredObject } from "./values.ts";

/** The plaintext whose encryption in the password record lets NSS check a password. */
const PASSWORD_CHECK = new TextEncoder().encode("password-check");

/** The name of the password record in `metaData`. */
export const PASSWORD_RECORD = "password";

/**
 * The maximum number of reads of a value whose MAC is wrong: NSS commits values and MACs in
 * separate transactions.
 */
const MAX_READS = 3;
/** The pause before the second read in milliseconds; each further one is twice as long. */
const FIRST_PAUSE = 15;

/** The maximum number of logins for one operation, each of which a new password may end. */
const MAX_LOGINS = 8;

/**
 * Runs an operation that needs a login; again after another login if the first one ends meanwhile,
 * because another program has changed the password.
 *
 * @param login Logs in, unless that has been done.
 * @param run The operation, which may be repeated.
 * @returns Its result.
 * @throws {NssError} The error of `login` or `run`.
 */
export async function whileLoggedIn<T>(
  login: () => Promise<unknown>,
  run: () => Promise<T>,
): Promise<T> {
  for (let logins = 1;; logins++) {
    await login();
    try {
      return await run();
    } catch (error) {
      const isLoggedOut = error instanceof NssError &&
        error.name === "SEC_ERROR_TOKEN_NOT_LOGGED_IN";
      if (!isLoggedOut || logins === MAX_LOGINS) throw error;
    }
  }
}

/** A login, which lasts until the password changes. */
export interface Session {
  /** The key that encrypts and signs values. */
  readonly key: PasswordKey;
  /** The password record of its password. */
  readonly record: MetadataRow;
  /** The MACs that have been verified. */
  readonly verified: Set<string>;
}

/** A database with its login, shared by the stores of certificates and keys. */
export class NssDbCore {
  /** The files. */
  readonly files: NssDbFiles;
  /** The label of the token. */
  readonly label: string;
  #session: Session | null = null;
  #snapshot: Snapshot | null = null;
  readonly #views: Pick<View<unknown>, "follow">[] = [];
  /** The password record for which `#isEmpty` was computed. */
  #checkedRecord: MetadataRow | null = null;
  #isEmpty = false;

  /**
   * Creates a core.
   *
   * @param files The files.
   * @param label The label of the token.
   */
  constructor(files: NssDbFiles, label: string) {
    this.files = files;
    this.label = label;
  }

  /** The current login. */
  get session(): Session | null {
    return this.#session;
  }

  /**
   * Reads the database, unless it has not changed since the last call. Logs in if the password is
   * empty.
   *
   * @returns The contents.
   */
  async snapshot(): Promise<Snapshot> {
    const version = await this.files.version();
    const known = this.#snapshot;
    const snapshot = known?.version === version
      ? known
      : await this.files.read((reader) => this.#snapshot = Snapshot.read(reader, this.#snapshot));
    await this.#updateSession(snapshot.metadata.get(PASSWORD_RECORD));
    return snapshot;
  }

  /** Ends the login if the password has changed, and logs in if it is empty. */
  async #updateSession(record: MetadataRow | undefined): Promise<void> {
    if (this.#session !== null && !isSame(this.#session.record, record)) this.#end();
    if (record === undefined || isSame(this.#checkedRecord, record)) return;
    const key = await checkPassword(record, "");
    this.#checkedRecord = record;
    this.#isEmpty = key !== null;
    if (key === null) return;
    if (this.#session === null) this.#begin(key, record);
    else key.destroy();
  }

  #begin(key: PasswordKey, record: MetadataRow): void {
    this.#session = { key, record, verified: new Set() };
  }

  #end(): void {
    this.#session?.key.destroy();
    this.#session = null;
  }

  /**
   * Tries a password.
   *
   * @param password The password.
   * @returns Whether it is right.
   * @throws {NssError} `SEC_ERROR_TOKEN_NOT_LOGGED_IN` if the database has none,
   * `SEC_ERROR_BAD_DATABASE`.
   */
  async login(password: string): Promise<boolean> {
    const record = (await this.snapshot()).metadata.get(PASSWORD_RECORD);
    if (record === undefined) {
      throw new NssError(
        "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
        `Cannot log in to token "${this.label}": it has no password yet; changePassword() gives it one`,
      );
    }
    const key = await checkPassword(record, password);
    if (key === null) return false;
    if (this.#session === null) this.#begin(key, record);
    else key.destroy();
    return true;
  }

  /** Ends the login, unless the password is empty. */
  logout(): void {
    if (!this.#isEmpty) this.#end();
  }

  /** Closes the files and ends the login. */
  async close(): Promise<void> {
    await this.files.close(); // after pending writes, which need the login
    this.#end();
    this.#snapshot = null;
  }

  /** Whether a login needs a password that is not empty. */
  get needsLogin(): boolean {
    return this.#checkedRecord !== null && !this.#isEmpty;
  }

  /**
   * Returns the login, which a write needs.
   *
   * @returns The login.
   * @throws {NssError} `SEC_ERROR_TOKEN_NOT_LOGGED_IN` if it has ended.
   */
  demandSession(): Session {
    if (this.#session !== null) return this.#session;
    throw new NssError(
      "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
      `Cannot use token "${this.label}": it is not logged in`,
    );
  }

  /**
   * Reads and checks a snapshot. After an error of the database it reads again, because another
   * program may be writing.
   *
   * @param read Reads and checks the snapshot.
   * @returns Its result.
   */
  async settled<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    for (let reads = 1, pause = FIRST_PAUSE;; reads++, pause *= 2) {
      const snapshot = await this.snapshot();
      try {
        return await read(snapshot);
      } catch (error) {
        const isDamage = error instanceof NssError && error.name === "SEC_ERROR_BAD_DATABASE";
        if (!isDamage || reads === MAX_READS) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /**
   * Writes; see {@linkcode NssDbFiles.write}. The next snapshot is made of what has been written.
   *
   * @param prepare Computes the write from a snapshot.
   * @returns The result of the commit.
   */
  write<T>(prepare: (snapshot: Snapshot) => Promise<Commit<T>>): Promise<T> {
    return this.files.write(() =>
      this.settled(async (snapshot) => {
        const commit = await prepare(snapshot);
        return (writer) => {
          const result = commit(writer);
          const { version, changes } = writer.written();
          // Kept before the COMMIT, without which its version never comes
          const next = snapshot.next(version, changes);
          for (const view of this.#views) view.follow(snapshot, next, changes);
          this.#snapshot = next;
          return result;
        };
      })
    );
  }

  /** Makes what is computed of snapshots; see {@linkcode View}. */
  view<T>(...rules: ConstructorParameters<typeof View<T>>): View<T> {
    const view = new View<T>(...rules);
    this.#views.push(view);
    return view;
  }

  /**
   * Verifies the MAC of an attribute that is not encrypted.
   *
   * @param session The login.
   * @param snapshot The snapshot of the object, with its MACs.
   * @param file The database of the object.
   * @param object The object.
   * @param attribute The attribute. If it is missing, it must have no MAC.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if the MAC is missing or wrong.
   */
  async verifyMac(
    session: Session,
    snapshot: Snapshot,
    file: "cert" | "key",
    object: StoredObject,
    attribute: number,
  ): Promise<void> {
    const value = object.get(attribute);
    if (value !== undefined) {
      await this.#verify(session, snapshot, file, object, attribute, value);
    } else if (snapshot.metadata.has(macName(file, object.id, attribute))) {
      throw badMac(object.id, attribute, "is missing, and was protected by a MAC");
    }
  }

  async #verify(
    session: Session,
    snapshot: Snapshot,
    file: "cert" | "key",
    object: StoredObject,
    attribute: number,
    value: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { id } = object;
    const name = macName(file, id, attribute);
    const mac = snapshot.metadata.get(name)?.item1;
    if (mac === undefined) throw badMac(id, attribute, "is not protected by a MAC");
    const isEncrypted = file === "key" && ENCRYPTED.has(attribute);
    const memo = isEncrypted ? null : `${name} ${toHex(value)} ${toHex(mac)}`;
    if (memo !== null && session.verified.has(memo)) return;
    if (!await session.key.verify(mac, isEncrypted ? 0 : id, attribute, value)) {
      throw badMac(id, attribute, "has a wrong MAC");
    }
    if (memo !== null) session.verified.add(memo);
  }

  /**
   * Decrypts an attribute of an object in key4.db and verifies its MAC.
   *
   * @param session The login.
   * @param snapshot The snapshot of the object, with its MACs.
   * @param object The object.
   * @param attribute The attribute.
   * @returns The value; secret.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is missing or damaged.
   */
  async decrypt(
    session: Session,
    snapshot: Snapshot,
    object: StoredObject,
    attribute: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { plaintext, isLegacy } = await session.key.decrypt(object.need(attribute));
    if (plaintext === null) throw badMac(object.id, attribute, "cannot be decrypted");
    // NSS before 3.49 stored no MACs of encrypted values
    if (!isLegacy) await this.#verify(session, snapshot, "key", object, attribute, plaintext);
    return plaintext;
  }
}

function isSame(a: MetadataRow | null, b: MetadataRow | undefined): boolean {
  if (a === null || b === undefined || a.item2 === undefined || b.item2 === undefined) return false;
  return bytesEqual(a.item1, b.item1) && bytesEqual(a.item2, b.item2);
}

/**
 * Checks a password.
 *
 * @param record The password record.
 * @param password The password.
 * @returns The key that decrypts values, or `null` if the password is wrong.
 * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if the record is malformed.
 */
export async function checkPassword(
  record: MetadataRow,
  password: string,
): Promise<PasswordKey | null> {
  const { item1: salt, item2 } = record;
  if (item2 === undefined || salt.length === 0 || salt.length > 64) {
    throw damaged("the record of the password is malformed");
  }
  const key = await PasswordKey.derive(salt, password);
  const { plaintext } = await key.decrypt(item2);
  if (plaintext !== null && bytesEqual(plaintext, PASSWORD_CHECK)) return key;
  key.destroy();
  return null;
}

/**
 * Creates a password record.
 *
 * @param saltLength The length of the salt, 20 or 48 bytes.
 * @param password The password.
 * @returns The record, and the key that encrypts values.
 */
export async function makePasswordRecord(
  saltLength: number,
  password: string,
): Promise<{ readonly record: MetadataRow; readonly key: PasswordKey }> {
  const salt = crypto.getRandomValues(new Uint8Array(saltLength));
  const key = await PasswordKey.derive(salt, password);
  return { record: { item1: salt, item2: await key.encrypt(PASSWORD_CHECK) }, key };
}
