// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import { toHex } from "../../cert/base/runtime.ts";
import type { SessionStore } from "../base/session_store.ts";

interface Row {
  readonly value: Uint8Array<ArrayBuffer>;
  readonly expiresAt: number;
}

/** The default maximum of rows of a store in memory. */
export const MAX_MEMORY_ROWS = 65_536;

/** A store in the memory of one process, which forgets the oldest rows beyond its bound. */
export class MemorySessionStore implements SessionStore {
  /** The rows, the one written first at the front. */
  readonly #rows = new Map<string, Row>();
  readonly #maxRows: number;
  readonly #now: () => number;
  readonly #epoch = toHex(crypto.getRandomValues(new Uint8Array(16)));

  /**
   * Creates an empty store.
   *
   * @param maxRows The maximum number of rows.
   * @param now Returns the current time in milliseconds.
   */
  constructor(maxRows: number = MAX_MEMORY_ROWS, now: () => number = Date.now) {
    this.#maxRows = maxRows;
    this.#now = now;
  }

  /** Reads a row. */
  get(name: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#find(name)?.slice();
  }

  /** Writes a row. */
  put(name: string, value: Uint8Array<ArrayBuffer>, lifetime: number): void {
    this.#rows.delete(name);
    this.#rows.set(name, { value: value.slice(), expiresAt: this.#now() + lifetime });
    if (this.#rows.size <= this.#maxRows) return;
    for (const oldest of this.#rows.keys()) {
      this.#rows.delete(oldest);
      return;
    }
  }

  /** Replaces a row if its value is still the expected one. */
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

  /** Returns a text of this store alone: it forgets everything when the process ends. */
  epoch(): string {
    return this.#epoch;
  }

  #find(name: string): Uint8Array<ArrayBuffer> | undefined {
    const row = this.#rows.get(name);
    if (row === undefined) return undefined;
    if (this.#now() < row.expiresAt) return row.value;
    this.#rows.delete(name);
    return undefined;
  }
}
