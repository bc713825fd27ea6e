// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/**
 * The benchmark: this package beside other TLS stacks, in interleaved rounds.
 *
 * @module
 */

import { makeIdentity } from "./identity.ts";
import { allMeasures } from "./measures/all.ts";
import { runMeasure } from "./measures/run.ts";
import { parseOptions } from "./options.ts";
import { textTable } from "./report/text.ts";

const options = await parseOptions(Deno.args);
const identity = await makeIdentity("ec-p256");
for (const measure of allMeasures(identity, options)) {
  if (!options.only.test(measure.id)) continue;
  const note = (why: string) => console.error(`skipped: ${why}`);
  console.log(textTable(await runMeasure(measure, options.rounds, note)));
}
