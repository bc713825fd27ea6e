// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Writes docs/mistakes.md from the tests: `deno task mistakes`. @module */

import { mistakesPage, readTopics } from "./_mistake.ts";

const PAGE = new URL("../../docs/mistakes.md", import.meta.url);
await Deno.writeTextFile(PAGE, mistakesPage(await readTopics()));
