// Copyright 2026 the NSS for Deno authors. MIT license.

import { MAX_PATH_LENGTH } from "./build_path.ts";
import type { CertFindOptions, CertRecord, CertSource } from "../db/cert_db.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { Name } from "../names/name.ts";

/**
 * How many names are looked up in a store to verify one certificate. A path has at most 17 issuers
 * ({@linkcode MAX_PATH_LENGTH} and the anchor), most have 3; a peer that sends certificates of
 * 1,000 made-up issuers must not cause 1,000 searches on a smart card.
 */
export const MAX_ISSUER_LOOKUPS = 32;

/** What may stand above a certificate. */
export interface FoundIssuers {
  /** The records of the store. */
  readonly records: readonly CertRecord[];
  /**
   * Of the other certificates those whose subject the store has been asked for, so that it is known
   * to trust them or not.
   */
  readonly sent: readonly Certificate[];
}

/**
 * Finds every certificate of a store that may stand above another: those with its issuer's name,
 * those with their issuers' names, and so on.
 *
 * The store is asked for the name of each certificate that a peer has sent in the letters of that
 * certificate: stores compare bytes, path building does not, and a store must get to say that it
 * distrusts one. What it could not be asked for any more is left out.
 *
 * @param source The store.
 * @param leaf The certificate.
 * @param more Certificates that are not in the store and may stand between.
 * @param isEnd Tells whether a path may end in a certificate, so that nobody looks above it.
 * @param options What a token may need.
 * @returns What was found.
 */
export async function findIssuers(
  source: CertSource,
  leaf: Certificate,
  more: readonly Certificate[],
  isEnd: (record: CertRecord) => boolean,
  options: CertFindOptions,
): Promise<FoundIssuers> {
  const found: CertRecord[] = [];
  const sent = new Set<Certificate>();
  const asked = new Set<string>();
  let children: readonly Certificate[] = [leaf];
  for (let depth = 0; depth <= MAX_PATH_LENGTH && children.length > 0; depth++) {
    const queries: Uint8Array<ArrayBuffer>[] = [];
    const ask = ({ der }: Name): boolean => {
      const key = der.toHex();
      if (asked.has(key)) return true;
      if (asked.size === MAX_ISSUER_LOOKUPS) return false;
      asked.add(key);
      queries.push(der);
      return true;
    };
    const names = new Set<string>();
    for (const { issuer } of children) if (ask(issuer)) names.add(issuer.key);
    const above = more.filter((one) =>
      !sent.has(one) && names.has(one.subject.key) && ask(one.subject)
    );
    above.forEach((one) => sent.add(one));
    const records = (await Promise.all(
      queries.map((subject) => source.find({ subject }, options)),
    )).flat();
    found.push(...records);
    const open = records.filter((record) => !isEnd(record));
    children = [...open.map(({ certificate }) => certificate), ...above];
  }
  return { records: found, sent: [...sent] };
}
