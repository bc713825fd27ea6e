// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { signatureAlgorithms } from "../../../ssl/extensions/signature_algorithms.ts";
import { supportedGroups } from "../../../ssl/extensions/supported_groups.ts";
import { refusesSyntax, vector16 } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("supportedGroups and signatureAlgorithms refuse empty lists and halves of numbers", () => {
  for (const codec of [supportedGroups, signatureAlgorithms]) {
    for (const length of [0, 1, 3]) refusesSyntax(codec, vector16((w) => w.bytes(zeros(length))));
    assertEquals(parseWith(codec, vector16((w) => w.bytes(zeros(4)))), [0, 0]);
    assertThrows(() => encodeWith(codec, []), RangeError);
    assertEquals(encodeWith(codec, Array(0x7fff).fill(1)).length, 2 + 0xfffe);
    assertThrows(() => encodeWith(codec, Array(0x8000).fill(1)), RangeError);
  }
  // named_group_list<2..2^16-1>, supported_signature_algorithms<2..2^16-2>.
  refusesSyntax(signatureAlgorithms, vector16((w) => w.bytes(zeros(0xffff))));
});
