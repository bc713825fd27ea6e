// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { DecodeError } from "../../../ssl/wire/decode_error.ts";
import { Reader } from "../../../ssl/wire/reader.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const ff = (length: number) => new Uint8Array(length).fill(0xff);

Deno.test("Reader reads integers with the highest byte first", () => {
  const reader = new Reader(bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  assertEquals(reader.u8(), 0x01);
  assertEquals(reader.u16(), 0x0203);
  assertEquals(reader.u24(), 0x040506);
  assertEquals(reader.u32(), 0x0708090a);
  reader.finish();
});

Deno.test("Reader reads the largest integers as positive numbers", () => {
  const reader = new Reader(ff(10));
  assertEquals([reader.u8(), reader.u16(), reader.u24(), reader.u32()], [
    0xff,
    0xffff,
    0xffffff,
    0xffffffff,
  ]);
});

Deno.test("Reader refuses to read past the end, and reads on after that", () => {
  for (
    const [size, read] of [
      [1, (r: Reader) => r.u8()],
      [2, (r: Reader) => r.u16()],
      [3, (r: Reader) => r.u24()],
      [4, (r: Reader) => r.u32()],
      [5, (r: Reader) => r.bytes(5)],
    ] as const
  ) {
    const short = new Reader(ff(size - 1));
    assertThrows(() => read(short), DecodeError, `where ${size - 1} are left`);
    assertEquals(short.remaining, size - 1);
    const enough = new Reader(ff(size));
    read(enough);
    assertEquals(enough.remaining, 0);
  }
});

Deno.test("Reader hands out subarrays of what it was given", () => {
  const given = bytes(9, 2, 7, 8, 1, 2);
  const reader = new Reader(given, 1);
  const vector = reader.vector8();
  assertStrictEquals(vector.buffer, given.buffer);
  assertEquals(vector, bytes(7, 8));
  const rest = reader.rest();
  assertStrictEquals(rest.buffer, given.buffer);
  assertEquals(rest, bytes(1, 2));
});

Deno.test("Reader holds vectors to their bounds, at n and n+1", () => {
  const vectors = [
    [(n: number) => bytes(n), (r: Reader) => r.vector8(2, 4)],
    [(n: number) => bytes(0, n), (r: Reader) => r.vector16(2, 4)],
    [(n: number) => bytes(0, 0, n), (r: Reader) => r.vector24(2, 4)],
    [(n: number) => bytes(n), (r: Reader) => r.reader8(2, 4).rest()],
    [(n: number) => bytes(0, n), (r: Reader) => r.reader16(2, 4).rest()],
    [(n: number) => bytes(0, 0, n), (r: Reader) => r.reader24(2, 4).rest()],
  ] as const;
  for (const [prefix, read] of vectors) {
    for (const length of [1, 2, 4, 5]) {
      const reader = new Reader(bytes(...prefix(length), ...ff(length)));
      if (length === 1 || length === 5) {
        assertThrows(() => read(reader), DecodeError, "is not within <2..4>");
      } else {
        assertEquals(read(reader), ff(length));
        reader.finish();
      }
    }
  }
});

Deno.test("Reader refuses a vector that is longer than what is left", () => {
  for (const read of [(r: Reader) => r.vector8(), (r: Reader) => r.reader8()]) {
    assertThrows(() => read(new Reader(bytes(3, 1, 2))), DecodeError, "3 bytes are needed");
  }
});

Deno.test("Reader.reader16() does not read beyond its vector", () => {
  const outer = new Reader(bytes(0, 1, 0xaa, 0xbb));
  const inner = outer.reader16();
  assertEquals(inner.remaining, 1);
  assertThrows(() => inner.u16(), DecodeError);
  assertEquals(inner.u8(), 0xaa);
  inner.finish();
  assertEquals(outer.u8(), 0xbb);
});

Deno.test("Reader.list() reads elements to the end and refuses half of one", () => {
  assertEquals(new Reader(bytes(0, 1, 0, 2)).list((r) => r.u16()), [1, 2]);
  assertEquals(new Reader(bytes()).list((r) => r.u16()), []);
  assertThrows(() => new Reader(bytes(0, 1, 0)).list((r) => r.u16()), DecodeError);
});

Deno.test("Reader.list() ends where its function reads nothing", () => {
  assertThrows(() => new Reader(bytes(1)).list(() => 0), RangeError, "an element has no bytes");
});

Deno.test("Reader.finish() refuses bytes that are left", () => {
  const reader = new Reader(bytes(1, 2));
  assertThrows(() => reader.finish(), DecodeError, "2 bytes are left");
  reader.rest();
  reader.finish();
  assert(reader.remaining === 0);
});

Deno.test("Reader refuses a range outside of the bytes", () => {
  for (const [start, end] of [[-1, 1], [0, 3], [2, 1]] as const) {
    assertThrows(() => new Reader(bytes(1, 2), start, end), RangeError);
  }
});
