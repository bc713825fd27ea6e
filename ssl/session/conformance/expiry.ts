// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SessionStore } from "../../base/session_store.ts";
import { type Bench, bytes, type Criterion, ensureAnswer, ensureValue, LONG } from "./engine.ts";

/** A lifetime in milliseconds that a test waits for, where it cannot advance the clock. */
const SHORT = 250;
/** The time in milliseconds by which the clocks of engine and test may differ in their steps. */
const SLACK = 50;
const DAY = 86_400_000;
/** How often a test begins anew because the machine was too slow to look in time. */
const MAX_ATTEMPTS = 6;

/** A row is written with a lifetime, and looked at just before its end and at its end. */
async function expire(
  { engine, open, name }: Bench,
  write: (store: SessionStore, row: string, lifetime: number) => Promise<void>,
  value: Uint8Array,
): Promise<{ readonly store: SessionStore; readonly row: string }> {
  const store = await open();
  if (engine.advance !== null) {
    const row = name();
    await write(store, row, LONG);
    await engine.advance(LONG - 1);
    ensureValue(await store.get(row), value, "1 ms before the end of its lifetime");
    await engine.advance(1);
    return { store, row };
  }
  let lifetime = SHORT;
  for (let attempt = 1;; attempt++) {
    const row = name();
    const before = performance.now();
    await write(store, row, lifetime);
    const found = await store.get(row);
    const isInTime = performance.now() - before < lifetime - SLACK;
    if (isInTime || attempt === MAX_ATTEMPTS) {
      ensureValue(found, value, `within its lifetime of ${lifetime} ms`);
      await wait(lifetime + SLACK);
      return { store, row };
    }
    lifetime *= 2;
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const OLD = bytes(1, 2, 3);
const NEW = bytes(4, 5, 6);

/** What stores have to do with lifetimes. */
export const EXPIRY_CRITERIA: readonly Criterion[] = [
  ["a row of put() is there until its lifetime ends, and not then", async (bench) => {
    const write = (store: SessionStore, row: string, lifetime: number) =>
      Promise.resolve(store.put(row, OLD, lifetime));
    const { store, row } = await expire(bench, write, OLD);
    ensureValue(await store.get(row), undefined, "at the end of its lifetime");
    ensureValue(await (await bench.open()).get(row), undefined, "at the end, in another store");
  }],
  ["a row of replace() is there until its lifetime ends, and not then", async (bench) => {
    const { store, row } = await expire(bench, async (store, row, lifetime) => {
      ensureAnswer(await store.replace(row, null, OLD, lifetime), true, "of no row");
    }, OLD);
    ensureValue(await store.get(row), undefined, "at the end of its lifetime");
  }],
  ["a row that has expired is no row for replace()", async (bench) => {
    const write = (store: SessionStore, row: string, lifetime: number) =>
      Promise.resolve(store.put(row, OLD, lifetime));
    const { store, row } = await expire(bench, write, OLD);
    ensureAnswer(await store.replace(row, OLD, NEW, LONG), false, "of a row that has expired");
    ensureAnswer(await store.replace(row, OLD, null, LONG), false, "of a row that has expired");
    ensureAnswer(await store.replace(row, null, NEW, LONG), true, "where a row has expired");
    ensureValue(await store.get(row), NEW, "after that");
  }],
  ["a new value has its own lifetime, a shorter one too", async (bench) => {
    const { store, row } = await expire(bench, async (store, row, lifetime) => {
      await store.put(row, OLD, 10 * LONG);
      ensureAnswer(await store.replace(row, OLD, NEW, lifetime), true, "");
    }, NEW);
    ensureValue(await store.get(row), undefined, "at the end of the lifetime that replace() gave");
    const second = await expire(bench, async (store, row, lifetime) => {
      await store.put(row, OLD, 10 * LONG);
      await store.put(row, NEW, lifetime);
    }, NEW);
    const { store: other, row: place } = second;
    ensureValue(await other.get(place), undefined, "at the end of the lifetime that put() gave");
  }],
  ["a new value outlives the lifetime of the one before it", async (bench) => {
    const store = await bench.open();
    // As long as the writes below may take on a busy machine
    const lifetime = bench.engine.advance === null ? 4 * SHORT : LONG;
    const [put, replaced, removed] = [bench.name(), bench.name(), bench.name()];
    for (const row of [put, replaced, removed]) await store.put(row, OLD, lifetime);
    await store.put(put, NEW, 10 * LONG);
    const answer = await store.replace(replaced, OLD, NEW, 10 * LONG);
    ensureAnswer(answer, true, "within the lifetime of the value");
    ensureAnswer(await store.replace(removed, OLD, null, LONG), true, "of its value");
    await store.put(removed, NEW, 10 * LONG);
    await (bench.engine.advance ?? wait)(lifetime + SLACK);
    for (const row of [put, replaced, removed]) {
      ensureValue(await store.get(row), NEW, "after the lifetime of the value before it");
    }
  }],
  ["a lifetime may be 1 ms, or longer than a timer or 32 bits can count", async (bench) => {
    const store = await bench.open();
    for (const lifetime of [7 * DAY, 2 ** 31, 2 ** 32, 400 * DAY]) {
      const row = bench.name();
      await store.put(row, OLD, lifetime);
      ensureValue(await store.get(row), OLD, `with a lifetime of ${lifetime} ms`);
      ensureAnswer(await store.replace(row, OLD, NEW, lifetime), true, `of ${lifetime} ms`);
      ensureValue(await store.get(row), NEW, `with a lifetime of ${lifetime} ms`);
    }
    const row = bench.name();
    await store.put(row, OLD, 1);
    await (bench.engine.advance ?? wait)(1 + SLACK);
    ensureValue(await store.get(row), undefined, "after its lifetime of 1 ms");
  }],
];
