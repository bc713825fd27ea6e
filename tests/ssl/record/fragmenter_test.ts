// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { fragments } from "../../../ssl/record/fragmenter.ts";
import { Random } from "../wire/random.ts";

Deno.test("fragments() cuts data into pieces of the given length, without a copy", () => {
  const data = new Random(1).bytes(100);
  for (let max = 1; max <= 101; max++) {
    const pieces = [...fragments(data, max)];
    assertEquals(pieces.length, Math.ceil(data.length / max));
    assertEquals(pieces.flatMap((piece) => [...piece]), [...data]);
    for (const piece of pieces.slice(0, -1)) assertEquals(piece.length, max);
    for (const piece of pieces) assertStrictEquals(piece.buffer, data.buffer);
  }
});

Deno.test("fragments() makes one of data that just fits, and two of a byte more", () => {
  const lengths = (length: number) =>
    [...fragments(new Uint8Array(length), 64)].map((f) => f.length);
  assertEquals(lengths(64), [64]);
  assertEquals(lengths(65), [64, 1]);
});

Deno.test("fragments() makes nothing of no data", () => {
  assertEquals([...fragments(new Uint8Array(), 10)], []);
});

Deno.test("fragments() refuses lengths that would never end", () => {
  for (const max of [0, -1, 1.5, NaN]) {
    assertThrows(() => [...fragments(new Uint8Array(1), max)], RangeError);
  }
});
