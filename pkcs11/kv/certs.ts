// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type CertDB,
  type CertQuery,
  type CertRecord,
  checkStorable,
  matchesCertQuery,
  type StoreCertOptions,
} from "../../cert/db/cert_db.ts";
import { type Certificate, parseCertificate } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { CertTrust } from "../../cert/db/trust_flags.ts";
import { keyIdOf } from "../keys/key_id.ts";
import { type KvEntry, type KvKey, type KvStore, withStore } from "./store.ts";

/** What a value of Deno KV may have at most, less what surrounds a certificate. */
export const MAX_KV_CERTIFICATE_SIZE = 65_000;

/** How often a write is tried again because somebody else has written in between. */
const MAX_CONFLICTS = 1000;

/** A certificate as it is stored. */
interface StoredCert {
  readonly der: Uint8Array<ArrayBuffer>;
  readonly nickname: string | null;
  readonly trust: CertTrust | null;
}

function isStoredCert(value: unknown): value is StoredCert {
  const { der, nickname, trust } = (value ?? {}) as Partial<StoredCert>;
  return der instanceof Uint8Array && (nickname === null || typeof nickname === "string") &&
    (trust === null ||
      [trust?.ssl, trust?.email, trust?.objectSigning].every(Number.isInteger));
}

async function digestOf(der: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", der.slice())).toHex();
}

/** What a {@linkcode KvCertDB} needs of its token. */
export interface KvCertToken {
  /** The token's label. */
  readonly label: string;
  /** The store. */
  readonly store: KvStore;
  /** Where its certificates are. */
  readonly prefix: KvKey;
  /** Where the key with an id is. */
  readonly keyOf: (id: Uint8Array) => KvKey;
  /** Throws if the token is closed. */
  readonly checkOpen: (what: string) => void;
}

/** Certificates in Deno KV, in clear, with their trust. */
export class KvCertDB implements CertDB {
  /** What people call it. */
  readonly name: string;
  /** It can be written. */
  readonly isReadOnly: boolean = false;
  readonly #token: KvCertToken;
  #lastWrite: Promise<unknown> = Promise.resolve();

  /**
   * Creates a view of a store.
   *
   * @param token The token.
   */
  constructor(token: KvCertToken) {
    this.name = token.label;
    this.#token = token;
  }

  /**
   * Looks for certificates; see {@linkcode CertSource.find}.
   *
   * @param query What must be the same.
   * @returns Every record that fits.
   */
  async find(query: CertQuery): Promise<readonly CertRecord[]> {
    this.#token.checkOpen("find certificates");
    const { store, prefix } = this.#token;
    const entries = await withStore("read certificates", async () => {
      if (query.der !== undefined) return [await store.get(await this.#keyOf(query.der))];
      const entries: KvEntry[] = [];
      for await (const entry of store.list({ prefix: [...prefix, "der"] })) entries.push(entry);
      return entries;
    });
    const records = await Promise.all(entries.map((entry) => this.#recordOf(entry)));
    return records.filter((record) =>
      record !== null && matchesCertQuery(record, query)
    ) as CertRecord[];
  }

  async #keyOf(der: Uint8Array): Promise<KvKey> {
    return [...this.#token.prefix, "der", await digestOf(der)];
  }

  async #recordOf({ key, value }: KvEntry): Promise<CertRecord | null> {
    if (value === null) return null;
    // Its place is its digest, so that no bit of it can be another one
    if (!isStoredCert(value) || key.at(-1) !== await digestOf(value.der)) {
      throw new NssError(
        "SEC_ERROR_BAD_DATABASE",
        `Cannot read certificates of token "${this.name}": one of them is damaged`,
      );
    }
    const { der, nickname, trust } = value;
    const certificate = parseCertificate(der);
    return {
      certificate,
      nickname,
      trust,
      hasKey: await this.#hasKey(certificate),
      tokenName: this.name,
    };
  }

  async #hasKey(certificate: Certificate): Promise<boolean> {
    const { store, keyOf } = this.#token;
    let id: Uint8Array;
    try {
      id = await keyIdOf(certificate.subjectPublicKeyInfo);
    } catch (error) {
      if (error instanceof NssError) return false; // a kind of key that is not supported
      throw error;
    }
    return (await withStore("read keys", () => store.get(keyOf(id)))).value !== null;
  }

  /**
   * One write after another, here and in other processes: each demands that nobody has written
   * since it began to look.
   */
  #write<T>(
    what: string,
    prepare: () => Promise<{ key: KvKey; value: StoredCert | null } | null>,
    result: () => Promise<T>,
  ): Promise<T> {
    const written = this.#lastWrite.then(async () => {
      this.#token.checkOpen(what);
      const { store, prefix } = this.#token;
      const revision = [...prefix, "revision"];
      for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
        const isDone = await withStore(what, async () => {
          const { versionstamp } = await store.get(revision);
          const change = await prepare();
          if (change === null) return true;
          const { key, value } = change;
          const operation = store.atomic().check({ key: revision, versionstamp });
          if (value === null) operation.delete(key);
          else operation.set(key, value);
          return (await operation.set(revision, crypto.randomUUID()).commit()).ok;
        });
        if (isDone) return await result();
      }
      throw new NssError("SEC_ERROR_IO", `Cannot ${what}: others write all the time`);
    });
    this.#lastWrite = written.catch(() => {});
    return written;
  }

  /**
   * Stores a certificate; see {@linkcode CertDB.importCert}.
   *
   * @param certificate The certificate.
   * @param options What it is stored with.
   * @returns What is stored now.
   * @throws {NssError} As {@linkcode CertDB} says, and `SEC_ERROR_ADDING_CERT` if it has more than
   * {@linkcode MAX_KV_CERTIFICATE_SIZE} bytes.
   */
  importCert(certificate: Certificate, options: StoreCertOptions = {}): Promise<CertRecord> {
    return this.#write("import certificate", async () => {
      const { der } = certificate;
      if (der.length > MAX_KV_CERTIFICATE_SIZE) {
        throw new NssError(
          "SEC_ERROR_ADDING_CERT",
          `Cannot import certificate: ${der.length} bytes are more than ${MAX_KV_CERTIFICATE_SIZE}`,
        );
      }
      const checked = await checkStorable(this, certificate, options);
      return { key: await this.#keyOf(der), value: { der, ...checked } };
    }, () => this.#get(certificate, "import certificate"));
  }

  async #get(certificate: Certificate, what: string): Promise<CertRecord> {
    const [record] = await this.find({ der: certificate.der });
    if (record !== undefined) return record;
    throw new NssError(
      "SEC_ERROR_UNKNOWN_CERT",
      `Cannot ${what}: certificate "${certificate.subject}" is not in "${this.name}"`,
    );
  }

  /**
   * Removes a certificate; see {@linkcode CertDB.deleteCert}.
   *
   * @param certificate The certificate.
   * @returns Whether it was there.
   */
  deleteCert(certificate: Certificate): Promise<boolean> {
    let wasThere = false;
    return this.#write("delete certificate", async () => {
      wasThere = (await this.find({ der: certificate.der })).length > 0;
      return wasThere ? { key: await this.#keyOf(certificate.der), value: null } : null;
    }, () => Promise.resolve(wasThere));
  }

  /**
   * Changes how far a certificate is trusted; see {@linkcode CertDB.setTrust}.
   *
   * @param certificate The certificate.
   * @param trust How far; `null` to say nothing about that any more.
   * @returns What is stored now.
   * @throws {NssError} `SEC_ERROR_UNKNOWN_CERT` if it is not there.
   */
  setTrust(certificate: Certificate, trust: CertTrust | null): Promise<CertRecord> {
    const what = "set trust";
    return this.#write(what, async () => {
      const { nickname } = await this.#get(certificate, what);
      const { der } = certificate;
      return { key: await this.#keyOf(der), value: { der, nickname, trust } };
    }, () => this.#get(certificate, what));
  }
}
