// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../base/errors.ts";
import type { CertDB } from "./cert_db.ts";

// Contexts are defined in pkcs11/, which this folder must not import, so pkcs11/ sets the provider.

let provider: (() => CertDB) | null = null;

/**
 * Sets the function that returns the default database. For `pkcs11/`.
 *
 * @param next Returns the database of the current default context; `null` for none.
 * @returns The previous function.
 */
export function setDefaultCertDBProvider(next: (() => CertDB) | null): (() => CertDB) | null {
  const previous = provider;
  provider = next;
  return previous;
}

/**
 * Returns the default database.
 *
 * @returns The database, or `null` if no provider is set.
 */
export function defaultCertDB(): CertDB | null {
  return provider?.() ?? null;
}

/**
 * Returns the database of the default context (`CERT_GetDefaultCertDB`).
 *
 * Unless a context was opened by name, this is a database in memory, combined with the platform's
 * roots.
 *
 * @returns The database.
 * @throws {NssError} `SEC_ERROR_NOT_INITIALIZED` if `@nss/nss/pkcs11`, which defines contexts, is
 * not loaded. A program that imports only `@nss/nss/cert` needs a database of its own, such as
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
 *
 * @category Certificate databases
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
