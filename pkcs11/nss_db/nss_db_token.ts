// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertDB } from "../../cert/db/cert_db.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { generateKeyPair, type KeyPairType } from "../keys/generate_key_pair.ts";
import { importPrivateKey } from "../keys/import_private_key.ts";
import { MECHANISMS } from "../token/mechanisms.ts";
import { exportPkcs8 } from "../keys/private_key.ts";
import {
  type ImportableKey,
  type KeyQuery,
  type LoginHandler,
  requireLogin,
  type StoreKeyOptions,
  type Token,
  type TokenInfo,
  type TokenKey,
  type TokenKeyPair,
  type TokenMechanism,
  type TokenOptions,
} from "../token/token.ts";
import { NssCertStore } from "./cert_store.ts";
import { changePassword } from "./change_password.ts";
import { makePasswordRecord, NssDbCore, PASSWORD_RECORD } from "./core.ts";
import { NssDbFiles } from "./files.ts";
import { cannotMove, NssKeyStore, type StoredKey } from "./key_store.ts";
import { writeModules } from "./module_file.ts";
import { OLD_SALT_LENGTH } from "./sealing.ts";

/** How {@linkcode openNssDb} opens a database. */
export interface OpenNssDbOptions {
  /** Whether it may be changed; `false` by default, as `NSS_Init`. */
  readonly readWrite?: boolean;
  /** Whether it is made where it is missing; `false` by default. */
  readonly create?: boolean;
  /** The password of a database that is made; empty by default. */
  readonly password?: string;
  /** What stands before `cert9.db`; nothing by default. */
  readonly certPrefix?: string;
  /** What stands before `key4.db`; nothing by default. */
  readonly keyPrefix?: string;
  /** What people call the token, `NSS Certificate DB` by default. */
  readonly label?: string;
}

/** The name of the token of NSS's own databases. */
export const NSS_DB_LABEL = "NSS Certificate DB";

/**
 * Opens an NSS database: `cert9.db` and `key4.db` in a folder.
 *
 * Other programs, as certutil, may use it at the same time. Private keys are decrypted into WebCrypto, from where
 * they cannot be taken out.
 *
 * @param directory The folder.
 * @param options Whether it is to be changed or made.
 * @returns The token. It is logged in if its password is empty.
 * @throws {NssError} `PR_FILE_NOT_FOUND_ERROR` if it is not there, `SEC_ERROR_LEGACY_DATABASE` if it is of the old
 * `dbm:` form, `SEC_ERROR_BAD_DATABASE` if it is damaged or of a newer form, `SEC_ERROR_READ_ONLY` if it cannot be
 * changed and should be, `PR_NO_ACCESS_RIGHTS_ERROR` if a permission is missing.
 *
 * @example Usage
 * ```ts
 * import { openNssDb } from "@nss/nss/pkcs11/nss-db";
 * import { createCertificate, importCert } from "@nss/nss/cert";
 * import { assertExists } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * const token = await openNssDb(directory, { readWrite: true, create: true });
 * const pair = await token.generateKeyPair("ec-p256");
 * const certificate = await createCertificate({ ...pair, dnsNames: ["localhost"] });
 * await importCert(token.certificates, certificate, { nickname: "server", trust: "P,," });
 * assertExists(await token.findKey(certificate));
 *
 * await token.close();
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function openNssDb(
  directory: string,
  options: OpenNssDbOptions = {},
): Promise<NssDbToken> {
  const { readWrite = false, create = false, certPrefix = "", keyPrefix = "" } = options;
  const files = await NssDbFiles.open(directory, {
    isReadOnly: !readWrite && !create,
    create,
    certPrefix,
    keyPrefix,
  });
  const core = new NssDbCore(files, options.label ?? NSS_DB_LABEL);
  try {
    if (create) {
      await givePassword(core, options.password ?? "");
      await writeModules(files.directory, { certPrefix, keyPrefix });
    }
    await core.snapshot();
  } catch (error) {
    await core.close();
    throw error;
  }
  return new NssDbToken(core);
}

/** Of two who make the same database at once, the password of one counts. */
async function givePassword(core: NssDbCore, password: string): Promise<void> {
  await core.write(async (snapshot) => {
    if (snapshot.metadata.has(PASSWORD_RECORD)) return () => {};
    const { record, key } = await makePasswordRecord(OLD_SALT_LENGTH, password);
    key.destroy();
    return (writer) => writer.putMetadata(PASSWORD_RECORD, record);
  });
}

/** A token whose keys and certificates are in an NSS database; {@linkcode openNssDb} opens one. */
export class NssDbToken implements Token {
  /** What people call it. */
  readonly label: string;
  /** Its certificates with their trust. */
  readonly certificates: CertDB;
  /** Who logs it in. */
  loginHandler: LoginHandler | null = null;
  readonly #core: NssDbCore;
  readonly #keys: NssKeyStore;
  #closed = false;

  /**
   * Makes a token of an open database.
   *
   * @param core The database.
   */
  constructor(core: NssDbCore) {
    this.label = core.label;
    this.#core = core;
    this.#keys = new NssKeyStore(core);
    this.certificates = new NssCertStore(core, (what, options) => this.#ensureLogin(what, options));
  }

  /** The folder. */
  get directory(): string {
    return this.#core.files.directory;
  }

  /** Whether its keys are within reach. */
  get isLoggedIn(): boolean {
    return this.#core.session !== null;
  }

  /**
   * Tells what it is and in which state.
   *
   * @returns The answer of the moment.
   */
  async describe(): Promise<TokenInfo> {
    const snapshot = await this.#core.snapshot();
    return {
      label: this.label,
      // As softoken says it, so that the URIs of NSS's tools lead here
      manufacturer: "Mozilla Foundation",
      model: "NSS 3",
      serialNumber: "0000000000000000",
      isReadOnly: this.#core.files.isReadOnly,
      isInitialized: snapshot.metadata.has(PASSWORD_RECORD),
      needsLogin: this.#core.needsLogin,
      hasProtectedAuthPath: false,
      isFinalTry: false,
      isLocked: false,
    };
  }

  /**
   * Lists what it can do.
   *
   * @returns The mechanisms of WebCrypto with RSA and EC keys.
   */
  mechanisms(): Promise<readonly TokenMechanism[]> {
    return Promise.resolve(MECHANISMS.filter(({ name }) => /RSA|_EC_KEY|ECDSA/.test(name)));
  }

  /**
   * Tries a password.
   *
   * @param password The password.
   * @returns Whether it is right.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if the record of it is damaged.
   */
  login(password: string | null): Promise<boolean> {
    return this.#core.login(password ?? "");
  }

  /**
   * Puts its keys out of reach, unless the password is empty.
   *
   * @returns When it has happened.
   */
  logout(): Promise<void> {
    this.#core.logout();
    return Promise.resolve();
  }

  /**
   * Changes the password. All keys are encrypted anew; if any of them, or trust, is damaged, nothing changes.
   *
   * @param current The current one; `null` if there is none.
   * @param next The new one.
   * @throws {NssError} `SEC_ERROR_BAD_PASSWORD` if the current one is wrong, `SEC_ERROR_BAD_DATABASE`,
   * `SEC_ERROR_READ_ONLY`.
   */
  async changePassword(current: string | null, next: string): Promise<void> {
    await changePassword(this.#core, current, next);
  }

  /**
   * Lists the private keys, for which no password is needed.
   *
   * @returns The keys.
   */
  async listKeys(): Promise<readonly TokenKey[]> {
    return (await this.#keys.list()).map(describe);
  }

  /**
   * Finds a private key.
   *
   * @param which Which one.
   * @param options What the password function is handed.
   * @returns The key, or `undefined` if it is not here.
   */
  async findKey(which: KeyQuery, options: TokenOptions = {}): Promise<PrivateKey | undefined> {
    if (await this.#keys.find(which) === undefined) return undefined;
    await this.#ensureLogin("use private key", options);
    return await this.#keys.open(which);
  }

  /**
   * Makes a key pair and stores it.
   *
   * @param type What kind of keys: RSA or EC.
   * @param options What people call it.
   * @returns The pair.
   * @throws {NssError} `SEC_ERROR_KEYGEN_FAIL`, `SEC_ERROR_READ_ONLY`.
   */
  async generateKeyPair(
    type: KeyPairType = "ec-p256",
    options: StoreKeyOptions = {},
  ): Promise<TokenKeyPair> {
    this.#demandWritable("generate key pair");
    if (!/^(?:ec|rsa)-/.test(type)) {
      throw new NssError(
        "SEC_ERROR_KEYGEN_FAIL",
        `Cannot generate key pair: NSS databases hold RSA and EC keys, none of ${type}`,
      );
    }
    await this.#ensureLogin("generate key pair", options);
    const pair = await generateKeyPair(type, { extractable: true });
    const stored = await this.#keys.store(
      await pair.exportPkcs8(),
      pair.publicKey,
      options.label ?? null,
    );
    const privateKey = await this.#keys.open(pair.publicKey);
    if (privateKey === undefined) {
      throw new NssError(
        "SEC_ERROR_NO_KEY",
        "Cannot read the generated key: another program has removed it",
      );
    }
    return { ...stored, algorithm: privateKey.algorithm, publicKey: pair.publicKey, privateKey };
  }

  /**
   * Stores a private key.
   *
   * @param key The key.
   * @param options What people call it.
   * @returns What is stored now.
   * @throws {NssError} As {@linkcode Token.importKey} says.
   */
  async importKey(key: ImportableKey, options: StoreKeyOptions = {}): Promise<TokenKey> {
    this.#demandWritable("import private key");
    const imported = await importPrivateKey(key, { extractable: true });
    await this.#ensureLogin("import private key", options);
    const pkcs8 = await exportPkcs8(imported).catch((cause) => {
      throw cannotMove(cause);
    });
    const { publicKey } = imported;
    if (publicKey === undefined) throw cannotMove(undefined);
    const stored = await this.#keys.store(pkcs8, publicKey, options.label ?? null);
    const now = await this.#keys.find(publicKey);
    return now === undefined ? stored : describe(now);
  }

  /**
   * Removes a private key and its public half, and leaves certificates.
   *
   * @param which Which one.
   * @param options What the password function is handed.
   * @returns Whether it was here.
   * @throws {NssError} `SEC_ERROR_READ_ONLY`.
   */
  async deleteKey(which: KeyQuery, options: TokenOptions = {}): Promise<boolean> {
    this.#demandWritable("delete private key");
    if (await this.#keys.find(which) === undefined) return false;
    await this.#ensureLogin("delete private key", options);
    return await this.#keys.delete(which);
  }

  /**
   * Closes the files, after the writes that are under way.
   *
   * @returns When it has happened.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#core.close();
  }

  #demandWritable(what: string): void {
    if (!this.#core.files.isReadOnly) return;
    throw new NssError("SEC_ERROR_READ_ONLY", `Cannot ${what}: "${this.label}" is read-only`);
  }

  /** Another program may have changed the password, or taken it away. */
  async #ensureLogin(what: string, options: TokenOptions): Promise<void> {
    await this.#core.snapshot();
    await requireLogin(this, what, options);
  }
}

function describe({ id, label, algorithm, publicKey }: StoredKey): TokenKey {
  return { id, label, algorithm, ...(publicKey !== undefined && { publicKey }) };
}
