// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/**
 * The benchmark: this package beside other TLS stacks, in interleaved rounds.
 *
 * @module
 */

import { makeIdentity } from "./identity.ts";
import { runLimits } from "./limits.ts";
import { allMeasures } from "./measures/all.ts";
import { runMeasure } from "./measures/run.ts";
import { machine, type Options, parseOptions, USAGE } from "./options.ts";
import { readResults, writePages, writeResults } from "./report/pages.ts";
import type { Limit, Result } from "./report/results.ts";
import { limitsTable, othersTable } from "./report/tables.ts";
import { plainTable, textTable } from "./report/text.ts";

async function run(options: Options): Promise<void> {
  const missing: string[] = options.places.includes("pinned")
    ? []
    : ["all: a core for each end: there is no taskset"];
  if (!options.hasNode) missing.push("all: node:tls on Node: there is no node");
  const measures: Result[] = [];
  const identity = await makeIdentity("ec-p256");
  const chosen = allMeasures(identity, options).filter(({ id }) => options.only.test(id));
  for (const [i, measure] of chosen.entries()) {
    console.error(`${i + 1} of ${chosen.length}: ${measure.title}`);
    const result = await runMeasure(measure, options.rounds, (why) => missing.push(why));
    measures.push(result);
    console.log(textTable(result));
  }
  const limits: Limit[] = options.only.test("limits") ? await runLimits() : [];
  for (const { script, output } of limits) console.log(`${script}\n${output}`);
  const results = {
    machine: await machine(options),
    rounds: options.rounds,
    measures,
    limits,
    missing,
  };
  for (const summary of [limitsTable, othersTable]) {
    console.log(`${plainTable(summary(results))}\n`);
  }
  for (const why of missing) console.log(`left out: ${why}`);
  if (options.json !== null) await Deno.writeTextFile(options.json, JSON.stringify(results));
  if (options.write) await writeResults(results);
}

if (Deno.args.includes("--help")) console.log(USAGE);
else if (Deno.args.includes("--render")) await writePages(await readResults());
else await run(await parseOptions(Deno.args));
