// Copyright 2026 the NSS for Deno authors. MIT license.

import type {
  CertDB,
  CertFindOptions,
  CertQuery,
  CertRecord,
  CertSource,
  StoreCertOptions,
} from "../../cert/db/cert_db.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { combineCertSources } from "../../cert/db/combine_cert_sources.ts";
import type { NssError } from "../../cert/base/errors.ts";
import type { CertTrust } from "../../cert/db/trust_flags.ts";

/** The certificates of a context, combined from the sources that are present at each call. */
export class ContextCertDB implements CertDB {
  readonly #sources: () => readonly (CertSource | CertDB)[];
  #combined: readonly (CertSource | CertDB)[] = [];
  #current: CertDB;

  /**
   * Creates the database.
   *
   * @param sources Returns the current sources, in order of precedence.
   */
  constructor(sources: () => readonly (CertSource | CertDB)[]) {
    this.#sources = sources;
    this.#current = combineCertSources([]);
  }

  get #db(): CertDB {
    const sources = this.#sources();
    const known = this.#combined;
    if (sources.length !== known.length || sources.some((source, i) => source !== known[i])) {
      this.#combined = sources;
      this.#current = combineCertSources(sources);
    }
    return this.#current;
  }

  /** The name of the first source. */
  get name(): string {
    return this.#db.name;
  }

  /** Whether no source can be written. */
  get isReadOnly(): boolean {
    return this.#db.isReadOnly;
  }

  /** Why a source is incomplete; see {@linkcode CertSource.problem}. */
  get problem(): NssError | null {
    return this.#db.problem ?? null;
  }

  /**
   * Finds certificates in all sources.
   *
   * @param query The query.
   * @param options Options for tokens.
   * @returns All matching records.
   */
  find(query: CertQuery, options?: CertFindOptions): Promise<readonly CertRecord[]> {
    return this.#db.find(query, options);
  }

  /**
   * Stores a certificate in the first source that can be written.
   *
   * @param certificate The certificate.
   * @param options Its nickname and trust.
   * @returns The stored record.
   */
  importCert(certificate: Certificate, options?: StoreCertOptions): Promise<CertRecord> {
    return this.#db.importCert(certificate, options);
  }

  /**
   * Deletes a certificate from all sources that can be written.
   *
   * @param certificate The certificate.
   * @param options Options for tokens.
   * @returns Whether it was stored.
   */
  deleteCert(certificate: Certificate, options?: CertFindOptions): Promise<boolean> {
    return this.#db.deleteCert(certificate, options);
  }

  /**
   * Changes the trust of a certificate.
   *
   * @param certificate The certificate.
   * @param trust The trust; `null` to remove it.
   * @param options Options for tokens.
   * @returns The stored record.
   */
  setTrust(
    certificate: Certificate,
    trust: CertTrust | null,
    options?: CertFindOptions,
  ): Promise<CertRecord> {
    return this.#db.setTrust(certificate, trust, options);
  }
}
