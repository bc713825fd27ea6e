// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/**
 * The benchmark: this package beside other TLS stacks, in interleaved rounds.
 *
 * @module
 */

import { parseOptions } from "./options.ts";
import { handshakes } from "./measures/handshakes.ts";
import { runMeasure } from "./measures/run.ts";
import { transfers } from "./measures/transfers.ts";
import { textTable } from "./report/text.ts";
import { makeIdentity } from "./_stacks.ts";

const options = await parseOptions(Deno.args);
const identity = await makeIdentity("ec-p256");
const measures = [...transfers(identity, options), ...handshakes(identity, options)]
  .filter(({ id }) => options.only.test(id));
for (const measure of measures) {
  const result = await runMeasure(
    measure,
    options.rounds,
    (why) => console.error(`skipped: ${why}`),
  );
  console.log(textTable(result));
}
