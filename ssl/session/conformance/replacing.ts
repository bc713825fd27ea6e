// Copyright 2026 the NSS for Deno authors. MIT license.

import { MAX_ROW_LENGTH, type SessionStore } from "../../base/session_store.ts";
import {
  bytes,
  type Criterion,
  ensure,
  ensureAnswer,
  ensureValue,
  LONG,
  pattern,
} from "./engine.ts";

type Value = Uint8Array<ArrayBuffer> | null;

/** The number of stores that write at the same time, and how often they do. */
const WRITERS = 8;
const ROUNDS = 8;

/** All stores replace a row at the same time: exactly one may be told that it has. */
async function race(
  stores: readonly SessionStore[],
  row: string,
  before: Value,
  afterOf: (i: number) => Value,
): Promise<void> {
  const answers: unknown[] = await Promise.all(
    stores.map((store, i) => store.replace(row, before, afterOf(i), LONG)),
  );
  const winners = answers.flatMap((answer, i) => answer === true ? [i] : []);
  ensure(winners.length === 1, `${winners.length} of ${stores.length} were told true, not one`);
  ensure(answers.every((answer) => typeof answer === "boolean"), "an answer is no boolean");
  const winning = afterOf(winners[0]!) ?? undefined;
  for (const store of stores) ensureValue(await store.get(row), winning, "which the winner wrote");
}

function equal(a: Value, b: Value): boolean {
  return a === b || a !== null && b !== null && a.toString() === b.toString();
}

/** What stores have to do when rows are replaced. */
export const REPLACE_CRITERIA: readonly Criterion[] = [
  ["replace() replaces the expected value alone", async (bench) => {
    const [store, other] = await bench.openAll(2);
    const values: readonly Value[] = [null, bytes(1), bytes(2), bytes(1, 2)];
    for (const there of values) {
      for (const before of values) {
        for (const after of values) {
          const row = bench.name();
          if (there !== null) await store!.put(row, there, LONG);
          const isExpected = equal(there, before);
          const when = `where [${there}] is, for [${before}] and [${after}]`;
          ensureAnswer(await store!.replace(row, before, after, LONG), isExpected, when);
          ensureValue(await other!.get(row), (isExpected ? after : there) ?? undefined, when);
        }
      }
    }
  }],
  ["replace() compares all bytes", async (bench) => {
    const store = await bench.open();
    for (const length of [1, 2, 16, 33, 256, MAX_ROW_LENGTH - 1]) {
      const row = bench.name();
      const value = pattern(length, 3);
      await store.put(row, value, LONG);
      const places = [0, length >> 1, length - 1];
      const others = [
        ...places.flatMap((i) => [1, 0x20, 0x80].map((bit) => value.with(i, value[i]! ^ bit))),
        Uint8Array.from([...value, 0]),
        Uint8Array.from([0, ...value]),
        ...length > 1 ? [value.slice(0, -1), value.slice(1)] : [],
      ];
      for (const other of others) {
        ensureAnswer(await store.replace(row, other, bytes(1), LONG), false, `${length} bytes`);
        ensureAnswer(await store.replace(row, other, null, LONG), false, `${length} bytes`);
      }
      ensureValue(await store.get(row), value, "after replace() of other values");
    }
  }],
  ["a value is none of the texts that an encoding makes of it", async (bench) => {
    const store = await bench.open();
    for (const value of [bytes(1, 2), bytes(0xfb, 0xef, 0xff), bytes("AQI"), bytes("é")]) {
      const binary = String.fromCharCode(...value);
      const base64 = btoa(binary);
      const digits = [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      const texts = [
        ...[base64, base64.replace(/=+$/, ""), digits, digits.toUpperCase(), `\\x${digits}`],
        base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""),
        ...[JSON.stringify([...value]), value.toString(), JSON.stringify(binary)],
      ].map((text) => bytes(text));
      const decoded = new TextEncoder().encode(new TextDecoder().decode(value));
      for (const other of [...texts, decoded, new TextEncoder().encode(binary)]) {
        if (equal(value, other)) continue;
        for (const [there, expected] of [[value, other], [other, value]] as const) {
          const row = bench.name();
          await store.put(row, there, LONG);
          ensureAnswer(await store.replace(row, expected, null, LONG), false, "of another value");
          ensureValue(await store.get(row), there, "after replace() of another value");
        }
      }
    }
  }],
  ["of many who write a row that is not there, one is told so", async (bench) => {
    const stores = await bench.openAll(WRITERS);
    for (let round = 0; round < ROUNDS; round++) {
      await race(stores, bench.name(), null, (i) => bytes(round, i));
    }
  }],
  ["of many who replace a value, one is told so", async (bench) => {
    const stores = await bench.openAll(WRITERS);
    const row = bench.name();
    for (let round = 0; round < ROUNDS; round++) {
      const before = bytes(100, round);
      await stores[0]!.put(row, before, LONG);
      await race(stores, row, before, (i) => bytes(round, i));
    }
  }],
  ["of many who replace a value by the same one, one is told so", async (bench) => {
    const stores = await bench.openAll(WRITERS);
    for (let round = 0; round < ROUNDS; round++) {
      const row = bench.name();
      await stores[0]!.put(row, bytes(1), LONG);
      await race(stores, row, bytes(1), () => bytes(2));
    }
  }],
  ["of many who take a row, one gets it", async (bench) => {
    const stores = await bench.openAll(WRITERS);
    for (let round = 0; round < ROUNDS; round++) {
      const row = bench.name();
      await stores[0]!.put(row, bytes(round), LONG);
      await race(stores, row, bytes(round), () => null);
      await race(stores, row, null, (i) => bytes(i)); // it can be written again
    }
  }],
  ["of those who take a row and those who replace it, one is told so", async (bench) => {
    const stores = await bench.openAll(WRITERS);
    for (let round = 0; round < ROUNDS; round++) {
      const row = bench.name();
      await stores[0]!.put(row, bytes(round), LONG);
      await race(stores, row, bytes(round), (i) => (i + round) % 2 === 0 ? null : bytes(100, i));
    }
  }],
  ["what put() writes is not lost to a replace() of the value before it", async (bench) => {
    const stores = await bench.openAll(WRITERS);
    for (let round = 0; round < ROUNDS; round++) {
      const row = bench.name();
      await stores[0]!.put(row, bytes(1), LONG);
      // In turn, so that each is sometimes the first and the last
      const putter = round % WRITERS;
      await Promise.all(stores.map(async (store, i) => {
        if (i === putter) await store.put(row, bytes(2), LONG);
        else await store.replace(row, bytes(1), i % 2 === 0 ? null : bytes(3, i), LONG);
      }));
      ensureValue(await stores[0]!.get(row), bytes(2), "after put() and replace() at once");
    }
  }],
  ["of counts that many add to a row, none is lost", async (bench) => {
    const stores = await bench.openAll(WRITERS / 2);
    const row = bench.name();
    await stores[0]!.put(row, bytes(0), LONG);
    const total = stores.length * ROUNDS;
    const add = async (store: SessionStore) => {
      // Each attempt that fails is one of another store that has counted
      for (let attempts = 0; attempts <= total; attempts++) {
        const value = await store.get(row);
        ensure(value?.length === 1, "the row that is counted in is gone");
        const next = bytes(value[0]! + 1);
        if (await store.replace(row, new Uint8Array(value), next, LONG) === true) return;
      }
      throw new Error("replace() of the value that is there is never told that it has replaced it");
    };
    await Promise.all(stores.map(async (store) => {
      for (let round = 0; round < ROUNDS; round++) await add(store);
    }));
    ensureValue(await stores[0]!.get(row), bytes(total), "after all have counted");
  }],
];
