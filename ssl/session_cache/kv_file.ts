// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { openKv } from "../../pkcs11/kv/open.ts";
import type { KvStore } from "../../pkcs11/kv/store.ts";

/** A store in a file. */
export interface KvFile {
  /** The store. */
  readonly store: KvStore;
  /** Where the file is. */
  readonly path: string;
  /** Removes the file, if it was made for this cache alone. */
  readonly remove?: () => Promise<void>;
}

/**
 * Opens a store in a file that only its owner may read and write; SQLite gives its other files the same permissions.
 *
 * @param path Where; by default in a new directory for temporary files.
 */
export async function openKvFile(path?: string): Promise<KvFile> {
  if (path !== undefined) {
    await createPrivately(path);
    return { store: await openKv(path), path };
  }
  const directory = await Deno.makeTempDir({ prefix: "nss_sessions_" });
  const itsPath = `${directory}/sessions.kv`;
  await createPrivately(itsPath);
  return {
    store: await openKv(itsPath),
    path: itsPath,
    remove: () => Deno.remove(directory, { recursive: true }),
  };
}

async function createPrivately(path: string): Promise<void> {
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** What an environment variable says; `undefined` where there is none. */
export function readEnvironment(name: string): string | undefined {
  return Deno.env.get(name);
}
