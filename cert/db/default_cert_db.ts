// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertDB } from "./cert_db.ts";

// Contexts are made in pkcs11/, which this folder does not import: they are installed from there.

let provider: (() => CertDB) | null = null;

/**
 * Says where the default database comes from. For `pkcs11/`, which makes contexts.
 *
 * @param next Gives the database of the context that is the default at the time of the call.
 * @returns What was set before.
 */
export function setDefaultCertDBProvider(next: (() => CertDB) | null): (() => CertDB) | null {
  const before = provider;
  provider = next;
  return before;
}

/**
 * Gives the default database.
 *
 * @returns The database, or `null` if nothing has been installed.
 */
export function defaultCertDB(): CertDB | null {
  return provider?.() ?? null;
}
