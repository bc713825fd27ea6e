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

/**
 * The database of a context, whose tokens come and go: the combination of what is there at the
 * moment.
 */
export class ContextCertDB implements CertDB {
  readonly #sources: () => readonly (CertSource | CertDB)[];
  #combined: readonly (CertSource | CertDB)[] = [];
  #current: CertDB;

  /**
   * Creates the database.
   *
   * @param sources Gives the sources of the moment, the most important first.
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

  /** What people call it: the name of the first source. */
  get name(): string {
    return this.#db.name;
  }

  /** Whether writes fail. */
  get isReadOnly(): boolean {
    return this.#db.isReadOnly;
  }

  /** Why there is less than there should be. */
  get problem(): NssError | null {
    return this.#db.problem ?? null;
  }

  /**
   * Looks for certificates in all sources.
   *
   * @param query What must be the same.
   * @param options What a token may need.
   * @returns Every record that fits.
   */
  find(query: CertQuery, options?: CertFindOptions): Promise<readonly CertRecord[]> {
    return this.#db.find(query, options);
  }

  /**
   * Stores a certificate in the first source that can be written.
   *
   * @param certificate The certificate.
   * @param options What it is stored with.
   * @returns What is stored now.
   */
  importCert(certificate: Certificate, options?: StoreCertOptions): Promise<CertRecord> {
    return this.#db.importCert(certificate, options);
  }

  /**
   * Removes a certificate from all sources that can be written.
   *
   * @param certificate The certificate.
   * @param options What a token may need.
   * @returns Whether it was there.
   */
  deleteCert(certificate: Certificate, options?: CertFindOptions): Promise<boolean> {
    return this.#db.deleteCert(certificate, options);
  }

  /**
   * Changes how far a certificate is trusted.
   *
   * @param certificate The certificate.
   * @param trust How far.
   * @param options What a token may need.
   * @returns What is stored now.
   */
  setTrust(
    certificate: Certificate,
    trust: CertTrust | null,
    options?: CertFindOptions,
  ): Promise<CertRecord> {
    return this.#db.setTrust(certificate, trust, options);
  }
}
