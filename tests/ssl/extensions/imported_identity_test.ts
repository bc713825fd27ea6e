// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  encodeImportedIdentity,
  parseImportedIdentity,
  TARGET_KDFS,
} from "../../../ssl/extensions/imported_identity.ts";

const IDENTITY = {
  externalIdentity: new TextEncoder().encode("device"),
  context: Uint8Array.of(1, 2),
  targetProtocol: 0x0304,
  targetKdf: TARGET_KDFS["SHA-384"],
};
// deno-fmt-ignore
const BYTES = Uint8Array.of(0, 6, 0x64, 0x65, 0x76, 0x69, 0x63, 0x65, 0, 2, 1, 2, 3, 4, 0, 2);

Deno.test("encodeImportedIdentity() writes what RFC 9258, Section 5.1, says", () => {
  assertEquals(encodeImportedIdentity(IDENTITY), BYTES);
  assertEquals(parseImportedIdentity(BYTES), IDENTITY);
  for (const [length, ok] of [[0, false], [1, true], [0xffff, true], [0x10000, false]] as const) {
    const long = { ...IDENTITY, externalIdentity: new Uint8Array(length) };
    if (ok) assertEquals(parseImportedIdentity(encodeImportedIdentity(long)), long);
    else assertThrows(() => encodeImportedIdentity(long), RangeError);
  }
});

Deno.test("parseImportedIdentity() takes no prefix, nothing longer, and no empty identity for one", () => {
  for (let length = 0; length < BYTES.length; length++) {
    assertEquals(parseImportedIdentity(BYTES.slice(0, length)), null);
  }
  assertEquals(parseImportedIdentity(Uint8Array.of(...BYTES, 0)), null);
  assertEquals(parseImportedIdentity(Uint8Array.of(0, 0, 0, 0, 3, 4, 0, 1)), null);
  assertEquals(parseImportedIdentity(new TextEncoder().encode("device 7")), null);
});
