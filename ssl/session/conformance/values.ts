// Copyright 2026 the NSS for Deno authors. MIT license.

import { MAX_ROW_LENGTH, MAX_ROW_NAME_LENGTH } from "../../base/session_store.ts";
import {
  bytes,
  type Criterion,
  ensure,
  ensureAnswer,
  ensureValue,
  LONG,
  pattern,
} from "./engine.ts";

/** All bytes, and what encodings and engines take for something else. */
function oddValues(): Uint8Array<ArrayBuffer>[] {
  const all = new Uint8Array(256).map((_, i) => i);
  const texts = [
    ...["0", "1", "-1", "null", "undefined", "true", "false", "nil", "OK", "NaN", "[]", "{}"],
    ...['"', "'", "\\", "\\x00", "\\0", "\n", "\r\n", " ", " a", "a ", "$1", "?", "%s", "{a}", "*"],
    ...["\uFEFF", "é", "\u{1F511}", "AQI", "AQI=", "AQI_", "AQI/", "0102", "base64:AQI"],
  ];
  return [
    all,
    all.toReversed(),
    ...[...all].map((byte) => bytes(byte)),
    ...texts.map((text) => bytes(text)),
    ...[[0, 0], [0, 1], [1, 0], [0xff, 0xfe], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf]]
      .map((values) => bytes(...values)),
  ];
}

const NAMES: readonly string[] = [
  ...["0", "-", "_", "--", "a-b", "a_b", "null", "undefined", "toString", "constructor"],
  "__proto__",
  "abcdefghijklmnopqrstuvwxyz",
  "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  "0123456789-_",
];

/** What stores have to do with names and values. */
export const VALUE_CRITERIA: readonly Criterion[] = [
  ["a row that was never written is undefined", async (bench) => {
    const store = await bench.open();
    ensureValue(await store.get(bench.name()), undefined, "of a row that was never written");
  }],
  ["what one store writes, another reads, and put() replaces it", async (bench) => {
    const [a, b] = await bench.openAll(2);
    const name = bench.name();
    for (const value of [bytes(1, 2, 3), bytes(4), bytes(5, 6)]) {
      await a!.put(name, value, LONG);
      ensureValue(await b!.get(name), value, "from another store");
      ensureValue(await a!.get(name), value, "from the store that has written it");
    }
  }],
  ["names are told apart by each character, up to the longest", async (bench) => {
    const store = await bench.open();
    const base = bench.name();
    const fill = "x".repeat(MAX_ROW_NAME_LENGTH - base.length);
    const names = [
      base,
      ...[base.toUpperCase(), `${base}a`, `${base}A`, `${base}-`, `${base}_`],
      ...[base + fill, base + fill.slice(1), base + fill.replace(/x$/, "y")],
      ...NAMES.map((name) => `${base.slice(0, 20)}${name}`),
    ];
    const valueOf = (i: number) => bytes(1, i);
    for (const [i, name] of names.entries()) await store.put(name, valueOf(i), LONG);
    for (const [i, name] of names.entries()) {
      ensureValue(await store.get(name), valueOf(i), `under the name ${name}`);
    }
    for (const [i, name] of names.entries()) {
      ensureAnswer(await store.replace(name, valueOf(i), null, LONG), true, `for ${name}`);
      ensureValue(await store.get(name), undefined, `after ${name} was removed`);
      const next = names[i + 1];
      if (next !== undefined) {
        ensureValue(await store.get(next), valueOf(i + 1), `after ${name} was removed`);
      }
    }
  }],
  ["names may be words that objects and engines have for themselves", async (bench) => {
    const store = await bench.open();
    for (const name of NAMES) {
      ensureValue(await store.get(name), undefined, `under ${name}, which was never written`);
      await store.put(name, bytes(1), LONG);
      ensureValue(await store.get(name), bytes(1), `under ${name}`);
      ensureAnswer(await store.replace(name, bytes(1), null, LONG), true, `for ${name}`);
    }
  }],
  ["values come back byte by byte, whatever they look like", async (bench) => {
    const [a, b] = await bench.openAll(2);
    const name = bench.name();
    for (const value of oddValues()) {
      await a!.put(name, value, LONG);
      ensureValue(await b!.get(name), value, "after put()");
    }
  }],
  ["replace() writes values byte by byte, too, and finds them again", async (bench) => {
    const [a, b] = await bench.openAll(2);
    const name = bench.name();
    let before: Uint8Array<ArrayBuffer> | null = null;
    for (const value of oddValues()) {
      ensureAnswer(
        await a!.replace(name, before, value, LONG),
        true,
        "of the value that was there",
      );
      ensureValue(await b!.get(name), value, "after replace()");
      before = value;
    }
  }],
  ["values may have any length up to the longest", async (bench) => {
    const store = await bench.open();
    const name = bench.name();
    const lengths = [1, 2, 3, 4, 255, 256, 257, 4095, 4097, 16_384, 32_767, 32_769, 49_999];
    for (const length of [...lengths, MAX_ROW_LENGTH - 1, MAX_ROW_LENGTH]) {
      const value = pattern(length, 1);
      await store.put(name, value, LONG);
      ensureValue(await store.get(name), value, "after put()");
      const other = pattern(length, 2);
      ensureAnswer(await store.replace(name, value, other, LONG), true, `with ${length} bytes`);
      ensureValue(await store.get(name), other, "after replace()");
    }
  }],
  ["a value is a copy: neither the given nor the returned bytes are shared", async (bench) => {
    const store = await bench.open();
    const name = bench.name();
    const whole = bytes(9, 1, 2, 3, 9);
    await store.put(name, whole.subarray(1, 4), LONG); // a view of more
    whole.fill(7);
    const first = await store.get(name);
    ensureValue(first, bytes(1, 2, 3), "after the given bytes were overwritten");
    ensure(first !== undefined, "there is no value");
    first.fill(7);
    ensureValue(await store.get(name), bytes(1, 2, 3), "after returned bytes were overwritten");
    const after = bytes(9, 4, 5, 9).subarray(1, 3);
    ensureAnswer(await store.replace(name, bytes(0, 1, 2, 3).subarray(1), after, LONG), true, "");
    after.fill(7);
    ensureValue(
      await store.get(name),
      bytes(4, 5),
      "after the bytes of replace() were overwritten",
    );
  }],
  [
    "the patience of a store is a positive whole number of milliseconds, if it tells one",
    async (bench) => {
      const { patience } = await bench.open();
      const isGood = patience === undefined || Number.isSafeInteger(patience) && patience > 0;
      ensure(isGood, "patience is neither undefined nor a positive whole number");
    },
  ],
  ["a closed store leaves the others open", async (bench) => {
    const [a] = await bench.openAll(1);
    const b = await bench.engine.open();
    const name = bench.name();
    await b.put(name, bytes(1), LONG);
    await b.close?.();
    ensureValue(await a!.get(name), bytes(1), "after another store was closed");
    ensureAnswer(await a!.replace(name, bytes(1), null, LONG), true, "after that");
  }],
];

/** What stores have to do with rows that others have written. */
export const SPOILT_CRITERIA: readonly Criterion[] = [
  [
    "where others can write, what they put into the place of a row gives no error, and is replaced",
    async (bench) => {
      const store = await bench.open();
      for (const [i, spoil] of (bench.engine.spoil ?? []).entries()) {
        const name = bench.name();
        for (const hasRow of [false, true]) {
          const which = `with the garbage ${i}`;
          if (hasRow) await store.put(name, bytes(1, 2, 3), LONG);
          await spoil(name);
          const found: unknown = await store.get(name);
          ensure(
            found === undefined || found instanceof Uint8Array,
            `get() returned neither undefined nor a Uint8Array ${which}`,
          );
          const before = found === undefined ? null : new Uint8Array(found);
          ensureAnswer(await store.replace(name, before, bytes(4), LONG), true, which);
          ensureValue(await store.get(name), bytes(4), which);
          await spoil(name);
          await store.put(name, bytes(5), LONG);
          ensureValue(await store.get(name), bytes(5), which);
          ensureAnswer(await store.replace(name, bytes(5), null, LONG), true, which);
        }
      }
    },
  ],
];
