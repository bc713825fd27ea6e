// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * NSS databases: `cert9.db` and `key4.db`, read and written as NSS does.
 *
 * {@linkcode openNssDb} gives the token in a folder; `init()` of `@nss/nss/pkcs11` opens one as the
 * database of a context, and is what most programs want. This needs `node:sqlite`.
 *
 * | what | how |
 * |---|---|
 * | passwords | PBES2 as NSS since 3.49, with the salts of before and since 3.118; the 3DES of before 3.49 is read |
 * | integrity | MACs are checked whenever the token is logged in, as it always is with an empty password |
 * | trust | both forms are read; what is written is the one that all versions of NSS read |
 * | other programs | may read and write at the same time |
 * | `dbm:` | `cert8.db` and `key3.db` are refused with `SEC_ERROR_LEGACY_DATABASE` |
 *
 * @example List what certutil lists
 * ```ts
 * import { openNssDb } from "@nss/nss/pkcs11/nss-db";
 * import { formatTrust } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * const token = await openNssDb(directory, { create: true });
 * const records = await token.certificates.find({});
 * const lines = records.map((record) => `${record.nickname} ${formatTrust(record.trust!)}`);
 * assertEquals(lines, []);
 *
 * await token.close();
 * await Deno.remove(directory, { recursive: true });
 * ```
 *
 * @module
 */

export { NSS_DB_LABEL, NssDbToken, openNssDb, type OpenNssDbOptions } from "./nss_db_token.ts";
export { type ModuleSpec, parsePkcs11Txt } from "./pkcs11_txt.ts";
