// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { Reader } from "../../../ssl/wire/reader.ts";
import { Writer } from "../../../ssl/wire/writer.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

Deno.test("Writer writes integers with the highest byte first", () => {
  const written = new Writer().u8(1).u16(0x0203).u24(0x040506).u32(0xff08090a).finish();
  assertEquals(written, bytes(1, 2, 3, 4, 5, 6, 0xff, 8, 9, 10));
});

Deno.test("Writer refuses integers that do not fit, at n and n+1", () => {
  const writes = [
    [0xff, (w: Writer, n: number) => w.u8(n)],
    [0xffff, (w: Writer, n: number) => w.u16(n)],
    [0xffffff, (w: Writer, n: number) => w.u24(n)],
    [0xffffffff, (w: Writer, n: number) => w.u32(n)],
  ] as const;
  for (const [max, write] of writes) {
    write(new Writer(), 0);
    write(new Writer(), max);
    for (const wrong of [-1, max + 1, 0.5, NaN]) {
      assertThrows(() => write(new Writer(), wrong), RangeError, "is not a uint");
    }
  }
});

Deno.test("Writer measures nested vectors", () => {
  const written = new Writer(1)
    .vector24((a) => a.u8(9).vector16((b) => b.vector8(bytes(1, 2, 3)).vector8(() => {})))
    .finish();
  assertEquals(written, bytes(0, 0, 8, 9, 0, 5, 3, 1, 2, 3, 0));
});

Deno.test("Writer refuses vectors beyond their prefix or bounds, at n and n+1", () => {
  const zeros = (length: number) => new Uint8Array(length);
  assertEquals(new Writer().vector8(zeros(255)).length, 256);
  assertThrows(() => new Writer().vector8(zeros(256)), RangeError, "<0..255>");
  assertEquals(new Writer().vector16(zeros(65535)).length, 65537);
  assertThrows(() => new Writer().vector16(zeros(65536)), RangeError, "<0..65535>");
  assertThrows(() => new Writer().vector24(zeros(2 ** 24)), RangeError, "<0..16777215>");
  for (const length of [1, 2, 4, 5]) {
    for (
      const write of [
        () => new Writer().vector8(zeros(length), 2, 4),
        () => new Writer().vector16((w) => w.bytes(zeros(length)), 2, 4),
        () => new Writer().vector24(zeros(length), 2, 4),
      ]
    ) {
      if (length === 1 || length === 5) assertThrows(write, RangeError, "<2..4>");
      else write();
    }
  }
});

Deno.test("Writer.fixed() refuses bytes of another length", () => {
  assertEquals(new Writer().fixed(bytes(1, 2), 2).finish(), bytes(1, 2));
  for (const length of [1, 3]) {
    assertThrows(() => new Writer().fixed(bytes(1, 2), length), RangeError, "2 are given");
  }
});

Deno.test("Writer grows from any capacity and keeps what it holds", () => {
  for (const capacity of [0, 1, 3, 1000]) {
    const writer = new Writer(capacity);
    for (let i = 0; i < 500; i++) writer.u16(i);
    const reader = new Reader(writer.finish());
    assertEquals(reader.list((r) => r.u16()), Array.from({ length: 500 }, (_, i) => i));
  }
});

Deno.test("Writer.finish() gives away all that was written, and later writes begin anew", () => {
  const writer = new Writer().u8(1);
  const first = writer.finish();
  assertEquals(writer.length, 0);
  assertEquals(writer.u8(2).finish(), bytes(2));
  assertEquals(first, bytes(1));
});
