// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { coverPairs, coverValues } from "./cover.ts";

Deno.test("coverPairs() has every pair of values of any two axes, in far fewer rows than the product", () => {
  const axes = {
    suite: ["a", "b", "c"],
    group: ["d", "e", "f", "g", "h"],
    certificate: ["i", "j", "k", "l", "m", "n"],
    mode: ["o", "p", "q", "r", "s"],
    retry: [true, false],
  };
  const rows = coverPairs(axes);
  const lists = Object.entries(axes);
  for (const [n, [x, xs]] of lists.entries()) {
    for (const [y, ys] of lists.slice(n + 1)) {
      for (const i of xs) {
        for (const j of ys) {
          const found = rows.some((row) => {
            const values = new Map(Object.entries(row));
            return values.get(x) === i && values.get(y) === j;
          });
          assert(found, `no row has ${x} ${i} and ${y} ${j}`);
        }
      }
    }
  }
  assertLessOrEqual(rows.length, 40);
});

Deno.test("coverPairs() has no row where an axis has no value", () => {
  assertEquals(coverPairs({ a: ["1"], b: [] }), []);
});

Deno.test("coverValues() has every value, in as many rows as the longest axis has values", () => {
  assertEquals(coverValues({ a: ["1", "2", "3"], b: [true, false] }), [
    { a: "1", b: true },
    { a: "2", b: false },
    { a: "3", b: true },
  ]);
  assertEquals(coverValues({ a: ["1"], b: [] }), []);
});
