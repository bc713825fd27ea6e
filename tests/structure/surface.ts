// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Writes down the public names and signatures, and the tables of docs/entry_points.md:
 * `deno task surface`.
 *
 * @module
 */

import { dependenciesOf, withDependencies } from "./_dependencies.ts";
import { measureEntries, PAGE, withNumbers } from "./_entries.ts";
import { readSources, ROOT } from "./_source.ts";
import { fileOf, FOLDER, readSymbols, surfaceOf } from "./_surface.ts";

const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));

await Deno.mkdir(FOLDER, { recursive: true });
for await (const { name } of Deno.readDir(FOLDER)) await Deno.remove(new URL(name, FOLDER));
for (const [entry, lines] of surfaceOf(await readSymbols(exports))) {
  await Deno.writeTextFile(new URL(fileOf(entry), FOLDER), lines.join("\n") + "\n");
}
const numbered = withNumbers(await Deno.readTextFile(PAGE), await measureEntries(exports));
await Deno.writeTextFile(PAGE, withDependencies(numbered, dependenciesOf(await readSources())));
