// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { keyPart } from "../../../ssl/config/key_part.ts";
import { CIPHER_SUITES } from "../../../ssl/tables/cipher_suites.ts";

Deno.test("keyPart() has plain values as they are, rows by number, and all else by identity", () => {
  const hook = () => {};
  const object = { id: "no number" };
  const rows: readonly (readonly [unknown, unknown])[] = [
    ["a", "a"],
    [1, 1],
    [false, false],
    [null, null],
    [undefined, null],
    [1n, "1"],
    [["b", 2, [null]], ["b", 2, [null]]],
    [CIPHER_SUITES.slice(0, 1), [CIPHER_SUITES[0]!.id]],
    [hook, { object: hook }],
    [[object], [{ object }]],
  ];
  for (const [value, part] of rows) assertEquals(keyPart(value), part);
});
