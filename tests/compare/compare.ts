// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/**
 * The comparison: tries each question with each stack, and writes `results.json`,
 * docs/comparison.md and the short table of README.md. `--render` writes the pages alone.
 *
 * @module
 */

import { type Column, readResults, writeResults } from "./pages.ts";
import { ask } from "./ask.ts";
import { STACKS } from "./stack.ts";

if (Deno.args.includes("--render")) await writeResults(await readResults());
else {
  const columns: Column[] = [];
  for (const name of STACKS) {
    const column = await ask(name);
    for (const [id, { verdict, evidence }] of Object.entries(column.answers)) {
      console.log(`${column.title}: ${id}: ${verdict}, ${evidence}`);
    }
    columns.push(column);
  }
  await writeResults({ date: new Date().toISOString().slice(0, 10), columns });
}
