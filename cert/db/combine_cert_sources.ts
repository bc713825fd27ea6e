// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../base/runtime.ts";
import { isArrayOf, isString, requireArgs, type Shape, takeOptions } from "../base/options.ts";
import {
  type CertDB,
  type CertFindOptions,
  type CertQuery,
  type CertRecord,
  type CertSource,
  isCertSource,
  type StoreCertOptions,
  takeQuery,
} from "./cert_db.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { NssError } from "../base/errors.ts";
import type { CertTrust } from "./trust_flags.ts";

/**
 * The options of {@linkcode combineCertSources}.
 *
 * @category Certificate databases
 */
export interface CombineCertSourcesOptions {
  /** The name of the combined database; by default that of the first source. */
  readonly name?: string;
}

const SHAPE: Shape<CombineCertSourcesOptions> = { name: isString };

/**
 * Combines several sources of certificates into one database, as an NSS context combines its own
 * database, tokens and Mozilla's roots.
 *
 * - Records of the same certificate are merged: the nickname and the trust are each taken from the
 *   first source that has one, and the private key may be in any of them. So the trust in the first
 *   source overrides that of built-in roots: `",,"` removes a root's trust, `"p,p,p"` distrusts it.
 * - Nicknames of sources other than the first are prefixed with the name of the source:
 *   `"token:nickname"`.
 * - Imports and trust go to the first writable database; deletions to all writable ones. To store
 *   trust in a certificate that only other sources have, the certificate is imported.
 * - If one source fails, the search fails, because that source may hold distrust.
 *
 * @param sources The sources, in order of precedence.
 * @param options The name of the combined database.
 * @returns The combined database, which is read-only if all sources are.
 *
 * @example Distrust a root of another source
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
 *
 * @category Certificate databases
 */
export function combineCertSources(
  sources: readonly (CertSource | CertDB)[],
  options: CombineCertSourcesOptions = {},
): CertDB {
  const attempt = "Cannot combine certificate databases";
  requireArgs(attempt, isArrayOf(isCertSource)(sources, "sources"));
  const { name } = takeOptions(attempt, options, SHAPE);
  return new CombinedCertDB(sources, name ?? sources[0]?.name ?? "None");
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

  /** Not cached: a source may become writable, such as a token that is unlocked. */
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
    const found = await this.#findAll(takeQuery(query), options);
    // Other sources may have the same certificate without this nickname, so search again by
    // encoding
    if (query.nickname === undefined || this.#sources.length < 2) return merge(found);
    const completed = await Promise.all(
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
    return completed;
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

  #firstWritable(what: string): CertDB {
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
    return await this.#firstWritable("import certificate").importCert(certificate, options);
  }

  async deleteCert(certificate: Certificate, options: CertFindOptions = {}): Promise<boolean> {
    this.#firstWritable("delete certificate");
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
    const db = this.#firstWritable("set trust");
    const { der } = certificate;
    const noCopyNeeded = (await db.find({ der }, options)).length > 0 ||
      (await this.find({ der }, options)).length === 0; // if nowhere, let the database throw
    return noCopyNeeded
      ? await db.setTrust(certificate, trust, options)
      : await db.importCert(certificate, { ...options, trust });
  }
}

/**
 * Removes the name of a source from the nickname of a query; `null` if the nickname does not have
 * that prefix.
 */
function withoutToken(query: CertQuery, name: string): CertQuery | null {
  const { nickname } = query;
  if (nickname === undefined) return query;
  if (!nickname.startsWith(`${name}:`)) return null;
  return { ...query, nickname: nickname.slice(name.length + 1) };
}

/** Merges the records of each certificate; earlier ones take precedence. */
function merge(records: readonly CertRecord[]): CertRecord[] {
  const merged = new Map<string, CertRecord>();
  for (const record of records) {
    const key = toHex(record.certificate.der);
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
