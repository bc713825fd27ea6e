// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  MAX_CIPHERTEXT_LENGTH,
  MAX_CIPHERTEXT_LENGTH_TLS12,
  MAX_PLAINTEXT_LENGTH,
  parseRecordHeader,
  RECORD_HEADER_LENGTH,
  writeRecordHeader,
} from "../../../ssl/record/header.ts";

Deno.test("writeRecordHeader() writes what parseRecordHeader() reads, and not a byte beside it", () => {
  const bytes = new Uint8Array(RECORD_HEADER_LENGTH + 2).fill(0xee);
  writeRecordHeader(bytes, 1, 23, 0x0303, 0x4100);
  assertEquals(bytes, Uint8Array.of(0xee, 23, 3, 3, 0x41, 0, 0xee));
  assertEquals(parseRecordHeader(bytes, 1), { type: 23, version: 0x0303, length: 0x4100 });
});

Deno.test("parseRecordHeader() refuses a part of a header", () => {
  assertThrows(() => parseRecordHeader(new Uint8Array(6), 2), RangeError, "4 bytes are left");
  assertEquals(parseRecordHeader(new Uint8Array(5)), { type: 0, version: 0, length: 0 });
});

Deno.test("MAX_CIPHERTEXT_LENGTH and its sisters are those of the RFCs", () => {
  assertEquals(
    [MAX_PLAINTEXT_LENGTH, MAX_CIPHERTEXT_LENGTH, MAX_CIPHERTEXT_LENGTH_TLS12],
    [16384, 16640, 18432],
  );
});
