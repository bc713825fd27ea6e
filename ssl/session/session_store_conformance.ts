// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The tests that every {@linkcode SessionStore} has to pass, for any runner of tests.
 *
 * ```ts
 * import { testSessionStore } from "@nss/nss/ssl/session-store-conformance";
 * import { MemorySessionStore } from "@nss/nss/ssl/session-store";
 *
 * const tests: (() => Promise<void>)[] = [];
 * testSessionStore({
 *   name: "MemorySessionStore",
 *   test: (_title, run) => tests.push(run), // or Deno.test, or test of node:test
 *   engine: () => {
 *     let now = 0;
 *     const store = new MemorySessionStore(undefined, () => now);
 *     return {
 *       open: () => store,
 *       advance: (milliseconds) => void (now += milliseconds),
 *       restart: null,
 *       spoil: null,
 *       close: () => {},
 *     };
 *   },
 * });
 * for (const run of tests) await run();
 * ```
 *
 * @module
 */

import {
  isFunction,
  isString,
  required,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import type { Awaitable } from "../base/session_cache.ts";
import type { SessionStore } from "../base/session_store.ts";
import type { Bench, Criterion, StoreEngine } from "./conformance/engine.ts";
import { EPOCH_CRITERIA, RESTART_CRITERIA } from "./conformance/epochs.ts";
import { EXPIRY_CRITERIA } from "./conformance/expiry.ts";
import { REPLACE_CRITERIA } from "./conformance/replacing.ts";
import { SPOILT_CRITERIA, VALUE_CRITERIA } from "./conformance/values.ts";

export type { Awaitable } from "../base/session_cache.ts";
export type { SessionStore } from "../base/session_store.ts";
export type { StoreEngine } from "./conformance/engine.ts";

/**
 * The options of {@linkcode testSessionStore}.
 *
 * @category Sessions
 */
export interface StoreConformanceOptions {
  /** The name of the store, which the tests' titles begin with. */
  readonly name: string;
  /** Registers a test, as `Deno.test` and `test` of `node:test` do; it fails if `run` rejects. */
  readonly test: (title: string, run: () => Promise<void>) => unknown;
  /**
   * Makes the engine of a test, which closes it. Tests do not use each other's rows, except that
   * each may leave some: engines may share a database.
   */
  readonly engine: () => Awaitable<StoreEngine>;
}

const SHAPE: Shape<StoreConformanceOptions> = {
  name: required(isString),
  test: required(isFunction),
  engine: required(isFunction),
};

/**
 * Registers the tests of a session store: names, values, lifetimes, the atomic step under
 * concurrency, epochs, and rows that others have damaged. Each needs well below a second, unless
 * the engine is slow.
 *
 * @param options The store's name, the runner's function, and what makes an engine.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if an option is missing or invalid.
 *
 * @example Usage
 * ```ts
 * import { testSessionStore } from "@nss/nss/ssl/session-store-conformance";
 * import { MemorySessionStore } from "@nss/nss/ssl/session-store";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const titles: string[] = [];
 * const store = new MemorySessionStore(); // in place of one's own
 * testSessionStore({
 *   name: "MyStore",
 *   test: (title) => titles.push(title), // Deno.test, or test of node:test
 *   engine: () => ({
 *     open: () => store,
 *     advance: null, // lifetimes are waited for
 *     restart: null, // the epoch may be null
 *     spoil: null,
 *     close: () => {},
 *   }),
 * });
 * assertStringIncludes(titles[0]!, "MyStore: a row that was never written");
 * ```
 *
 * @category Sessions
 */
export function testSessionStore(options: StoreConformanceOptions): void {
  const { name, test, engine } = takeOptions("Cannot test session store", options, SHAPE);
  const register = (criteria: readonly Criterion[], isTried: (engine: StoreEngine) => boolean) => {
    for (const [title, run] of criteria) {
      test(`${name}: ${title}`, () => tryWith(engine, isTried, run));
    }
  };
  const always = () => true;
  register([...VALUE_CRITERIA, ...REPLACE_CRITERIA, ...EXPIRY_CRITERIA, ...EPOCH_CRITERIA], always);
  register(RESTART_CRITERIA, ({ restart }) => restart !== null);
  register(SPOILT_CRITERIA, ({ spoil }) => spoil !== null);
}

async function tryWith(
  make: () => Awaitable<StoreEngine>,
  isTried: (engine: StoreEngine) => boolean,
  run: Criterion[1],
): Promise<void> {
  const engine = await make();
  const opened: SessionStore[] = [];
  const bench: Bench = {
    engine,
    open: async () => {
      const store = await engine.open();
      opened.push(store);
      return store;
    },
    openAll: (count) => Promise.all(Array.from({ length: count }, () => bench.open())),
    name: () => crypto.randomUUID(),
  };
  try {
    if (isTried(engine)) await run(bench);
  } finally {
    // A store may be the same for all
    for (const store of new Set(opened)) await store.close?.();
    await engine.close();
  }
}
