// Copyright 2026 the NSS for Deno authors. MIT license.

import type {
  CertDB,
  CertFindOptions,
  CertQuery,
  CertRecord,
  CertSource,
  StoreCertOptions,
} from "./cert_db.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { NssError } from "../base/errors.ts";
import type { CertTrust } from "./trust_flags.ts";

/** What {@linkcode combineCertSources} takes besides the sources. */
export interface CombineCertSourcesOptions {
  /** What people call the whole; by default the name of the first source. */
  readonly name?: string;
}

/**
 * Makes one database of several, as a context of NSS has its own database, tokens and Mozilla's
 * roots.
 *
 * - A certificate that several have is one record: nickname and trust are those of the first that
 *   has any, the private key may be anywhere. So trust in the first overrides that of the built-in
 *   roots: `",,"` there takes a root's trust away, `"p,p,p"` distrusts it.
 * - Nicknames of the first stand as they are, those of others behind their name:
 *   `"token:nickname"`.
 * - Writes go to the first that can be written. Trust in a certificate that only others have is
 *   stored with a copy of it.
 * - A failure of one is a failure of all: it may be the one that knows of distrust.
 *
 * @param sources The sources, the most important first.
 * @param options The name of the whole.
 * @returns The database; it is read-only if all of the sources are.
 *
 * @example A root that is trusted no more
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   combineCertSources,
 *   createCertificate,
 *   formatTrust,
 *   importCert,
 *   MemoryCertDB,
 * } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const root = await createCertificate({ ...keys, subject: "CN=Example Root", isCa: true });
 * const roots = new MemoryCertDB({ name: "Roots" });
 * await importCert(roots, root, { nickname: "Example", trust: "C,," });
 *
 * const db = combineCertSources([new MemoryCertDB(), roots]);
 * const [before] = await db.find({ nickname: "Roots:Example" });
 * assertEquals(formatTrust(before!.trust!), "C,,");
 * await importCert(db, root, { nickname: "bad", trust: "p,p,p" });
 * const [after] = await db.find({ nickname: "bad" });
 * assertEquals(formatTrust(after!.trust!), "p,p,p");
 * ```
 */
export function combineCertSources(
  sources: readonly (CertSource | CertDB)[],
  options: CombineCertSourcesOptions = {},
): CertDB {
  return new CombinedCertDB(sources, options.name ?? sources[0]?.name ?? "None");
}

function isDB(source: CertSource | CertDB): source is CertDB {
  return "importCert" in source;
}

class CombinedCertDB implements CertDB {
  readonly name: string;
  readonly #sources: readonly (CertSource | CertDB)[];

  constructor(sources: readonly (CertSource | CertDB)[], name: string) {
    this.#sources = [...sources];
    this.name = name;
  }

  /** Asked anew each time: a token may be unlocked, or the first source opened for writing. */
  get #writable(): readonly CertDB[] {
    return this.#sources.filter(isDB).filter(({ isReadOnly }) => !isReadOnly);
  }

  get isReadOnly(): boolean {
    return this.#writable.length === 0;
  }

  get problem(): NssError | null {
    for (const { problem } of this.#sources) {
      if (problem !== undefined && problem !== null) return problem;
    }
    return null;
  }

  async find(query: CertQuery, options: CertFindOptions = {}): Promise<readonly CertRecord[]> {
    const found = await this.#findAll(query, options);
    // A certificate may be known elsewhere under no nickname or another, so what fits is asked for
    // again
    if (query.nickname === undefined || this.#sources.length < 2) return merge(found);
    const whole = await Promise.all(
      merge(found).map(async (record) => {
        const all = merge(await this.#findAll({ der: record.certificate.der }, options));
        const { nickname, tokenName: _, ...rest } = all[0] ?? record;
        return {
          ...rest,
          nickname: record.nickname ?? nickname,
          ...(record.tokenName !== undefined && { tokenName: record.tokenName }),
        };
      }),
    );
    return whole;
  }

  async #findAll(query: CertQuery, options: CertFindOptions): Promise<CertRecord[]> {
    const found = await Promise.all(this.#sources.map(async (source, i) => {
      const local = i === 0 ? query : withoutToken(query, source.name);
      if (local === null) return [];
      const records = await source.find(local, options);
      return i === 0
        ? records
        : records.map((record) => ({ ...record, tokenName: record.tokenName ?? source.name }));
    }));
    return found.flat();
  }

  #first(what: string): CertDB {
    const [db] = this.#writable;
    if (db === undefined) {
      throw new NssError("SEC_ERROR_READ_ONLY", `Cannot ${what}: "${this.name}" is read-only`);
    }
    return db;
  }

  async importCert(
    certificate: Certificate,
    options: StoreCertOptions = {},
  ): Promise<CertRecord> {
    return await this.#first("import certificate").importCert(certificate, options);
  }

  async deleteCert(certificate: Certificate, options: CertFindOptions = {}): Promise<boolean> {
    this.#first("delete certificate");
    const deleted = await Promise.all(
      this.#writable.map((db) => db.deleteCert(certificate, options)),
    );
    return deleted.includes(true);
  }

  async setTrust(
    certificate: Certificate,
    trust: CertTrust | null,
    options: CertFindOptions = {},
  ): Promise<CertRecord> {
    const db = this.#first("set trust");
    const { der } = certificate;
    const isThere = (await db.find({ der }, options)).length > 0 ||
      (await this.find({ der }, options)).length === 0; // then the error is the database's
    return isThere
      ? await db.setTrust(certificate, trust, options)
      : await db.importCert(certificate, { ...options, trust });
  }
}

/**
 * The query as a source sees it whose nicknames stand behind its name; `null` if it cannot fit
 * there.
 */
function withoutToken(query: CertQuery, name: string): CertQuery | null {
  const { nickname } = query;
  if (nickname === undefined) return query;
  if (!nickname.startsWith(`${name}:`)) return null;
  return { ...query, nickname: nickname.slice(name.length + 1) };
}

/** One record for each certificate; what comes first counts most. */
function merge(records: readonly CertRecord[]): CertRecord[] {
  const merged = new Map<string, CertRecord>();
  for (const record of records) {
    const key = record.certificate.der.toHex();
    const kept = merged.get(key);
    merged.set(key, kept === undefined ? record : mergeTwo(kept, record));
  }
  return [...merged.values()];
}

function mergeTwo(a: CertRecord, b: CertRecord): CertRecord {
  const { nickname, tokenName } = a.nickname !== null || b.nickname === null ? a : b;
  const { tokenName: _, ...rest } = { ...b, ...a };
  return {
    ...rest,
    nickname,
    trust: a.trust ?? b.trust,
    hasKey: a.hasKey || b.hasKey,
    ...(tokenName !== undefined && { tokenName }),
  };
}
