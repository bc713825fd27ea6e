// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertGreater } from "@std/assert";
import { TABLES } from "./_measure.ts";
import { parseTable, problems } from "./_table.ts";

const PAGE = await Deno.readTextFile(new URL("counts.md", import.meta.url));
const CURE = "where it is meant to be so, run `deno task counts`";

const TITLES: Readonly<Record<string, string>> = {
  operation:
    "handshakes, records and closing make no more calls, promises and copies than counts.md says",
  connection: "a connection takes and keeps no more memory than counts.md says",
  loading: "the root and first handshakes load no more modules than counts.md says",
};

for (const [name, measure] of Object.entries(TABLES)) {
  Deno.test(`counts: ${TITLES[name]}`, async () => {
    const limits = parseTable(PAGE, name);
    assertGreater(limits.rows.size, 0);
    assertEquals(problems(limits, await measure()), [], CURE);
  });
}
