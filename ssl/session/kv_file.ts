// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { openKv } from "../../pkcs11/kv/open.ts";
import type { KvStore } from "../../pkcs11/kv/store.ts";

/** A KV store in a file. */
export interface KvFile {
  /** The store. */
  readonly store: KvStore;
  /** The path of the file. */
  readonly path: string;
  /** Removes the file, if it is temporary. */
  readonly remove?: () => Promise<void>;
}

/**
 * Opens a store in a file that only its owner may read and write; SQLite gives its other files the
 * same permissions.
 *
 * @param path The path of the file; by default a file in a new temporary directory.
 */
export async function openKvFile(path?: string): Promise<KvFile> {
  if (path !== undefined) {
    const isNew = await createPrivately(path);
    return { store: await openOr(path, () => isNew ? Deno.remove(path) : Promise.resolve()), path };
  }
  const directory = await Deno.makeTempDir({ prefix: "nss_sessions_" });
  const temporaryPath = `${directory}/sessions.kv`;
  const remove = () => Deno.remove(directory, { recursive: true });
  await createPrivately(temporaryPath);
  return { store: await openOr(temporaryPath, remove), path: temporaryPath, remove };
}

/** Opens a store; calls `remove` if it does not open. */
async function openOr(path: string, remove: () => Promise<void>): Promise<KvStore> {
  try {
    return await openKv(path);
  } catch (error) {
    await remove().catch(() => {}); // the first error matters
    throw error;
  }
}

/** Creates an empty file; returns `false` if it exists. */
async function createPrivately(path: string): Promise<boolean> {
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return false;
  }
}

/** Returns the value of an environment variable; `undefined` if it is not set. */
export function readEnvironment(name: string): string | undefined {
  return Deno.env.get(name);
}
