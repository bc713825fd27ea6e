// Copyright 2026 the NSS for Deno authors. MIT license.

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
