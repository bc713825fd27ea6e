// Copyright 2026 the NSS for Deno authors. MIT license.

import { isOneOf, requireArgs, takeOptions } from "../base/options.ts";
import {
  type CertFindOptions,
  type CertRecord,
  type CertSource,
  FIND_OPTIONS,
  isCertSource,
  isRecord,
} from "./cert_db.ts";
import { NssError } from "../base/errors.ts";
import { TRUST_FLAGS } from "./trust_flags.ts";

/**
 * The set of nicknames that {@linkcode getCertNicknames} returns (`SEC_CERT_NICKNAMES_*`).
 *
 * - `all`: those of all certificates.
 * - `user`: those of certificates with a private key.
 * - `server`: those of TLS peers that are trusted themselves (`P`).
 * - `ca`: those of CA certificates.
 *
 * @category Certificate databases
 */
export type NicknameSet = "all" | "user" | "server" | "ca";

const SETS: Readonly<Record<NicknameSet, (record: CertRecord) => boolean>> = {
  all: () => true,
  user: ({ hasKey }) => hasKey,
  server: ({ trust }) => ((trust?.ssl ?? 0) & TRUST_FLAGS.trusted) !== 0,
  ca: ({ trust, certificate }) => {
    const { ssl = 0, email = 0, objectSigning = 0 } = trust ?? {};
    if (((ssl | email | objectSigning) & TRUST_FLAGS.validCa) !== 0) return true;
    try {
      return certificate.basicConstraints?.isCa === true;
    } catch (error) {
      if (error instanceof NssError) return false;
      throw error;
    }
  },
};

/**
 * Returns the nicknames in a database (`CERT_GetCertNicknames`).
 *
 * NSS logs in to every token first; here a token asks for its password only if the search needs it.
 *
 * @param db The source to search.
 * @param which The set of nicknames, all by default.
 * @param options Options for tokens.
 * @returns The nicknames without duplicates, sorted; those of tokens as `"token:nickname"`.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, getCertNicknames, importCert, MemoryCertDB } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const db = new MemoryCertDB();
 * const keys = await generateKeyPair();
 * const root = await createCertificate({ ...keys, subject: "CN=Example Root", isCa: true });
 * await importCert(db, root, { nickname: "root" });
 * assertEquals(await getCertNicknames(db, "ca"), ["root"]);
 * assertEquals(await getCertNicknames(db, "user"), []);
 * ```
 *
 * @category Certificate databases
 */
export async function getCertNicknames(
  db: CertSource,
  which: NicknameSet = "all",
  options: CertFindOptions = {},
): Promise<string[]> {
  const attempt = "Cannot list nicknames";
  requireArgs(attempt, isCertSource(db, "db"), isOneOf(Object.keys(SETS))(which, "which"));
  const records = await db.find({}, takeOptions(attempt, options, FIND_OPTIONS));
  const names = new Set<string>();
  for (const record of records.filter(SETS[which])) {
    if (record.nickname !== null) names.add(nicknameOf(record)!);
  }
  return [...names].sort();
}

/**
 * Returns the nickname of a record, with the name of the token if there is one.
 *
 * @param record The record.
 * @returns For example `"token:nickname"`, or `null` if there is no nickname.
 *
 * @example Usage
 * ```ts
 * import { MemoryCertDB, nicknameOf } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const records = await new MemoryCertDB().find({});
 * assertEquals(records.map(nicknameOf), []);
 * ```
 *
 * @category Certificate databases
 */
export function nicknameOf(record: CertRecord): string | null {
  requireArgs("Cannot tell nickname", isRecord(record, "record"));
  const { nickname, tokenName } = record;
  return nickname === null || tokenName === undefined ? nickname : `${tokenName}:${nickname}`;
}

/**
 * Does nothing. NSS's `CERT_FreeNicknames` frees the result of {@linkcode getCertNicknames}; here
 * it is garbage-collected.
 *
 * @param _nicknames The nicknames.
 *
 * @example Usage
 * ```ts
 * import { freeNicknames } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const nicknames = ["Example Root"];
 * freeNicknames(nicknames);
 * assertEquals(nicknames, ["Example Root"]); // unchanged
 * ```
 *
 * @category Certificate databases
 */
export function freeNicknames(_nicknames: readonly string[]): void {}
