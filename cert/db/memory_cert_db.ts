// Copyright 2026 the NSS for Deno authors. MIT license.

import { isFunction, isString, type Shape, takeOptions } from "../base/options.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { shown } from "../base/printable.ts";
import {
  type CertDB,
  type CertQuery,
  type CertRecord,
  checkStorable,
  checkWritten,
  indexKeyOf,
  indexKeysOf,
  recordMatches,
  type StoreCertOptions,
  takeQuery,
} from "./cert_db.ts";
import { NssError } from "../base/errors.ts";
import type { CertTrust } from "./trust_flags.ts";

/**
 * The options of a {@linkcode MemoryCertDB}.
 *
 * @category Certificate databases
 */
export interface MemoryCertDBOptions {
  /** The display name, `Memory` by default. */
  readonly name?: string;
  /** Returns whether the private key of a certificate is available; by default none is. */
  readonly hasKey?: (certificate: Certificate) => boolean | Promise<boolean>;
}

const SHAPE: Shape<MemoryCertDBOptions> = { name: isString, hasKey: isFunction };

type Stored = Omit<CertRecord, "hasKey">;

/**
 * A database of certificates in memory.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, findCertByNickname, importCert, MemoryCertDB } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const root = await createCertificate({ ...keys, subject: "CN=Example Root", isCa: true });
 * const db = new MemoryCertDB();
 * await importCert(db, root, { nickname: "root", trust: "CT,," });
 * assertEquals(await findCertByNickname(db, "root"), root);
 * ```
 *
 * @category Certificate databases
 */
export class MemoryCertDB implements CertDB {
  /** The display name. */
  readonly name: string;
  /** Always `false`. */
  readonly isReadOnly: boolean = false;
  readonly #hasKey: (certificate: Certificate) => boolean | Promise<boolean>;
  readonly #all = new Set<Stored>();
  readonly #index = new Map<string, readonly Stored[]>();
  #lastWrite: Promise<unknown> = Promise.resolve();

  /**
   * Creates an empty database.
   *
   * @param options The name, and how to find out about private keys.
   */
  constructor(options: MemoryCertDBOptions = {}) {
    const { name = "Memory", hasKey = () => false } = takeOptions(
      "Cannot make certificate database",
      options,
      SHAPE,
    );
    this.name = name;
    this.#hasKey = hasKey;
  }

  /**
   * Finds certificates; see {@linkcode CertSource.find}.
   *
   * @param query The query.
   * @returns All matching records.
   */
  async find(query: CertQuery): Promise<readonly CertRecord[]> {
    const own = takeQuery(query);
    const found = this.#candidates(own).filter((record) => recordMatches(record, own));
    return await Promise.all(found.map((record) => this.#recordOf(record)));
  }

  #candidates(query: CertQuery): readonly Stored[] {
    const key = indexKeyOf(query);
    return key === null ? [...this.#all] : this.#index.get(key) ?? [];
  }

  async #recordOf(stored: Stored): Promise<CertRecord> {
    return { ...stored, hasKey: await this.#hasKey(stored.certificate) };
  }

  /** Serializes writes, so that the result of a check still holds when the change is made. */
  #write<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(write);
    this.#lastWrite = result.catch(() => {});
    return result;
  }

  /**
   * Stores a certificate; see {@linkcode CertDB.importCert}.
   *
   * @param certificate The certificate.
   * @param options Its nickname and trust.
   * @returns The stored record.
   * @throws {NssError} See {@linkcode CertDB}.
   */
  importCert(certificate: Certificate, options: StoreCertOptions = {}): Promise<CertRecord> {
    return this.#write(async () => {
      const checked = await checkStorable(this, certificate, options);
      return await this.#put({ certificate, ...checked });
    });
  }

  #put(stored: Stored): Promise<CertRecord> {
    const old = this.#get(stored.certificate);
    if (old !== undefined) this.#remove(old);
    this.#all.add(stored);
    for (const key of indexKeysOf(stored)) {
      this.#index.set(key, [...this.#index.get(key) ?? [], stored]);
    }
    return this.#recordOf(stored);
  }

  #remove(stored: Stored): void {
    this.#all.delete(stored);
    for (const key of indexKeysOf(stored)) {
      const left = this.#index.get(key)?.filter((other) => other !== stored) ?? [];
      if (left.length > 0) this.#index.set(key, left);
      else this.#index.delete(key);
    }
  }

  #get(certificate: Certificate): Stored | undefined {
    return this.#candidates({ der: certificate.der })
      .find((stored) => stored.certificate.equals(certificate));
  }

  /**
   * Deletes a certificate; see {@linkcode CertDB.deleteCert}.
   *
   * @param certificate The certificate.
   * @returns Whether it was stored.
   */
  deleteCert(certificate: Certificate): Promise<boolean> {
    return this.#write(() => {
      checkWritten("delete certificate", certificate, null);
      const stored = this.#get(certificate);
      if (stored === undefined) return Promise.resolve(false);
      this.#remove(stored);
      return Promise.resolve(true);
    });
  }

  /**
   * Changes the trust of a certificate; see {@linkcode CertDB.setTrust}.
   *
   * @param certificate The certificate.
   * @param trust The trust; `null` to remove it.
   * @returns The stored record.
   * @throws {NssError} `SEC_ERROR_UNKNOWN_CERT` if the certificate is not stored.
   */
  setTrust(certificate: Certificate, trust: CertTrust | null): Promise<CertRecord> {
    return this.#write(() => {
      checkWritten("set trust", certificate, trust);
      const stored = this.#get(certificate);
      if (stored === undefined) {
        throw new NssError(
          "SEC_ERROR_UNKNOWN_CERT",
          `Cannot set trust: certificate ${shown(certificate.subject)} is not in "${this.name}"`,
        );
      }
      return this.#put({ ...stored, trust });
    });
  }
}
