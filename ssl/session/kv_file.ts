// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { openKv, requireKv } from "../../pkcs11/kv/open.ts";
import type { KvStore } from "../../pkcs11/kv/store.ts";
import type { SessionStore } from "../base/session_store.ts";
import { KvSessionStore } from "./store/kv_store.ts";

/** A KV store in a file. */
export interface KvFile {
  /** The store. */
  readonly store: KvStore;
  /** The path of the file. */
  readonly path: string;
  /** Removes the file, if it is temporary. */
  readonly remove?: () => Promise<void>;
}

/** Rows in Deno KV. */
export interface KvRows {
  /** The rows. */
  readonly store: SessionStore;
  /** The path of the file; `null` if the database was open already. */
  readonly path: string | null;
  /** Closes the file. */
  close(): void;
  /** Removes the file, if it is temporary. */
  readonly remove?: () => Promise<void>;
}

/**
 * Opens rows in Deno KV.
 *
 * @param place An open database, or the path of a file as in {@linkcode openKvFile}.
 */
export async function openKvRows(place?: KvStore | string): Promise<KvRows> {
  if (place !== undefined && typeof place !== "string") {
    return { store: new KvSessionStore({ kv: place }), path: null, close: () => {} };
  }
  const { store, ...rest } = await openKvFile(place);
  return { ...rest, store: new KvSessionStore({ kv: store }), close: () => store.close() };
}

/**
 * Opens a store in a file that only its owner may read and write, unless it exists already.
 *
 * @param path The path of the file; by default a file in a new temporary directory.
 */
export async function openKvFile(path?: string): Promise<KvFile> {
  if (path !== undefined) return { store: await openKv(path), path };
  requireKv();
  const directory = await Deno.makeTempDir({ prefix: "nss_sessions_" });
  const temporaryPath = `${directory}/sessions.kv`;
  const remove = () => Deno.remove(directory, { recursive: true });
  try {
    return { store: await openKv(temporaryPath), path: temporaryPath, remove };
  } catch (error) {
    await remove().catch(() => {}); // the first error matters
    throw error;
  }
}

/**
 * Returns the value of an environment variable; `undefined` if it is not set, or the runtime is not
 * Deno.
 */
export function readEnvironment(name: string): string | undefined {
  return "Deno" in globalThis ? Deno.env.get(name) : undefined;
}
