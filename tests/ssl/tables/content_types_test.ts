// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { isContentType } from "../../../ssl/tables/content_types.ts";

Deno.test("isContentType() knows 20 to 23 and nothing else", () => {
  const known = Array.from({ length: 256 }, (_, type) => type).filter(isContentType);
  assertEquals(known, [20, 21, 22, 23]);
});
