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
 * Opens a store in a file that only its owner may read and write; SQLite gives its other files the
 * same permissions.
 *
 * @param path Where; by default in a new directory for temporary files.
 */
export async function openKvFile(path?: string): Promise<KvFile> {
  if (path !== undefined) {
    const isNew = await createPrivately(path);
    return { store: await openOr(path, () => isNew ? Deno.remove(path) : Promise.resolve()), path };
  }
  const directory = await Deno.makeTempDir({ prefix: "nss_sessions_" });
  const itsPath = `${directory}/sessions.kv`;
  const remove = () => Deno.remove(directory, { recursive: true });
  await createPrivately(itsPath);
  return { store: await openOr(itsPath, remove), path: itsPath, remove };
}

/** Opens a store, or else leaves nothing behind. */
async function openOr(path: string, remove: () => Promise<void>): Promise<KvStore> {
  try {
    return await openKv(path);
  } catch (error) {
    await remove().catch(() => {}); // why it does not open is what counts
    throw error;
  }
}

/** Makes an empty file; says whether there was none. */
async function createPrivately(path: string): Promise<boolean> {
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return false;
  }
}

/** What an environment variable says; `undefined` where there is none. */
export function readEnvironment(name: string): string | undefined {
  return Deno.env.get(name);
}
