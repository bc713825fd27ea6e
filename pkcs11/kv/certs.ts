// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import {
  type CertDB,
  type CertFindOptions,
  type CertQuery,
  type CertRecord,
  type CertSource,
  checkStorable,
  checkWritten,
  indexKeyOf,
  indexKeysOf,
  recordMatches,
  type StoreCertOptions,
  takeQuery,
} from "../../cert/db/cert_db.ts";
import { shown } from "../../cert/base/printable.ts";
import { Certificate } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { type CertTrust, TRUST_FLAGS } from "../../cert/db/trust_flags.ts";
import { keyIdOf } from "../keys/key_id.ts";
import { Index } from "../token/layers.ts";
import type { TokenOptions } from "../token/token.ts";
import type { KvLogin } from "./kv_login.ts";
import {
  isStoredCert,
  type Keyring,
  type KvPlaces,
  type RowKeys,
  signerOf,
  signRow,
  type StoredCert,
} from "./rows.ts";
import {
  CONFLICT,
  damaged,
  type KvRow,
  type KvStore,
  rowsUnder,
  withoutConflict,
  withStore,
} from "./store.ts";

/**
 * The maximum size of a certificate in bytes: that of a value of Deno KV less the rest of the
 * record.
 */
export const MAX_KV_CERTIFICATE_SIZE = 65_000;

/** The maximum number of attempts of a write that conflicts with those of other certificates. */
const MAX_CERT_CONFLICTS = 1000;

async function digestOf(der: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", der.slice())));
}

/** The properties of a token that {@linkcode KvCertDB} uses. */
export interface KvCertToken {
  /** The token's label. */
  readonly label: string;
  /** The store. */
  readonly store: KvStore;
  /** The locations of its rows. */
  readonly places: KvPlaces;
  /** The login, which has the keys of the MACs. */
  readonly login: KvLogin;
  /** Logs the token in, for writes. */
  readonly ensureLogin: (what: string, options: TokenOptions) => Promise<unknown>;
  /** Throws if the token is closed. */
  readonly checkOpen: (what: string) => void;
}

/** A row that has been read. */
interface KnownRow {
  readonly name: string;
  readonly versionstamp: string | null;
  /** What is stored; `null` if it is no certificate, or not that of its location. */
  readonly content: { readonly certificate: Certificate; readonly stored: StoredCert } | null;
  /** The keys whose MAC it has, as far as that has been verified. */
  signer: RowKeys | null;
}

/** The rows of all certificates, as long as neither they nor the password change. */
interface Listed {
  /** The versionstamps of both. */
  readonly version: string;
  /** The rows by what imports ask of them. */
  readonly rows: Index<KnownRow>;
}

/**
 * Computes the value of a row without its MAC, from what is there and the revision of all; `null`
 * to delete it, `undefined` to leave it as it is.
 */
type Prepare = (
  row: KnownRow | null,
  revision: string | null,
) => Promise<Omit<StoredCert, "mac"> | null | undefined>;

/** The result of a search. */
interface Found {
  readonly records: readonly CertRecord[];
  /** The names of matching rows whose MAC is wrong. */
  readonly forged: readonly string[];
}

/**
 * Certificates and their trust in Deno KV, not encrypted.
 *
 * Each row has a MAC, which is verified while the token is logged in. Before, no trust that
 * somebody might have added is told: only what the row distrusts. `problem` says so, and names
 * damaged rows, which no search finds.
 *
 * @category Databases and modules
 */
export class KvCertDB implements CertDB {
  /** The label of the token. */
  readonly name: string;
  /** Always `false`. */
  readonly isReadOnly: boolean = false;
  readonly #token: KvCertToken;
  #lastWrite: Promise<unknown> = Promise.resolve();
  /** The rows of the last search, which are read again only if they have changed. */
  #known: ReadonlyMap<string, KnownRow> = new Map();
  /** What imports are checked against, which would otherwise each read all rows. */
  #listed: Listed | null = null;
  /** The damaged rows that searches have left out, with their versionstamps. */
  readonly #damaged = new Map<string, string | null>();
  #hasWithheldTrust = false;

  /**
   * Creates a view of the certificates of a token.
   *
   * @param token The token.
   */
  constructor(token: KvCertToken) {
    this.name = token.label;
    this.#token = token;
  }

  /** Why searches did not find all; see {@linkcode CertSource.problem}. */
  get problem(): NssError | null {
    const [name] = this.#damaged.keys();
    if (name !== undefined) return this.#damagedRow(name);
    const { keyring, problem } = this.#token.login;
    if (!this.#hasWithheldTrust || keyring !== null) return null;
    return problem ?? new NssError(
      "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
      `Cannot tell whom token "${this.name}" trusts before a login: only its password shows that the trust is genuine`,
    );
  }

  #damagedRow(name: string): NssError {
    return damaged(
      this.name,
      `certificate ${name} is damaged; delete it, or import it again with its trust`,
    );
  }

  /**
   * Finds certificates; see {@linkcode CertSource.find}. An empty query leaves damaged rows out.
   *
   * @param query The query.
   * @returns All matching records.
   * @throws {NssError} `SEC_ERROR_BAD_DATABASE` if a matching row is damaged.
   */
  async find(query: CertQuery): Promise<readonly CertRecord[]> {
    query = takeQuery(query);
    this.#token.checkOpen("find certificates");
    const { records, forged: [forged] } = await this.#search(query);
    const isSpecific = Object.values(query).some((value) => value !== undefined);
    if (forged !== undefined && isSpecific) throw this.#damagedRow(forged);
    return records;
  }

  /** Searches, again if the rows are of another data key because the password has changed. */
  #search(query: CertQuery): Promise<Found> {
    const { login } = this.#token;
    return withoutConflict("find certificates", async () => {
      if (login.keyring === null && login.isLoggedIn) await login.refresh();
      const { keyring } = login;
      const rows = await this.#rowsFor(query);
      const found = await Promise.all(rows.map((row) => this.#recordOf(row, query, keyring)));
      const forged = rows.filter((_, i) => found[i] === "forged");
      if (forged.length > 0 && keyring !== null && await login.refresh()) return CONFLICT;
      for (const { name, versionstamp } of forged) this.#damaged.set(name, versionstamp);
      return {
        records: found.filter((record) => record !== null && record !== "forged"),
        forged: forged.map(({ name }) => name),
      };
    });
  }

  /** Reads the rows that may match. */
  async #rowsFor({ der }: CertQuery): Promise<readonly KnownRow[]> {
    const { store, places } = this.#token;
    if (der !== undefined) {
      const row = await this.#rowAt(await digestOf(der));
      return row === null ? [] : [row];
    }
    const stored = await rowsUnder("read certificates", store, places.certificates);
    const rows = await Promise.all(stored.map((row) => this.#read(row)));
    this.#known = new Map(rows.map((row) => [row.name, row]));
    for (const [name, versionstamp] of this.#damaged) {
      if (this.#known.get(name)?.versionstamp !== versionstamp) this.#damaged.delete(name);
    }
    for (const { name, versionstamp, content } of rows) {
      if (content === null) this.#damaged.set(name, versionstamp);
    }
    return rows.filter(({ content }) => content !== null);
  }

  /** Reads the row of a certificate; `null` if there is none. */
  async #rowAt(name: string): Promise<KnownRow | null> {
    const { store, places } = this.#token;
    const key = [...places.certificates, name];
    const { value, versionstamp } = await withStore("read certificates", () => store.get(key));
    return value === null ? null : await this.#read({ key, name, value, versionstamp });
  }

  async #read({ name, value, versionstamp }: KvRow): Promise<KnownRow> {
    const known = this.#known.get(name);
    if (known !== undefined && known.versionstamp === versionstamp) return known;
    const row: KnownRow = { name, versionstamp, content: null, signer: null };
    // The location is the digest, so that any change of the certificate is detected
    if (!isStoredCert(value) || name !== await digestOf(value.der)) return row;
    try {
      const certificate = Certificate.fromDer(value.der);
      return { ...row, content: { certificate, stored: value } };
    } catch (error) {
      if (error instanceof NssError) return row;
      throw error;
    }
  }

  /** Returns the record of a row, or `null` if it does not match. */
  async #recordOf(
    row: KnownRow,
    query: CertQuery,
    keyring: Keyring | null,
  ): Promise<CertRecord | "forged" | null> {
    if (row.content === null) return "forged"; // its location is that of the query
    const { certificate, stored: { nickname, trust } } = row.content;
    const record = { certificate, nickname, trust, hasKey: false, tokenName: this.name };
    if (!recordMatches(record, query)) return null;
    if (keyring !== null && !await this.#isAuthentic(row, keyring)) return "forged";
    const told = keyring === null ? distrustOf(trust) : trust;
    if (told !== trust) this.#hasWithheldTrust = true;
    return { ...record, trust: told, hasKey: await this.#hasKey(certificate) };
  }

  async #isAuthentic(row: KnownRow, keyring: Keyring): Promise<boolean> {
    if (row.content === null) return false;
    if (row.signer === null || !keyring.includes(row.signer)) {
      row.signer = await signerOf(keyring, row.name, row.content.stored);
    }
    return row.signer !== null;
  }

  async #hasKey(certificate: Certificate): Promise<boolean> {
    const { store, places } = this.#token;
    let id: Uint8Array;
    try {
      id = await keyIdOf(certificate.subjectPublicKeyInfo);
    } catch (error) {
      if (error instanceof NssError) return false; // the kind of key is not supported
      throw error;
    }
    const key = [...places.keys, toHex(id)];
    return (await withStore("read keys", () => store.get(key))).value !== null;
  }

  /**
   * Writes the row of a certificate, again after each write of others.
   *
   * Serialises writes, here and across processes: each write checks that no other has happened
   * since it began to read, and that the data key is the current one.
   *
   * @param what The attempted action.
   * @param certificate The certificate.
   * @param options The argument for the password function; `null` if no login is needed.
   * @param prepare Computes the value.
   */
  async #write(
    what: string,
    certificate: Certificate,
    options: TokenOptions | null,
    prepare: Prepare,
  ): Promise<void> {
    const { login, ensureLogin, checkOpen } = this.#token;
    const name = digestOf(certificate.der);
    await withoutConflict(what, async () => {
      const written = this.#lastWrite.then(async () => {
        checkOpen(what);
        if (options !== null) await ensureLogin(what, options);
        return await withStore(
          what,
          async () => await this.#tryWrite(certificate, await name, prepare),
        );
      });
      this.#lastWrite = written.catch(() => {});
      if (await written) return;
      if (login.keyring !== null) await login.refresh();
      return CONFLICT;
    }, MAX_CERT_CONFLICTS);
  }

  /** Returns whether the write is done; `false` if something else was written meanwhile. */
  async #tryWrite(certificate: Certificate, name: string, prepare: Prepare): Promise<boolean> {
    const { store, places: { certificates, revision }, login } = this.#token;
    const { versionstamp } = await store.get(revision);
    const value = await prepare(await this.#rowAt(name), versionstamp);
    if (value === undefined) return true;
    const key = [...certificates, name];
    const operation = store.atomic().check({ key: revision, versionstamp });
    let stored: StoredCert | null = null;
    if (value === null) operation.delete(key);
    else {
      if (login.keyring === null) return false; // logged out meanwhile
      const { keys, check } = login.writeAccess;
      stored = await signRow(keys, name, value);
      operation.check(check).set(key, stored);
    }
    const listed = this.#listed?.version === this.#versionAt(versionstamp) ? this.#listed : null;
    const { ok, versionstamp: next } = await operation.set(revision, crypto.randomUUID()).commit();
    if (!ok) return false;
    const content = stored && { certificate, stored };
    this.#listed = listed === null || next === undefined ? null : {
      version: this.#versionAt(next),
      rows: listed.rows.with(
        listed.rows.get(indexKeyOf({ der: certificate.der })!).filter((row) => row.name === name)
          .flatMap(indexed),
        indexed({ name, versionstamp: next, content, signer: null }),
      ),
    };
    return true;
  }

  #versionAt(revision: string | null): string {
    return `${revision} ${this.#token.login.passwordVersion}`;
  }

  /** Returns the intact certificates at a revision, which the write then checks. */
  async #sourceAt(revision: string | null): Promise<CertSource> {
    const version = this.#versionAt(revision);
    if (this.#listed?.version !== version) {
      this.#listed = { version, rows: Index.of((await this.#rowsFor({})).flatMap(indexed)) };
    }
    const { rows } = this.#listed;
    return {
      name: this.name,
      find: async (query) => {
        const key = indexKeyOf(query);
        if (key === null) return (await this.#search(query)).records;
        const { keyring } = this.#token.login;
        const found = await Promise.all(
          rows.get(key).map((row) => this.#recordOf(row, query, keyring)),
        );
        return found.filter((record) => record !== null && record !== "forged");
      },
    };
  }

  /**
   * Stores a certificate; see {@linkcode CertDB.importCert}.
   *
   * @param certificate The certificate.
   * @param options Its nickname and trust.
   * @returns The stored record.
   * @throws {NssError} As {@linkcode CertDB}; `SEC_ERROR_ADDING_CERT` if it has more bytes than a
   * value of Deno KV can (`docs/limits.md`), `SEC_ERROR_BAD_DATABASE` if it is stored and damaged,
   * unless its trust is given.
   */
  async importCert(certificate: Certificate, options: StoreCertOptions = {}): Promise<CertRecord> {
    const what = "import certificate";
    checkWritten(what, certificate, null);
    const { der } = certificate;
    this.#token.checkOpen(what);
    if (der.length > MAX_KV_CERTIFICATE_SIZE) {
      throw new NssError(
        "SEC_ERROR_ADDING_CERT",
        `Cannot import certificate: ${der.length} bytes are more than ${MAX_KV_CERTIFICATE_SIZE}`,
      );
    }
    await this.#write(what, certificate, options, async (row, revision) => {
      const { keyring } = this.#token.login;
      const isDamaged = row !== null && keyring !== null && !await this.#isAuthentic(row, keyring);
      // It may have been distrusted
      if (isDamaged && options.trust === undefined) throw this.#damagedRow(row.name);
      const checked = await checkStorable(
        await this.#sourceAt(revision),
        certificate,
        options,
      );
      return { der, ...checked };
    });
    return await this.#get(certificate, what);
  }

  async #get(certificate: Certificate, what: string): Promise<CertRecord> {
    const [record] = await this.find({ der: certificate.der });
    if (record !== undefined) return record;
    throw new NssError(
      "SEC_ERROR_UNKNOWN_CERT",
      `Cannot ${what}: certificate ${shown(certificate.subject)} is not in "${this.name}"`,
    );
  }

  /**
   * Deletes a certificate, also a damaged one; see {@linkcode CertDB.deleteCert}. It needs no
   * login.
   *
   * @param certificate The certificate.
   * @returns Whether it was stored.
   */
  async deleteCert(certificate: Certificate): Promise<boolean> {
    let wasThere = false;
    checkWritten("delete certificate", certificate, null);
    await this.#write("delete certificate", certificate, null, (row) => {
      wasThere = row !== null;
      return Promise.resolve(wasThere ? null : undefined);
    });
    return wasThere;
  }

  /**
   * Changes the trust of a certificate; see {@linkcode CertDB.setTrust}.
   *
   * @param certificate The certificate.
   * @param trust The trust; `null` to remove it.
   * @param options The argument for the password function.
   * @returns The stored record.
   * @throws {NssError} `SEC_ERROR_UNKNOWN_CERT` if it is not stored, `SEC_ERROR_BAD_DATABASE` if it
   * is damaged.
   */
  async setTrust(
    certificate: Certificate,
    trust: CertTrust | null,
    options: CertFindOptions = {},
  ): Promise<CertRecord> {
    const what = "set trust";
    checkWritten(what, certificate, trust);
    await this.#write(what, certificate, options, async () => {
      const { nickname } = await this.#get(certificate, what);
      return { der: certificate.der, nickname, trust };
    });
    return await this.#get(certificate, what);
  }
}

/** Returns a row with the keys of the index under which it is found; damaged ones under none. */
function indexed(row: KnownRow): (readonly [string, KnownRow])[] {
  if (row.content === null) return [];
  const { certificate, stored: { nickname } } = row.content;
  return indexKeysOf({ certificate, nickname }).map((key) => [key, row] as const);
}

/** Returns what a trust distrusts; `null` if nothing. */
function distrustOf(trust: CertTrust | null): CertTrust | null {
  if (trust === null) return null;
  const { terminalRecord, trusted } = TRUST_FLAGS;
  const columns = [trust.ssl, trust.email, trust.objectSigning];
  const [ssl = 0, email = 0, objectSigning = 0] = columns.map((flags) =>
    (flags & (terminalRecord | trusted)) === terminalRecord ? terminalRecord : 0
  );
  if (columns.every((flags, i) => flags === [ssl, email, objectSigning][i])) return trust;
  return ssl + email + objectSigning === 0 ? null : { ssl, email, objectSigning };
}
