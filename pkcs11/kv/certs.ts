// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type CertDB,
  type CertQuery,
  type CertRecord,
  checkStorable,
  matchesCertQuery,
  type StoreCertOptions,
} from "../../cert/db/cert_db.ts";
import { shown } from "../../cert/base/printable.ts";
import { type Certificate, parseCertificate } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { CertTrust } from "../../cert/db/trust_flags.ts";
import { keyIdOf } from "../keys/key_id.ts";
import { type KvEntry, type KvKey, type KvStore, withStore } from "./store.ts";

/**
 * The maximum size of a certificate in bytes: that of a value of Deno KV less the rest of the
 * record.
 */
export const MAX_KV_CERTIFICATE_SIZE = 65_000;

/** The maximum number of attempts of a write that conflicts with other writes. */
const MAX_CONFLICTS = 1000;

/** A stored certificate. */
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

/** The properties of a token that {@linkcode KvCertDB} uses. */
export interface KvCertToken {
  /** The token's label. */
  readonly label: string;
  /** The store. */
  readonly store: KvStore;
  /** The prefix of its certificates. */
  readonly prefix: KvKey;
  /** Returns the location of the private key with an id. */
  readonly keyOf: (id: Uint8Array) => KvKey;
  /** Throws if the token is closed. */
  readonly checkOpen: (what: string) => void;
}

/** Certificates and their trust in Deno KV, not encrypted. */
export class KvCertDB implements CertDB {
  /** The label of the token. */
  readonly name: string;
  /** Always `false`. */
  readonly isReadOnly: boolean = false;
  readonly #token: KvCertToken;
  #lastWrite: Promise<unknown> = Promise.resolve();

  /**
   * Creates a view of the certificates of a token.
   *
   * @param token The token.
   */
  constructor(token: KvCertToken) {
    this.name = token.label;
    this.#token = token;
  }

  /**
   * Finds certificates; see {@linkcode CertSource.find}.
   *
   * @param query The query.
   * @returns All matching records.
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
    // The location is the digest, so that any change of the certificate is detected
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
      if (error instanceof NssError) return false; // the kind of key is not supported
      throw error;
    }
    return (await withStore("read keys", () => store.get(keyOf(id)))).value !== null;
  }

  /**
   * Serialises writes, here and across processes: each write checks that no other has happened
   * since it began to read.
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
   * @param options Its nickname and trust.
   * @returns The stored record.
   * @throws {NssError} As {@linkcode CertDB}, and `SEC_ERROR_ADDING_CERT` if it has more than
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
      `Cannot ${what}: certificate ${shown(certificate.subject)} is not in "${this.name}"`,
    );
  }

  /**
   * Deletes a certificate; see {@linkcode CertDB.deleteCert}.
   *
   * @param certificate The certificate.
   * @returns Whether it was stored.
   */
  deleteCert(certificate: Certificate): Promise<boolean> {
    let wasThere = false;
    return this.#write("delete certificate", async () => {
      wasThere = (await this.find({ der: certificate.der })).length > 0;
      return wasThere ? { key: await this.#keyOf(certificate.der), value: null } : null;
    }, () => Promise.resolve(wasThere));
  }

  /**
   * Changes the trust of a certificate; see {@linkcode CertDB.setTrust}.
   *
   * @param certificate The certificate.
   * @param trust The trust; `null` to remove it.
   * @returns The stored record.
   * @throws {NssError} `SEC_ERROR_UNKNOWN_CERT` if it is not stored.
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
