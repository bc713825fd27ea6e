// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/** Writes what is counted now into `counts.md`, and prints what has changed. @module */

import { withText } from "../support/generated_page.ts";
import { TABLES } from "./_measure.ts";
import { formatTable, parseTable, type Table } from "./_table.ts";

const PAGE = new URL("counts.md", import.meta.url);

function* changes(old: Table, now: Table): Generator<string> {
  for (const [row, counts] of now.rows) {
    const changed = now.columns.flatMap((column, i) => {
      const before = old.rows.get(row)?.[old.columns.indexOf(column)];
      return before === counts[i] ? [] : [`${column} ${before ?? "none"} -> ${counts[i]}`];
    });
    if (changed.length > 0) yield `${row}: ${changed.join(", ")}`;
  }
}

let page = await Deno.readTextFile(PAGE);
for (const [name, measure] of Object.entries(TABLES)) {
  const measured = await measure();
  for (const line of changes(parseTable(page, name), measured)) console.log(line);
  page = withText(page, `deno task counts: ${name}`, formatTable(name, measured));
}
await Deno.writeTextFile(PAGE, page);
