// Copyright 2026 the NSS for Deno authors. MIT license.

import { MAX_PATH_LENGTH } from "./build_path.ts";
import type { CertFindOptions, CertRecord, CertSource } from "./cert_db.ts";
import type { Certificate } from "./certificate.ts";

/**
 * How many names are looked up in a store to verify one certificate. A path has at most 17 issuers
 * ({@linkcode MAX_PATH_LENGTH} and the anchor), most have 3; a peer that sends certificates of 1,000 made-up
 * issuers must not cause 1,000 searches on a smart card.
 */
export const MAX_ISSUER_LOOKUPS = 32;

/**
 * Finds every certificate of a store that may stand above another: those with its issuer's name, those with
 * their issuers' names, and so on.
 *
 * @param source The store.
 * @param leaf The certificate.
 * @param more Certificates that are not in the store and may stand between.
 * @param isEnd Tells whether a path may end in a certificate, so that nobody looks above it.
 * @param options What a token may need.
 * @returns Their records.
 */
export async function findIssuers(
  source: CertSource,
  leaf: Certificate,
  more: readonly Certificate[],
  isEnd: (record: CertRecord) => boolean,
  options: CertFindOptions,
): Promise<CertRecord[]> {
  const found: CertRecord[] = [];
  const asked = new Set<string>();
  let children: readonly Certificate[] = [leaf];
  for (let depth = 0; depth <= MAX_PATH_LENGTH && children.length > 0; depth++) {
    const names = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const { issuer } of children) {
      const key = issuer.der.toHex();
      if (asked.has(key) || asked.size >= MAX_ISSUER_LOOKUPS) continue;
      asked.add(key);
      names.set(key, issuer.der);
    }
    const records = (await Promise.all(
      [...names.values()].map((subject) => source.find({ subject }, options)),
    )).flat();
    found.push(...records);
    children = [
      ...records.filter((record) => !isEnd(record)).map(({ certificate }) => certificate),
      ...more.filter(({ subject }) => names.has(subject.der.toHex())),
    ];
  }
  return found;
}
