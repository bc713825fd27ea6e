// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Writes down the public names and signatures, and the numbers of docs/entry_points.md:
 * `deno task surface`.
 *
 * @module
 */

import { measureEntries, PAGE, withNumbers } from "./_entries.ts";
import { ROOT } from "./_source.ts";
import { fileOf, FOLDER, readSymbols, surfaceOf } from "./_surface.ts";

const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));

await Deno.mkdir(FOLDER, { recursive: true });
for await (const { name } of Deno.readDir(FOLDER)) await Deno.remove(new URL(name, FOLDER));
for (const [entry, lines] of surfaceOf(await readSymbols(exports))) {
  await Deno.writeTextFile(new URL(fileOf(entry), FOLDER), lines.join("\n") + "\n");
}
const page = await Deno.readTextFile(PAGE);
await Deno.writeTextFile(PAGE, withNumbers(page, await measureEntries(exports)));
