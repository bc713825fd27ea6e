// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Awaitable } from "../../base/session_cache.ts";
import type { SessionStore } from "../../base/session_store.ts";

/**
 * An engine that stores are opened over, for {@linkcode testSessionStore}.
 *
 * @category Sessions
 */
export interface StoreEngine {
  /**
   * Opens one more store over the engine, as another process would: what one writes, the others
   * read. Several are used at the same time.
   */
  open(): Awaitable<SessionStore>;
  /**
   * Advances the clock of all stores by so many milliseconds; `null` if there is none to advance:
   * then the suite waits for short lifetimes to end.
   */
  readonly advance: ((milliseconds: number) => Awaitable<void>) | null;
  /**
   * Restarts the engine so that rows may come back, for example from a snapshot; `null` if it
   * cannot, and then the epoch may be `null` and need not change.
   */
  readonly restart: (() => Awaitable<void>) | null;
  /**
   * Each writes under the place of a row what no store of this kind has written: other types, other
   * encodings, what is too long; `null` if nobody can.
   */
  readonly spoil: readonly ((name: string) => Awaitable<void>)[] | null;
  /** Closes the engine, after the stores have been closed. */
  close(): Awaitable<void>;
}

/** What the tests of the suite share. */
export interface Bench {
  /** The engine. */
  readonly engine: StoreEngine;
  /** Opens a store, which is closed with the test. */
  open(): Promise<SessionStore>;
  /** Opens several. */
  openAll(count: number): Promise<SessionStore[]>;
  /** Returns a name that no other test has. */
  name(): string;
}

/** A test of the suite. */
export type Criterion = readonly [title: string, run: (bench: Bench) => Promise<void>];

/** A time in milliseconds that no test lasts. */
export const LONG = 3_600_000;

/** Fails unless a condition holds. */
export function ensure(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(problem);
}

/** Fails unless a store's answer is these bytes, or `undefined`. */
export function ensureValue(found: unknown, expected: Uint8Array | undefined, when: string): void {
  if (expected === undefined) {
    ensure(found === undefined, `get() returned ${shown(found)}, not undefined, ${when}`);
    return;
  }
  ensure(
    found instanceof Uint8Array && found.length === expected.length &&
      found.every((byte, i) => byte === expected[i]),
    `get() returned ${shown(found)}, not ${shown(expected)}, ${when}`,
  );
}

/** Fails unless a store's answer is this boolean. */
export function ensureAnswer(found: unknown, expected: boolean, when: string): void {
  ensure(found === expected, `replace() returned ${shown(found)}, not ${expected}, ${when}`);
}

function shown(value: unknown): string {
  if (!(value instanceof Uint8Array)) {
    return typeof value === "object" && value !== null ? "an object" : String(value);
  }
  const first = [...value.subarray(0, 8)].join(", ");
  return `${value.length} bytes [${first}${value.length > 8 ? ", ..." : ""}]`;
}

/** Makes bytes of numbers, or of a text in UTF-8. */
export function bytes(...values: readonly number[] | readonly [string]): Uint8Array<ArrayBuffer> {
  const [first] = values;
  if (typeof first === "string") return new TextEncoder().encode(first);
  return Uint8Array.from(values, Number);
}

/** Makes bytes that follow from a number, of which no two neighbours are equal. */
export function pattern(length: number, seed: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, i) => seed + 31 * i + (i >> 8));
}
