// Copyright 2026 the NSS for Deno authors. MIT license.

import { Buffer } from "node:buffer";
import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import { decodeHex } from "@std/encoding";
import { parseCertificate } from "../../../cert/certificate/certificate.ts";
import { asciiOf, bytesEqual } from "../../../cert/base/bytes.ts";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { constructedTag, contextTag } from "../../../cert/der/tag.ts";
import { MAX_DER_DEPTH, MAX_DER_SIZE, MAX_OID_SIZE } from "../../../cert/der/der_reader.ts";
import { TAG } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { issue } from "../_support.ts";

const reader = (hex: string) => new DerReader(new Uint8Array(decodeHex(hex)), "test");

function assertBad(hex: string, read: (reader: DerReader) => unknown, message: string): void {
  const error = assertThrows(() => read(reader(hex)), NssError);
  assertEquals(error.name, "SEC_ERROR_BAD_DER");
  assertStringIncludes(error.message, message);
}

Deno.test("DerReader.element() reads headers of every length", () => {
  assertEquals(reader("0400").element("x").content.length, 0);
  assertEquals(reader("047f" + "00".repeat(127)).element("x").content.length, 127);
  assertEquals(reader("048180" + "00".repeat(128)).element("x").content.length, 128);
  assertEquals(reader("04820100" + "00".repeat(256)).element("x").der.length, 260);
});

Deno.test("DerReader.element() refuses headers that are not DER", () => {
  const read = (r: DerReader) => r.element("x");
  assertBad("", read, "x at byte 0: missing");
  assertBad("04", read, "truncated");
  assertBad("0480", read, "indefinite");
  assertBad("04817f" + "00".repeat(127), read, "not minimal");
  assertBad("048200ff" + "00".repeat(255), read, "not minimal");
  assertBad("04850000000001", read, "the length has 5 bytes");
  assertBad("048201", read, "truncated");
  assertBad("0402ff", read, "2 bytes announced, 1 present");
  assertBad("04ff", read, "the length has 127 bytes");
  assertBad("1f0100", read, "multi-byte");
  assertBad("0484ffffffff", read, "4294967295 bytes announced");
});

Deno.test("DerReader says the path and the byte of what is wrong", () => {
  const der = new DerWriter().sequence((w) => w.sequence((w) => w.integer(1).null())).finish();
  const error = assertThrows(() => {
    const inner = new DerReader(der, "certificate").sequence("tbsCertificate").sequence("validity");
    inner.integer("notBefore");
    inner.integer("notAfter");
  }, NssError);
  assertEquals(
    error.message,
    "Cannot parse certificate: tbsCertificate.validity.notAfter at byte 7: " +
      "expected tag 0x02, found 0x05",
  );
});

Deno.test("DerReader counts bytes from a base and takes another error name", () => {
  const inner = new DerReader(Uint8Array.of(5, 1, 0), "value", "SEC_ERROR_BAD_KEY", 40);
  const error = assertThrows(() => inner.null("x"), NssError);
  assertEquals(error.name, "SEC_ERROR_BAD_KEY");
  assertStringIncludes(error.message, "x at byte 40");
});

Deno.test("DerReader.boolean() reads 00 and ff alone", () => {
  assert(reader("0101ff").boolean("x"));
  assertFalse(reader("010100").boolean("x"));
  for (const hex of ["010101", "0100", "0102ffff"]) {
    assertBad(hex, (r) => r.boolean("x"), "not a BOOLEAN");
  }
});

Deno.test("DerReader.integer() refuses empty and padded numbers", () => {
  assertEquals(reader("020100").integer("x"), Uint8Array.of(0));
  assertEquals(reader("02020080").integer("x"), Uint8Array.of(0, 0x80));
  assertEquals(reader("0202ff7f").integer("x"), Uint8Array.of(0xff, 0x7f));
  assertBad("0200", (r) => r.integer("x"), "empty");
  assertBad("0202007f", (r) => r.integer("x"), "not minimal");
  assertBad("0202ff80", (r) => r.integer("x"), "not minimal");
});

Deno.test("DerReader.unsignedInteger() drops the sign and refuses negative numbers", () => {
  assertEquals(reader("02020080").unsignedInteger("x"), Uint8Array.of(0x80));
  assertEquals(reader("020100").unsignedInteger("x"), Uint8Array.of(0));
  assertBad("020180", (r) => r.unsignedInteger("x"), "negative");
});

Deno.test("DerReader.smallInteger() reads up to 2^31 - 1", () => {
  assertEquals(reader("02047fffffff").smallInteger("x"), 2 ** 31 - 1);
  assertBad("02050080000000", (r) => r.smallInteger("x"), "2^31 or more");
  assertBad("0201ff", (r) => r.smallInteger("x"), "negative");
});

Deno.test("DerReader.oid() reads every arc that fits", () => {
  const oids = ["0.0", "0.39", "1.2.840.113549", "2.5.29.17", "2.999.1", "2.16.840.1.113730.1.1"];
  oids.push(`1.3.${2 ** 53 - 1}`, "2.25.340282366920938463463374607431768211455");
  for (const oid of oids) {
    assertEquals(new DerReader(new DerWriter().oid(oid).finish(), "test").oid("x"), oid);
  }
});

Deno.test("DerReader.oid() refuses what is no DER", () => {
  assertBad("0600", (r) => r.oid("x"), "empty");
  assertBad("060181", (r) => r.oid("x"), "truncated");
  assertBad("06028001", (r) => r.oid("x"), "not minimal");
  assertBad("06032a8001", (r) => r.oid("x"), "not minimal");
});

Deno.test("DerReader.oid() reads MAX_OID_SIZE bytes and not one more", () => {
  const at = (size: number) => new DerWriter().primitive(TAG.oid, new Uint8Array(size).fill(1));
  new DerReader(at(MAX_OID_SIZE).finish(), "test").oid("x");
  assertThrows(() => new DerReader(at(MAX_OID_SIZE + 1).finish(), "test").oid("x"), NssError);
});

Deno.test("DerReader.bitString() wants its unused bits to be zero", () => {
  assertEquals(reader("030206c0").bitString("x"), { unusedBits: 6, bytes: Uint8Array.of(0xc0) });
  assertEquals(reader("030100").bitString("x").bytes.length, 0);
  for (const hex of ["030206c1", "03020880", "030101"]) {
    assertBad(hex, (r) => r.bitString("x"), "unused bits");
  }
  assertBad("0300", (r) => r.bitString("x"), "empty");
});

Deno.test("DerReader.bitStringBytes() wants whole bytes", () => {
  assertEquals(reader("030200c0").bitStringBytes("x"), Uint8Array.of(0xc0));
  assertBad("030206c0", (r) => r.bitStringBytes("x"), "no whole bytes");
});

Deno.test("DerReader.namedBits() reads 32 bits and not more", () => {
  assertEquals(reader("030206c0").namedBits("x"), new Set([0, 1]));
  assertEquals(reader("03020080").namedBits("x"), new Set([0]));
  assertEquals(reader("03050000000001").namedBits("x"), new Set([31]));
  assertBad("0306000000000001", (r) => r.namedBits("x"), "more than 32");
});

Deno.test("DerReader.null() wants nothing inside", () => {
  reader("0500").null("x");
  assertBad("050100", (r) => r.null("x"), "not empty");
});

Deno.test("DerReader.ia5String() wants ASCII", () => {
  assertEquals(reader("16026162").ia5String("x"), "ab");
  assertBad("160180", (r) => r.ia5String("x"), "not ASCII");
});

Deno.test("DerReader.finish() refuses what is left", () => {
  assertBad("05000500", (r) => {
    r.null("x");
    r.finish();
  }, "2 bytes after the last field");
});

Deno.test("DerReader.peek() stays, DerReader.rest() takes all", () => {
  const r = reader("05000101ff");
  assertEquals(r.peek("x").tag, TAG.null);
  assertEquals(r.offset, 0);
  assertEquals(r.nextTag, TAG.null);
  assertEquals(r.rest().length, 5);
  assert(r.done);
  assertEquals(r.nextTag, -1);
});

Deno.test("DerReader keeps an inner reader inside", () => {
  // The inner INTEGER announces more than its SEQUENCE has, though the bytes are there
  assertBad(
    "3003020400000000",
    (r) => r.sequence("s").integer("x"),
    "4 bytes announced, 1 present",
  );
});

Deno.test("DerReader nests MAX_DER_DEPTH levels and not one more", () => {
  const nest = (depth: number): DerReader => {
    let der: Uint8Array<ArrayBuffer> = Uint8Array.of(5, 0);
    for (let i = 0; i < depth; i++) {
      const inner = der;
      der = new DerWriter().sequence((w) => w.raw(inner)).finish();
    }
    let r = new DerReader(der, "test");
    for (let i = 0; i < depth; i++) r = r.sequence("");
    return r;
  };
  nest(MAX_DER_DEPTH).null("x");
  assertThrows(() => nest(MAX_DER_DEPTH + 1), NssError, "nested deeper");
});

Deno.test("DerReader takes MAX_DER_SIZE bytes and not one more", () => {
  const bytes = new Uint8Array(MAX_DER_SIZE + 1);
  new DerReader(bytes.subarray(1), "test");
  assertThrows(() => new DerReader(bytes, "test"), NssError, "are more than");
});

Deno.test("contextTag() and constructedTag() make context-specific tags", () => {
  assertEquals(contextTag(2), 0x82);
  assertEquals(constructedTag(3), 0xa3);
});

Deno.test("bytesEqual() compares length and bytes", () => {
  assert(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assertFalse(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assertFalse(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1)));
});

Deno.test("copyBytes() copies a Buffer of Node as well, whose slice() is a view", async () => {
  const { certificate } = await issue();
  const buffer = Buffer.from(certificate.der);
  const parsed = parseCertificate(buffer);
  buffer.fill(0);
  assertEquals(parsed.der, certificate.der);
  assertEquals(parsed.subject.der, certificate.subject.der);
});

Deno.test("asciiOf() reads bytes below 0x80 and no others, and no bytes as an empty text", () => {
  assertEquals(asciiOf(Uint8Array.of(0, 0x41, 0x7f)), "\0A\x7f");
  assertEquals(asciiOf(Uint8Array.of(0x41, 0x80)), null);
  assertEquals(asciiOf(new Uint8Array(0)), "");
});
