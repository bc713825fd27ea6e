// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual, copyBytes } from "../../cert/base/bytes.ts";
import { NssError } from "../../cert/base/errors.ts";
import { isFunction, isInteger, requireArgs } from "../../cert/base/options.ts";
import { toHex } from "../../cert/base/runtime.ts";
import type { SessionStore } from "../base/session_store.ts";

interface Row {
  readonly value: Uint8Array<ArrayBuffer>;
  readonly expiresAt: number;
}

/**
 * The default maximum of rows of a store in memory.
 *
 * @category Sessions
 */
export const MAX_MEMORY_ROWS = 65_536;

/** The time in milliseconds between two searches for expired rows in a store that is full. */
const SWEEP_INTERVAL = 1000;

/**
 * A store in the memory of one process, for tests and for a single server. When it is full, it
 * refuses more rows: to forget others could bring back what an application has forbidden.
 *
 * @example Usage
 * ```ts
 * import { MemorySessionStore } from "@nss/nss/ssl/session-store";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemorySessionStore();
 * assertEquals(store.replace("row", null, new Uint8Array([1]), 60_000), true);
 * assertEquals(store.replace("row", null, new Uint8Array([2]), 60_000), false);
 * assertEquals(store.get("row"), new Uint8Array([1]));
 * ```
 *
 * @category Sessions
 */
export class MemorySessionStore implements SessionStore {
  readonly #rows = new Map<string, Row>();
  readonly #maxRows: number;
  readonly #now: () => number;
  readonly #epoch = toHex(crypto.getRandomValues(new Uint8Array(16)));
  #sweptAt = -Infinity;

  /**
   * Creates an empty store.
   *
   * @param maxRows The maximum number of rows.
   * @param now Returns the current time in milliseconds.
   * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if an argument is invalid.
   */
  constructor(maxRows: number = MAX_MEMORY_ROWS, now: () => number = Date.now) {
    requireArgs(
      "Cannot create session store",
      isInteger(1)(maxRows, "maxRows"),
      isFunction(now, "now"),
    );
    this.#maxRows = maxRows;
    this.#now = now;
  }

  /**
   * Reads a row.
   *
   * @param name Its name.
   * @returns Its value; `undefined` if there is none, or its lifetime is over.
   */
  get(name: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#find(name)?.slice();
  }

  /**
   * Writes a row, whether there is one or not.
   *
   * @param name Its name.
   * @param value Its value.
   * @param lifetime The time in milliseconds after which it is gone.
   * @throws {NssError} `SEC_ERROR_IO` if the store is full.
   */
  put(name: string, value: Uint8Array<ArrayBuffer>, lifetime: number): void {
    if (!this.#rows.has(name)) this.#makeRoom();
    this.#rows.set(name, { value: copyBytes(value), expiresAt: this.#now() + lifetime });
  }

  /**
   * Replaces a row if its value is still the expected one.
   *
   * @param name Its name.
   * @param before The expected value; `null` if there must be no row.
   * @param after The new value; `null` removes the row.
   * @param lifetime The time in milliseconds after which the new value is gone.
   * @returns Whether the row was replaced.
   * @throws {NssError} `SEC_ERROR_IO` if the store is full.
   */
  replace(
    name: string,
    before: Uint8Array<ArrayBuffer> | null,
    after: Uint8Array<ArrayBuffer> | null,
    lifetime: number,
  ): boolean {
    const value = this.#find(name);
    const isExpected = before === null
      ? value === undefined
      : value !== undefined && bytesEqual(value, before);
    if (!isExpected) return false;
    if (after === null) this.#rows.delete(name);
    else this.put(name, after, lifetime);
    return true;
  }

  /**
   * Returns the epoch, a text of this store alone: it forgets everything when the process ends.
   *
   * @returns The text.
   */
  epoch(): string {
    return this.#epoch;
  }

  /** Forgets what has expired, if there is no room for one more row. */
  #makeRoom(): void {
    const now = this.#now();
    // Not with each refusal: it looks at all rows
    if (this.#rows.size >= this.#maxRows && now - this.#sweptAt >= SWEEP_INTERVAL) {
      this.#sweptAt = now;
      for (const [name, { expiresAt }] of this.#rows) {
        if (now >= expiresAt) this.#rows.delete(name);
      }
    }
    if (this.#rows.size < this.#maxRows) return;
    throw new NssError(
      "SEC_ERROR_IO",
      `Cannot write row: the store is full, with ${this.#maxRows} rows that have not expired`,
    );
  }

  #find(name: string): Uint8Array<ArrayBuffer> | undefined {
    const row = this.#rows.get(name);
    if (row === undefined) return undefined;
    if (this.#now() < row.expiresAt) return row.value;
    this.#rows.delete(name);
    return undefined;
  }
}
