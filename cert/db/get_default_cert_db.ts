// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertDB } from "./cert_db.ts";
import { defaultCertDB } from "./default_cert_db.ts";
import { NssError } from "../base/errors.ts";

/**
 * Gives the database of the default context (`CERT_GetDefaultCertDB`).
 *
 * Until a context is made by name, that is a database in memory with the platform's roots behind
 * it.
 *
 * @returns The database.
 * @throws {NssError} `SEC_ERROR_NOT_INITIALIZED` if the part of this package that makes contexts is
 * not loaded: a program that imports nothing but `@nss/nss/cert` has its own databases, as
 * {@linkcode MemoryCertDB}.
 *
 * @example Usage
 * ```ts
 * import { getDefaultCertDB } from "@nss/nss/cert";
 * import { defaultContext } from "@nss/nss/pkcs11";
 * import { assertStrictEquals } from "@std/assert";
 *
 * assertStrictEquals(getDefaultCertDB(), defaultContext().certDB);
 * ```
 */
export function getDefaultCertDB(): CertDB {
  const db = defaultCertDB();
  if (db === null) {
    throw new NssError(
      "SEC_ERROR_NOT_INITIALIZED",
      "Cannot get the default certificate database: no context is loaded; import @nss/nss/pkcs11",
    );
  }
  return db;
}
