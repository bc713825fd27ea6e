// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";

const hex = (write: (writer: DerWriter) => void) => {
  const writer = new DerWriter();
  write(writer);
  return encodeHex(writer.finish());
};

Deno.test("DerWriter writes lengths in the fewest bytes", () => {
  for (const [size, header] of [[0, "0400"], [127, "047f"], [128, "048180"], [256, "04820100"]]) {
    const written = hex((w) => w.octetString(new Uint8Array(Number(size))));
    assertEquals(written, header + "00".repeat(Number(size)));
  }
});

Deno.test("DerWriter.integer() writes the fewest bytes", () => {
  const cases: [number | bigint | Uint8Array, string][] = [
    [0, "020100"],
    [127, "02017f"],
    [128, "02020080"],
    [-1, "0201ff"],
    [-128, "020180"],
    [-129, "0202ff7f"],
    [2n ** 64n, "0209010000000000000000"],
    [Uint8Array.of(0, 0, 1), "020101"],
    [Uint8Array.of(0, 0x80), "02020080"],
    [new Uint8Array(0), "020100"],
  ];
  for (const [value, expected] of cases) assertEquals(hex((w) => w.integer(value)), expected);
});

Deno.test("DerWriter.unsignedInteger() adds the sign where it is needed", () => {
  assertEquals(hex((w) => w.unsignedInteger(Uint8Array.of(0x80))), "02020080");
  assertEquals(hex((w) => w.unsignedInteger(Uint8Array.of(0, 0x7f))), "02017f");
});

Deno.test("DerWriter.oid() refuses what is no object identifier", () => {
  assertEquals(hex((w) => w.oid("1.2.840.113549")), "06062a864886f70d");
  for (const oid of ["", "1", "3.1", "1.40", "1.2.", "1.02", "a.b"]) {
    assertThrows(() => hex((w) => w.oid(oid)), NssError, "not a dotted OID");
  }
});

Deno.test("DerWriter.setOf() sorts", () => {
  const der = hex((w) => w.setOf([(w) => w.integer(2), (w) => w.null(), (w) => w.integer(1)]));
  assertEquals(der, "31080201010201020500");
});

Deno.test("DerWriter.namedBits() has no trailing zero bits", () => {
  assertEquals(hex((w) => w.namedBits([0, 1])), "030206c0");
  assertEquals(hex((w) => w.namedBits([8])), "0303070080");
  assertEquals(hex((w) => w.namedBits([])), "030100");
});

Deno.test("DerWriter nests and writes strings", () => {
  const der = hex((w) =>
    w.sequence((w) => w.boolean(true).string(0x0c, "é")).bitString((w) => w.null())
  );
  assertEquals(der, "30070101ff0c02c3a90303000500");
});

Deno.test("DerWriter.finish() gives away all that was written, and later writes begin anew", () => {
  const writer = new DerWriter().null();
  const first = writer.finish();
  assertEquals(writer.length, 0);
  assertEquals(writer.boolean(true).finish(), Uint8Array.of(1, 1, 0xff));
  assertEquals(first, Uint8Array.of(5, 0));
});
