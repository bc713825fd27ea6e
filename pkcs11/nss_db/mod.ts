// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * NSS databases: `cert9.db` and `key4.db`, read and written as NSS does.
 *
 * {@linkcode openNssDb} opens the token of a directory. Most programs use `init()` of
 * `@nss/nss/pkcs11` instead, which opens it as the database of a context. Both need `node:sqlite`.
 *
 * | subject | support |
 * |---|---|
 * | passwords | PBES2 as in NSS since 3.49; the 3DES of versions before 3.49 is read |
 * | integrity | MACs are checked while the token is logged in, always if the password is empty |
 * | trust | both forms are read; the one that all versions of NSS read is written |
 * | CRLs | one of each issuer, as crlutil keeps them |
 * | other programs | may read and write concurrently |
 * | `dbm:` | `cert8.db` and `key3.db` are rejected with `SEC_ERROR_LEGACY_DATABASE` |
 *
 * @example List the certificates
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

export type { ImportCrlOptions, NssCrls, StoredCrl } from "./crl_store.ts";
export { NSS_DB_LABEL, NssDbToken, openNssDb, type OpenNssDbOptions } from "./nss_db_token.ts";
export { type ModuleSpec, parsePkcs11Txt } from "./pkcs11_txt.ts";
