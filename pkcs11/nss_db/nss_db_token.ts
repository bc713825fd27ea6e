// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  isBoolean,
  isString,
  requireArgs,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import type { CertDB } from "../../cert/db/cert_db.ts";
import { BaseToken } from "../token/base_token.ts";
import { MECHANISMS } from "../token/mechanisms.ts";
import {
  isKeyQuery,
  type KeyQuery,
  TOKEN_OPTIONS,
  type TokenInfo,
  type TokenMechanism,
  type TokenOptions,
} from "../token/token.ts";
import type { TokenLogin } from "../token/token_login.ts";
import { NssCertStore } from "./cert_store.ts";
import { changePassword } from "./change_password.ts";
import { makePasswordRecord, NssDbCore, PASSWORD_RECORD } from "./core.ts";
import { type NssCrls, NssCrlStore } from "./crl_store.ts";
import { NssDbFiles } from "./files.ts";
import { NssKeyStore } from "./key_store.ts";
import { writeModules } from "./module_file.ts";
import { OLD_SALT_LENGTH } from "./sealing.ts";

/**
 * The options of {@linkcode openNssDb}.
 *
 * @category Databases and modules
 */
export interface OpenNssDbOptions {
  /** Whether the database may be changed; `false` by default, as in `NSS_Init`. */
  readonly readWrite?: boolean;
  /** Whether to create missing files and write to them; `false` by default. */
  readonly create?: boolean;
  /** The password of a created database; empty by default. */
  readonly password?: string;
  /** The prefix of `cert9.db`; empty by default. */
  readonly certPrefix?: string;
  /** The prefix of `key4.db`; empty by default. */
  readonly keyPrefix?: string;
  /** The label of the token; `NSS Certificate DB` by default. */
  readonly label?: string;
}

const SHAPE: Shape<OpenNssDbOptions> = {
  readWrite: isBoolean,
  create: isBoolean,
  password: isString,
  certPrefix: isString,
  keyPrefix: isString,
  label: isString,
};

/**
 * The label of the token of NSS's own databases.
 *
 * @category Databases and modules
 */
export const NSS_DB_LABEL = "NSS Certificate DB";

/**
 * Opens an NSS database: `cert9.db` and `key4.db` in a directory.
 *
 * Other programs, such as certutil, may use it concurrently. Private keys are decrypted and
 * imported into WebCrypto, from which they cannot be exported.
 *
 * Files of strangers are refused where they have what NSS does not make. But SQLite reads their
 * schema before anybody else, and a file can be made that keeps it busy for hours: open such ones
 * in a process that can be killed.
 *
 * @param directory The directory.
 * @param options Whether to write and to create missing files.
 * @returns The token, logged in if its password is empty.
 * @throws {NssError} `PR_FILE_NOT_FOUND_ERROR` if it does not exist, `SEC_ERROR_LEGACY_DATABASE` if
 * it has the old `dbm:` form, `SEC_ERROR_BAD_DATABASE` if it is damaged or of a later version,
 * `SEC_ERROR_READ_ONLY` if it is to be written and cannot be, `PR_NO_ACCESS_RIGHTS_ERROR` if a
 * permission is missing.
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
 *
 * @category Databases and modules
 */
export async function openNssDb(
  directory: string,
  options: OpenNssDbOptions = {},
): Promise<NssDbToken> {
  requireArgs("Cannot open NSS database", isString(directory, "directory"));
  options = takeOptions("Cannot open NSS database", options, SHAPE);
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
      await initializePassword(core, options.password ?? "");
      await writeModules(files.directory, { certPrefix, keyPrefix });
    }
    await core.snapshot();
  } catch (error) {
    await core.close();
    throw error;
  }
  return new NssDbToken(core);
}

/**
 * Sets the password of a new database. If two programs create it concurrently, the first one sets
 * it.
 */
async function initializePassword(core: NssDbCore, password: string): Promise<void> {
  await core.write(async (snapshot) => {
    if (snapshot.metadata.has(PASSWORD_RECORD)) return () => {};
    const { record, key } = await makePasswordRecord(OLD_SALT_LENGTH, password);
    key.destroy();
    return (writer) => writer.putMetadata(PASSWORD_RECORD, record);
  });
}

/**
 * A token whose keys and certificates are in an NSS database; {@linkcode openNssDb} opens one.
 *
 * @category Databases and modules
 */
export class NssDbToken extends BaseToken {
  /** The certificates with their trust. */
  readonly certificates: CertDB;
  /** The CRLs. */
  readonly crls: NssCrls;
  readonly #core: NssDbCore;
  readonly #keys: NssKeyStore;

  /**
   * Creates a token.
   *
   * @param core The database.
   */
  constructor(core: NssDbCore) {
    const keys = new NssKeyStore(core);
    super({
      label: core.label,
      isReadOnly: core.files.isReadOnly,
      login: loginOf(core),
      keys,
      release: () => core.close(), // after pending writes
    });
    this.#core = core;
    this.#keys = keys;
    this.crls = new NssCrlStore(core);
    this.certificates = new NssCertStore(
      core,
      (what, options) => this.requireSession(what, options),
    );
  }

  /** The directory. */
  get directory(): string {
    return this.#core.files.directory;
  }

  /**
   * Describes the token and its state.
   *
   * @returns The description.
   */
  async describe(): Promise<TokenInfo> {
    const snapshot = await this.#core.snapshot();
    return this.infoOf({
      // The values of softoken, so that PKCS#11 URIs of NSS's tools match
      manufacturer: "Mozilla Foundation",
      model: "NSS 3",
      serialNumber: "0000000000000000",
      isInitialized: snapshot.metadata.has(PASSWORD_RECORD),
      needsLogin: this.#core.needsLogin,
    });
  }

  /**
   * Finds a private key in a form that can be exported, as by `exportPkcs12()`. Unlike what
   * `findKey()` returns, it can be used after a logout.
   *
   * @param which The key.
   * @param options The argument for the password function.
   * @returns The key, or `undefined` if the token does not have it.
   * @throws {NssError} `SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY` if the database marks it as not
   * extractable, `SEC_ERROR_NO_TOKEN` if the token is closed.
   */
  async extractKey(which: KeyQuery, options: TokenOptions = {}): Promise<PrivateKey | undefined> {
    const what = "extract private key";
    requireArgs(`Cannot ${what}`, isKeyQuery(which, "which"));
    options = takeOptions(`Cannot ${what}`, options, TOKEN_OPTIONS);
    this.checkOpen(what);
    return await this.#keys.extract(which, () => this.requireSession(what, options));
  }

  /**
   * Lists the mechanisms.
   *
   * @returns The mechanisms of WebCrypto with RSA and EC keys.
   */
  override mechanisms(): Promise<readonly TokenMechanism[]> {
    return Promise.resolve(MECHANISMS.filter(({ name }) => /RSA|_EC_KEY|ECDSA/.test(name)));
  }
}

/** Creates the login of a database, whose password another program may change at any time. */
function loginOf(core: NssDbCore): TokenLogin {
  return {
    get session() {
      return core.session;
    },
    get isLoggedIn() {
      return core.session !== null;
    },
    open: async () => {
      await core.snapshot();
      return core.session;
    },
    login: (password) => core.login(password ?? ""),
    logout: () => Promise.resolve(core.logout()),
    changePassword: (current, next) => changePassword(core, current, next),
  };
}
