// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../base/runtime.ts";
import { MAX_PATH_LENGTH } from "./build_path.ts";
import type { CertFindOptions, CertRecord, CertSource } from "../db/cert_db.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { Name } from "../names/name.ts";

/**
 * The maximum number of names that are looked up in a store to verify one certificate. A path has
 * at most 17 issuers ({@linkcode MAX_PATH_LENGTH} and the anchor), usually up to 3. A peer that
 * sends certificates of 1,000 invented issuers must not cause 1,000 searches on a smart card.
 */
export const MAX_ISSUER_LOOKUPS = 32;

/** The possible issuers of a certificate. */
export interface FoundIssuers {
  /** The records in the store. */
  readonly records: readonly CertRecord[];
  /**
   * The other certificates whose subjects were looked up in the store, so that distrust in them is
   * known.
   */
  readonly sent: readonly Certificate[];
}

/**
 * Finds all certificates in a store that may be above another in a path: those with the name of its
 * issuer, then those with the names of their issuers, and so on.
 *
 * The subject of each certificate in `more` is also looked up as it is encoded there, because
 * stores compare names byte for byte and path building does not: distrust in that certificate must
 * be found. Certificates whose subject would exceed {@linkcode MAX_ISSUER_LOOKUPS} are left out.
 *
 * @param source The store.
 * @param leaf The certificate.
 * @param more Other certificates that may be intermediates, such as those sent by a peer.
 * @param isEnd Returns whether a path may end in a certificate, so that its issuers are not needed.
 * @param options Options for tokens.
 * @returns The certificates found.
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
      const key = toHex(der);
      if (asked.has(key)) return true;
      if (asked.size === MAX_ISSUER_LOOKUPS) return false;
      asked.add(key);
      queries.push(der.slice()); // a store may be the application's
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
