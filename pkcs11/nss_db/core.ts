// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import { NssError } from "../../cert/base/errors.ts";
import { CKA, CKO, ENCRYPTED } from "./attributes.ts";
import type { Commit, MetadataRow, NssDbFiles, NssDbReader } from "./files.ts";
import { badMac, macName, PasswordKey } from "./sealing.ts";
import { damaged, type StoredObject } from "./values.ts";

/** What NSS encrypts to know the password again. */
const PASSWORD_CHECK = new TextEncoder().encode("password-check");

/** The name of the password's row in `metaData`. */
export const PASSWORD_RECORD = "password";

/**
 * How often a value whose MAC is wrong is read again: NSS commits values and MACs one after the
 * other.
 */
const MAX_LOOKS = 3;
const FIRST_PAUSE = 15;

/** All that this package reads of a database, at one moment. */
export interface Snapshot {
  /** Changes with each write. */
  readonly version: string;
  /** The ids of all objects. */
  readonly ids: ReadonlySet<number>;
  /** The certificates. */
  readonly certificates: readonly StoredObject[];
  /** Trust in the form of NSS before 3.114. */
  readonly oldTrust: readonly StoredObject[];
  /** Trust in the form of PKCS#11 3.2. */
  readonly newTrust: readonly StoredObject[];
  /** The public keys. */
  readonly publicKeys: readonly StoredObject[];
  /** Everything in key4.db. */
  readonly secrets: readonly StoredObject[];
  /** The password record and the MACs. */
  readonly metadata: ReadonlyMap<string, MetadataRow>;
}

/** A login, which lasts until the password changes. */
export interface Session {
  /** What encrypts. */
  readonly key: PasswordKey;
  /** The record of the password that it is for. */
  readonly record: MetadataRow;
  /** What was checked already: the MACs that are right. */
  readonly verified: Set<string>;
}

/** A database with its login: what certificates and keys share. */
export class NssDbCore {
  /** The files. */
  readonly files: NssDbFiles;
  /** What people call the token. */
  readonly label: string;
  #session: Session | null = null;
  #snapshot: Snapshot | null = null;
  /** The record of which is known whether the password is empty. */
  #known: MetadataRow | null = null;
  #isEmpty = false;

  /**
   * Creates a core.
   *
   * @param files The files.
   * @param label What people call the token.
   */
  constructor(files: NssDbFiles, label: string) {
    this.files = files;
    this.label = label;
  }

  /** The login of the moment. */
  get session(): Session | null {
    return this.#session;
  }

  /**
   * Reads the database, unless nothing has been written since. Where the password is empty, logs
   * in.
   *
   * @returns What is in it.
   */
  async snapshot(): Promise<Snapshot> {
    const version = await this.files.version();
    const known = this.#snapshot;
    const snapshot = known?.version === version ? known : await this.files.read(takeSnapshot);
    this.#snapshot = snapshot;
    await this.#align(snapshot.metadata.get(PASSWORD_RECORD));
    return snapshot;
  }

  /** A password that has been changed ends the login; an empty one needs none. */
  async #align(record: MetadataRow | undefined): Promise<void> {
    if (this.#session !== null && !isSame(this.#session.record, record)) this.#end();
    if (record === undefined || isSame(this.#known, record)) return;
    const key = await checkPassword(record, "");
    this.#known = record;
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

  /** Ends the login for good. */
  async close(): Promise<void> {
    await this.files.close(); // after the writes that need the login
    this.#end();
    this.#snapshot = null;
  }

  /** Whether a password has to be given to log in. */
  get needsLogin(): boolean {
    return this.#known !== null && !this.#isEmpty;
  }

  /**
   * Gives the login that a write needs.
   *
   * @returns The login.
   * @throws {NssError} `SEC_ERROR_TOKEN_NOT_LOGGED_IN` if it has ended meanwhile.
   */
  demandSession(): Session {
    if (this.#session !== null) return this.#session;
    throw new NssError(
      "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
      `Cannot use token "${this.label}": it is not logged in`,
    );
  }

  /**
   * Reads what MACs protect. A wrong one is looked at again: another program may be about to write.
   *
   * @param read Reads and checks.
   * @returns What it returns.
   */
  async settled<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    for (let look = 1, pause = FIRST_PAUSE;; look++, pause *= 2) {
      const snapshot = await this.snapshot();
      try {
        return await read(snapshot);
      } catch (error) {
        const isDamage = error instanceof NssError && error.name === "SEC_ERROR_BAD_DATABASE";
        if (!isDamage || look === MAX_LOOKS) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /**
   * Writes; see {@linkcode NssDbFiles.write}.
   *
   * @param prepare Computes what is written from what is there.
   * @returns What the commit returned.
   */
  write<T>(prepare: (snapshot: Snapshot) => Promise<Commit<T>>): Promise<T> {
    return this.files.write(() => this.settled(prepare));
  }

  /**
   * Checks the MAC of an attribute in the clear.
   *
   * @param session The login.
   * @param snapshot Where the MAC is.
   * @param file Which database the object is in.
   * @param object The object.
   * @param attribute The attribute; one that is missing must have no MAC.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if it is missing or wrong.
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
    const memo = isEncrypted ? null : `${name} ${value.toHex()} ${mac.toHex()}`;
    if (memo !== null && session.verified.has(memo)) return;
    if (!await session.key.verify(mac, isEncrypted ? 0 : id, attribute, value)) {
      throw badMac(id, attribute, "has a wrong MAC");
    }
    if (memo !== null) session.verified.add(memo);
  }

  /**
   * Decrypts an attribute of an object in key4.db and checks its MAC.
   *
   * @param session The login.
   * @param snapshot Where the MAC is.
   * @param object The object.
   * @param attribute The attribute.
   * @returns Its value; secret.
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
    // The form before NSS 3.49 had none
    if (!isLegacy) await this.#verify(session, snapshot, "key", object, attribute, plaintext);
    return plaintext;
  }
}

function takeSnapshot(reader: NssDbReader): Snapshot {
  const classes = Map.groupBy(reader.objects("cert", []), (object) => classOf(object, "cert"));
  const ofClass = (value: number): StoredObject[] => classes.get(value) ?? [];
  const secrets = reader.objects("key", []);
  for (const object of secrets) classOf(object, "key");
  const objects = {
    certificates: ofClass(CKO.certificate),
    oldTrust: ofClass(CKO.nssTrust),
    newTrust: ofClass(CKO.trust),
    publicKeys: ofClass(CKO.publicKey),
    secrets,
  };
  const metadata = new Map(reader.allMetadata().map(({ name, ...row }) => [name, row]));
  return { version: reader.version, ids: reader.ids(), ...objects, metadata };
}

/** The most that PKCS#11 3.2 has of classes (`CKO_TRUST`), and those of NSS. */
const LAST_CLASS = 0xb;
const NSS_CLASSES = /^ce5343[0-9a-f]{2}$/;
/** `CKO_SECRET_KEY`, which key4.db holds besides private keys. */
const SECRET_KEY = 4;

/** Attributes that give away of which classes an object is. */
const TRAITS: readonly (readonly [attribute: number, classes: readonly number[]])[] = [
  [CKA.certificateType, [CKO.certificate]],
  [CKA.keyType, [CKO.publicKey, CKO.privateKey, SECRET_KEY]],
  [CKA.hashOfCertificate, [CKO.trust]],
  [CKA.nssSha1, [CKO.nssTrust]],
];

/**
 * An object whose class is damaged would be one that nobody finds: distrust must not get lost like
 * that.
 */
function classOf(object: StoredObject, file: "cert" | "key"): number {
  const value = object.ulong(CKA.class);
  const isKnown = value !== undefined &&
    (value <= LAST_CLASS || NSS_CLASSES.test(value.toString(16))) &&
    (file === "key") === [CKO.privateKey, SECRET_KEY].includes(value) &&
    TRAITS.every(([attribute, classes]) =>
      object.get(attribute) === undefined || classes.includes(value)
    );
  if (isKnown) return value;
  throw damaged(`object ${object.id} is of no class that it can be of`);
}

function isSame(a: MetadataRow | null, b: MetadataRow | undefined): boolean {
  if (a === null || b === undefined || a.item2 === undefined || b.item2 === undefined) return false;
  return bytesEqual(a.item1, b.item1) && bytesEqual(a.item2, b.item2);
}

/**
 * Checks a password.
 *
 * @param record The record of it.
 * @param password The password.
 * @returns What it decrypts with, or `null` if it is wrong.
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
 * Makes the record of a password.
 *
 * @param saltLength Which generation: 20 or 48 bytes.
 * @param password The password.
 * @returns The record, and what encrypts with it.
 */
export async function makePasswordRecord(
  saltLength: number,
  password: string,
): Promise<{ readonly record: MetadataRow; readonly key: PasswordKey }> {
  const salt = crypto.getRandomValues(new Uint8Array(saltLength));
  const key = await PasswordKey.derive(salt, password);
  return { record: { item1: salt, item2: await key.encrypt(PASSWORD_CHECK) }, key };
}
