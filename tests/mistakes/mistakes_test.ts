// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals } from "@std/assert";
import { withoutLayout } from "../support/generated_page.ts";
import { mistakesPage, readTopics } from "./_mistake.ts";

const TOPICS = await readTopics();

Deno.test("docs/mistakes.md says what the tests say: `deno task mistakes` writes it anew", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/mistakes.md", import.meta.url));
  assertEquals(withoutLayout(page), withoutLayout(mistakesPage(TOPICS)));
});

for (const { TOPIC, MISTAKES } of TOPICS) {
  for (const { mistake, make, name, says } of MISTAKES) {
    Deno.test(`mistake: ${TOPIC}: ${mistake}`, async () => {
      const error = await Promise.try(make).then(() => null, (error) => error);
      assert(error instanceof Error, "it must fail");
      assertEquals({ name: error.name, says: error.message }, { name, says });
    });
  }
}
