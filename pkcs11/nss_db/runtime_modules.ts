// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/** The modules of the runtime that a database needs. @module */

import { importBuiltin } from "../../cert/base/lazy_module.ts";
import { withoutWarning } from "../../cert/base/webcrypto.ts";

/**
 * Loads what reads files.
 *
 * @throws {NssError} `SEC_ERROR_NO_MODULE` if the runtime has no files.
 */
export function loadFs(): Promise<typeof import("node:fs/promises")> {
  return importBuiltin(
    () => import("node:fs/promises"),
    "SEC_ERROR_NO_MODULE",
    "Cannot open NSS database: this runtime has no node:fs, so that it has no files",
  );
}

/**
 * Loads SQLite.
 *
 * @throws {NssError} `SEC_ERROR_NO_MODULE` if the runtime does not have it.
 */
export async function loadSqlite(): Promise<typeof import("node:sqlite")> {
  const name = "SEC_ERROR_NO_MODULE";
  const message = "Cannot open NSS database: this runtime has no node:sqlite";
  // In Deno the call delays setImmediate()
  if (!("Deno" in globalThis)) {
    const { getBuiltinModule } = await importBuiltin(() => import("node:process"), name, message);
    // Node 22 warns while it loads the module
    if (getBuiltinModule !== undefined) withoutWarning(() => getBuiltinModule("node:sqlite"));
  }
  return await importBuiltin(() => import("node:sqlite"), name, message);
}
