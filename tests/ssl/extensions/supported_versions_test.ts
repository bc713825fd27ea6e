// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { supportedVersionsClientHello } from "../../../ssl/extensions/supported_versions.ts";
import { refusesSyntax, write } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("supportedVersionsClientHello takes 2 to 254 bytes of whole versions", () => {
  const versions = (length: number) => write((w) => w.vector8(zeros(length)));
  for (const length of [0, 1, 3, 253, 255]) {
    refusesSyntax(supportedVersionsClientHello, versions(length));
  }
  for (const length of [2, 254]) {
    assertEquals(parseWith(supportedVersionsClientHello, versions(length)).length, length / 2);
  }
  assertThrows(() => encodeWith(supportedVersionsClientHello, []), RangeError);
  assertThrows(() => encodeWith(supportedVersionsClientHello, Array(128).fill(0)), RangeError);
});
