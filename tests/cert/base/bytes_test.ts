// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { asciiOf } from "../../../cert/base/bytes.ts";

Deno.test("asciiOf() decodes ASCII of any length, and nothing else", () => {
  for (const length of [0, 1, 63, 64, 65, 100_000]) {
    const bytes = new Uint8Array(length).map((_, index) => index & 0x7f);
    assertEquals(asciiOf(bytes), new TextDecoder().decode(bytes), `${length} bytes`);
    for (const at of [0, length - 1].filter((index) => index >= 0 && index < length)) {
      const other = bytes.slice();
      other[at] = 0x80;
      assertEquals(asciiOf(other), null, `${length} bytes, 0x80 at ${at}`);
    }
  }
});
