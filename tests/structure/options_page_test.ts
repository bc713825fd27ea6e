// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { withoutLayout } from "../support/generated_page.ts";
import { optionsPage } from "../support/options_page.ts";

Deno.test("docs/options.md says what the code says: `deno task options` writes it anew", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/options.md", import.meta.url));
  assertEquals(withoutLayout(page), withoutLayout(optionsPage()));
});
