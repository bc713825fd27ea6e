// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What docs/leniency.md says of others, asked of them. Our own verdicts, and those of what is like
// it and refused, are in tests/cert/verify/leniency_test.ts.

import { assertEquals } from "@std/assert";
import { LENIENCIES, type Peer } from "../cert/_leniencies.ts";
import { withoutLayout } from "../support/generated_page.ts";
import { note, skip } from "../support/skip.ts";
import { type Files, JUDGES, writeSamples } from "./_leniency_judges.ts";
import { leniencyPage } from "./leniency_page.ts";

const directory = await Deno.makeTempDir({ prefix: "nss_leniency " });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
let samples: Promise<readonly Files[]> | undefined;

Deno.test("docs/leniency.md says what the rows say: `deno task leniency` writes it anew", async () => {
  const { written, wanted } = await leniencyPage();
  assertEquals(withoutLayout(written), withoutLayout(wanted));
});

for (const peer of Object.keys(JUDGES) as Peer[]) {
  const { name, found, judge } = JUDGES[peer];
  const title = `docs/leniency.md says what ${name} accepts`;
  if (!found.ok) {
    skip(title, found.reason);
    continue;
  }
  Deno.test(title, async () => {
    const verdicts = await judge(await (samples ??= writeSamples(directory)), directory);
    const measured = LENIENCIES.map(({ what }, i) => [what, verdicts[i] ?? undefined]);
    assertEquals(measured, LENIENCIES.map(({ what, peers }) => [what, peers[peer]]));
    const accepted = verdicts.filter((verdict) => verdict === true).length;
    const asked = verdicts.filter((verdict) => verdict !== null).length;
    note(`${name} ${found.version}: accepts ${accepted} of ${asked} rows of docs/leniency.md`);
  });
}
