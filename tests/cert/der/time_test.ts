// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { TAG } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { readTime, writeTime } from "../../../cert/der/time.ts";

const read = (tag: number, text: string) =>
  readTime(new DerReader(new DerWriter().string(tag, text).finish(), "test"), "time").toISOString();
const utc = (text: string) => read(TAG.utcTime, text);
const generalized = (text: string) => read(TAG.generalizedTime, text);

Deno.test("readTime() reads two digits of a year as RFC 5280 says", () => {
  assertEquals(utc("500101000000Z"), "1950-01-01T00:00:00.000Z");
  assertEquals(utc("991231235959Z"), "1999-12-31T23:59:59.000Z");
  assertEquals(utc("000101000000Z"), "2000-01-01T00:00:00.000Z");
  assertEquals(utc("491231235959Z"), "2049-12-31T23:59:59.000Z");
});

Deno.test("readTime() reads four digits of a year", () => {
  assertEquals(generalized("20500101000000Z"), "2050-01-01T00:00:00.000Z");
  assertEquals(generalized("99991231235959Z"), "9999-12-31T23:59:59.000Z");
  assertEquals(generalized("20240229000000Z"), "2024-02-29T00:00:00.000Z");
  assertEquals(generalized("00010101000000Z"), "0001-01-01T00:00:00.000Z");
});

Deno.test("readTime() refuses every other form", () => {
  const bad = ["", "2601010000Z", "260101000000", "260101000000+0000", "260101000000.5Z"];
  bad.push("26010100000 Z", "2601010000000Z", "20260101000000Z", "-60101000000Z", "260101000000z");
  for (const text of bad) assertThrows(() => utc(text), NssError, "the time is not YYMM");
  for (const text of ["20260101000000.1Z", "20260101000000", "260101000000Z"]) {
    assertThrows(() => generalized(text), NssError, "the time is not YYYY");
  }
  assertThrows(() => read(TAG.integer, "1"), NssError, "expected tag 0x17");
});

Deno.test("readTime() refuses what is not in the calendar", () => {
  const bad = ["260001000000Z", "261301000000Z", "260100000000Z", "260132000000Z", "260229000000Z"];
  bad.push("260101240000Z", "260101006000Z", "260101000060Z", "260431000000Z");
  for (const text of bad) assertThrows(() => utc(text), NssError, "no time of the calendar");
  assertThrows(() => generalized("21000229000000Z"), NssError, "no time of the calendar");
});

Deno.test("writeTime() writes UTCTime through 2049 and GeneralizedTime from 2050 on", () => {
  const write = (iso: string) => {
    const writer = new DerWriter();
    writeTime(writer, new Date(iso));
    const der = writer.finish();
    return [der[0], new TextDecoder().decode(der.subarray(2))];
  };
  assertEquals(write("2049-12-31T23:59:59.999Z"), [TAG.utcTime, "491231235959Z"]);
  assertEquals(write("2050-01-01T00:00:00Z"), [TAG.generalizedTime, "20500101000000Z"]);
  assertEquals(write("1950-01-01T00:00:00Z"), [TAG.utcTime, "500101000000Z"]);
  assertEquals(write("1949-12-31T23:59:59Z"), [TAG.generalizedTime, "19491231235959Z"]);
});

Deno.test("writeTime() refuses years that have no four digits", () => {
  const writer = new DerWriter();
  for (const time of [new Date(NaN), new Date("+010000-01-01T00:00:00Z")]) {
    assertThrows(() => writeTime(writer, time), NssError, "the year is not");
  }
});
