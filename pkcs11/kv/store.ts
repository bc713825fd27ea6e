// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Check, isLike } from "../../cert/base/options.ts";
import { NssError } from "../../cert/base/errors.ts";

/**
 * A key of a store.
 *
 * @category Databases and modules
 */
export type KvKey = readonly string[];

/**
 * The entry of a key.
 *
 * @category Databases and modules
 */
export interface KvEntry {
  /** The key. */
  readonly key: readonly unknown[];
  /** The value; `null` if there is none. */
  readonly value: unknown;
  /** The versionstamp of the write; `null` if there is none. */
  readonly versionstamp: string | null;
}

/**
 * An atomic operation.
 *
 * @category Databases and modules
 */
export interface KvAtomic {
  /**
   * Adds checks that keys have not changed.
   *
   * @param checks Keys with their versionstamps; `null` if the key has no value.
   * @returns This operation.
   */
  check(...checks: { key: KvKey; versionstamp: string | null }[]): this;
  /**
   * Sets a key.
   *
   * @param key The key.
   * @param value Its value.
   * @param options `expireIn`: the time in milliseconds after which the store may delete it.
   * @returns This operation.
   */
  set(key: KvKey, value: unknown, options?: { expireIn?: number }): this;
  /**
   * Deletes a key.
   *
   * @param key The key.
   * @returns This operation.
   */
  delete(key: KvKey): this;
  /**
   * Executes the operation.
   *
   * @returns Whether all checks succeeded, and the versionstamp of what has been set, if the store
   * tells it.
   */
  commit(): Promise<{ ok: boolean; versionstamp?: string }>;
}

/**
 * The part of `Deno.Kv` that a token uses.
 *
 * @category Databases and modules
 */
export interface KvStore {
  /**
   * Reads a key.
   *
   * @param key The key.
   * @returns The entry.
   */
  get(key: KvKey): Promise<KvEntry>;
  /**
   * Reads all keys with a prefix.
   *
   * @param selector The prefix.
   * @returns The entries.
   */
  list(selector: { prefix: KvKey }): AsyncIterable<KvEntry>;
  /**
   * Begins an atomic operation.
   *
   * @returns The operation.
   */
  atomic(): KvAtomic;
  /** Closes the store. */
  close(): void;
}

/**
 * The time in milliseconds for which a locked store is retried. Deno KV in a file fails at once
 * with "database is locked" if several processes write.
 */
export const LOCKED_TIMEOUT = 5000;

/**
 * The first and the longest pause between two attempts in milliseconds, before random shortening.
 */
const PAUSES = { first: 8, longest: 250 } as const;

/**
 * Runs an operation on a store, and retries it while the store is locked.
 *
 * @param what The attempted action, such as `read keys`, for error messages.
 * @param run The operation.
 * @param timeout The time for which it is retried, in milliseconds.
 * @returns The result of the operation.
 * @throws {NssError} `SEC_ERROR_IO` if the store stays locked or fails otherwise.
 */
export async function withStore<T>(
  what: string,
  run: () => Promise<T>,
  timeout: number = LOCKED_TIMEOUT,
): Promise<T> {
  let left = timeout;
  for (let pause: number = PAUSES.first;; pause = Math.min(2 * pause, PAUSES.longest)) {
    try {
      return await run();
    } catch (cause) {
      if (cause instanceof NssError) throw cause;
      const isLocked = cause instanceof Error &&
        /database is locked|SQLITE_BUSY/i.test(cause.message);
      if (!isLocked || left <= 0) {
        throw new NssError(
          "SEC_ERROR_IO",
          isLocked
            ? `Cannot ${what}: the store has been locked by others for ${timeout} ms`
            : `Cannot ${what}: the store failed`,
          { cause },
        );
      }
    }
    // Random, so that waiting processes do not all retry at once
    const wait = pause * (0.5 + Math.random() / 2);
    left -= wait;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/**
 * Reads the rows directly under a prefix.
 *
 * @param what The attempted action, for error messages.
 * @param store The store.
 * @param prefix The prefix.
 * @returns The rows that have a value, with the last part of their keys.
 */
export function rowsUnder(what: string, store: KvStore, prefix: KvKey): Promise<KvRow[]> {
  return withStore(what, async () => {
    const rows: KvRow[] = [];
    for await (const { key, value, versionstamp } of store.list({ prefix })) {
      const name = key.at(-1);
      if (key.length !== prefix.length + 1 || typeof name !== "string" || value === null) continue;
      rows.push({ key: [...prefix, name], name, value, versionstamp });
    }
    return rows;
  });
}

/** A row of a store. */
export interface KvRow {
  /** The key. */
  readonly key: KvKey;
  /** The last part of the key. */
  readonly name: string;
  /** The value. */
  readonly value: unknown;
  /** The versionstamp of the write. */
  readonly versionstamp: string | null;
}

/**
 * The maximum number of attempts of what conflicts with writes of others: of the same row, or of
 * the password.
 */
const MAX_CONFLICTS = 16;

/** What an attempt returns that others have interfered with. */
export const CONFLICT: unique symbol = Symbol("conflict");

/**
 * Tries until nobody interferes.
 *
 * @param what The attempted action, such as `read keys`, for error messages.
 * @param attempt Tries once; {@linkcode CONFLICT} if it has to begin anew.
 * @param attempts The maximum number of attempts.
 * @returns The result of the last attempt.
 * @throws {NssError} `SEC_ERROR_IO` if others have interfered with each.
 */
export async function withoutConflict<T>(
  what: string,
  attempt: () => Promise<T | typeof CONFLICT>,
  attempts: number = MAX_CONFLICTS,
): Promise<T> {
  for (let i = 0; i < attempts; i++) {
    const result = await attempt();
    if (result !== CONFLICT) return result;
  }
  throw new NssError("SEC_ERROR_IO", `Cannot ${what}: others write all the time`);
}

/**
 * Creates an error about damaged data of a token.
 *
 * @param label The label of the token.
 * @param what The damage and its cure, such as `its password record is damaged; restore it`.
 * @param cause The cause, if known.
 * @returns The error, `SEC_ERROR_BAD_DATABASE`.
 */
export function damaged(label: string, what: string, cause?: unknown): NssError {
  return new NssError(
    "SEC_ERROR_BAD_DATABASE",
    `Cannot read token "${label}": ${what}`,
    cause === undefined ? {} : { cause },
  );
}

/** Accepts a store. */
export const isKvStore: Check = isLike("a Deno.Kv", "get", "list", "atomic", "close");
