// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";

/** A key of a store. */
export type KvKey = readonly string[];

/** What a store has at a key. */
export interface KvEntry {
  /** The key. */
  readonly key: readonly unknown[];
  /** The value; `null` if there is none. */
  readonly value: unknown;
  /** Which write it is of; `null` if there is none. */
  readonly versionstamp: string | null;
}

/** Writes that happen all or not at all. */
export interface KvAtomic {
  /**
   * Demands that a key is as it was.
   *
   * @param checks Keys with the write that they are of; `null` if there is none.
   * @returns This operation.
   */
  check(...checks: { key: KvKey; versionstamp: string | null }[]): this;
  /**
   * Sets a key.
   *
   * @param key The key.
   * @param value Its value.
   * @param options `expireIn`: after how many milliseconds the store may forget it.
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
   * Does it.
   *
   * @returns Whether all checks held.
   */
  commit(): Promise<{ ok: boolean }>;
}

/** The part of `Deno.Kv` that a token uses. */
export interface KvStore {
  /**
   * Reads a key.
   *
   * @param key The key.
   * @returns What is there.
   */
  get(key: KvKey): Promise<KvEntry>;
  /**
   * Reads all keys that begin in a way.
   *
   * @param selector How they begin.
   * @returns What is there.
   */
  list(selector: { prefix: KvKey }): AsyncIterable<KvEntry>;
  /**
   * Begins to write.
   *
   * @returns The operation.
   */
  atomic(): KvAtomic;
  /** Lets go of the store. */
  close(): void;
}

/**
 * How long a store that is locked is tried again: as long as NSS databases are. Deno KV on a file
 * fails at once with "database is locked" where several processes write.
 */
export const LOCKED_TIMEOUT = 5000;

/**
 * The first and the longest pause between two tries, in milliseconds; each is shortened by chance.
 */
const PAUSES = { first: 8, longest: 250 } as const;

/**
 * Does something with a store, again as long as it is locked.
 *
 * @param what What is attempted, as `read keys`, for errors.
 * @param run What to do.
 * @param timeout How long it is tried, in milliseconds.
 * @returns What it gives.
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
    // Those who wait must not all come back at once
    const wait = pause * (0.5 + Math.random() / 2);
    left -= wait;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/**
 * Says that something of a token is damaged.
 *
 * @param label The label of the token.
 * @param what What it is, as `password record`.
 * @param cause Why it cannot be read, if that is known.
 * @returns The error, `SEC_ERROR_BAD_DATABASE`.
 */
export function damaged(label: string, what: string, cause?: unknown): NssError {
  return new NssError(
    "SEC_ERROR_BAD_DATABASE",
    `Cannot read token "${label}": its ${what} is damaged`,
    cause === undefined ? {} : { cause },
  );
}
