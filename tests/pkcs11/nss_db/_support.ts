// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Databases for tests: made by NSS long ago, and copies of them to break. @module */

import { DatabaseSync } from "node:sqlite";
import { sharedPath, sharedProblem } from "../../support/shared_data.ts";

/** Databases that others made; where they are. */
const DATA = "data/nss_databases/";

/** The password of those that have one. */
export const PASSWORD = "Secret-Pw1";

/** Why the databases of others cannot be used here, if so. */
export const dataProblem: string | null = sharedProblem(DATA);

/** The folder of one of them. */
export function dataDirectory(name: string): string {
  return sharedPath(DATA + name);
}

/** Makes a folder, with a copy of a database in it. */
export async function scratch(from?: string): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "nss_db_" });
  if (from !== undefined) await copyDatabase(from, directory);
  return directory;
}

/** Copies a database. */
export async function copyDatabase(from: string, to: string): Promise<void> {
  for (const name of ["cert9.db", "key4.db", "pkcs11.txt"]) {
    await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
    await Deno.chmod(`${to}/${name}`, 0o600);
  }
}

/** The bytes of a database's files. */
export async function bytesOf(directory: string): Promise<string> {
  const files = await Promise.all(
    ["cert9.db", "key4.db"].map(async (name) => {
      const bytes = new Uint8Array(await Deno.readFile(`${directory}/${name}`));
      return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    }),
  );
  return files.join(" ");
}

/** Runs SQL on one of a database's files. */
export function sql<T>(file: string, run: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file);
  try {
    return run(database);
  } finally {
    database.close();
  }
}
