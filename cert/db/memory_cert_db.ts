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
  recordMatches,
  type StoreCertOptions,
  takeQuery,
} from "./cert_db.ts";
import { NssError } from "../base/errors.ts";
import type { CertTrust } from "./trust_flags.ts";

/** The options of a {@linkcode MemoryCertDB}. */
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
 */
export class MemoryCertDB implements CertDB {
  /** The display name. */
  readonly name: string;
  /** Always `false`. */
  readonly isReadOnly: boolean = false;
  readonly #hasKey: (certificate: Certificate) => boolean | Promise<boolean>;
  /** By the encoding of the subject, because verification searches by it. */
  readonly #bySubject = new Map<string, Stored[]>();
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
    const candidates = own.subject === undefined
      ? [...this.#bySubject.values()].flat()
      : this.#bySubject.get(own.subject.toHex()) ?? [];
    const found = candidates.filter((r) => recordMatches({ ...r, hasKey: false }, own));
    return await Promise.all(found.map((record) => this.#recordOf(record)));
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
    const key = stored.certificate.subject.der.toHex();
    const others = (this.#bySubject.get(key) ?? [])
      .filter(({ certificate }) => !certificate.equals(stored.certificate));
    this.#bySubject.set(key, [...others, stored]);
    return this.#recordOf(stored);
  }

  #get(certificate: Certificate): Stored | undefined {
    return this.#bySubject.get(certificate.subject.der.toHex())
      ?.find((stored) => stored.certificate.equals(certificate));
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
      const key = certificate.subject.der.toHex();
      const left = this.#bySubject.get(key)!.filter((other) => other !== stored);
      if (left.length > 0) this.#bySubject.set(key, left);
      else this.#bySubject.delete(key);
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
