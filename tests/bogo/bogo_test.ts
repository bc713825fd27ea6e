// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * BoringSSL's tests: a sample of those that are enabled, spread over all of them; with `NSS_SOAK=1`
 * all. In CI `.ci/run` runs all of them by `deno task bogo`, and here none is run twice.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { inCi, skip } from "../support/skip.ts";
import { withoutLayout } from "../support/generated_page.ts";
import { conformanceTables, makePlan, withTables } from "./report.ts";
import { findRunner, listTests, runTests } from "./runner.ts";

const SAMPLE = 300;
/** What docs/conformance.md may boast of at least. */
const MIN_ENABLED = 1_570;
const TIMEOUT = 10 * 60_000;

const TITLE = "BoringSSL's tests pass";
const runner = await findRunner();

if (runner === null) {
  skip(TITLE, "no runner here; tests/bogo/setup.sh builds it");
} else {
  Deno.test(TITLE, async (t) => {
    const plan = makePlan(await listTests(runner));
    const { enabled } = plan;
    assert(enabled.length >= MIN_ENABLED, `${enabled.length} are enabled`);
    await t.step("docs/conformance.md says which", async () => {
      const page = await Deno.readTextFile(new URL("../../docs/conformance.md", import.meta.url));
      const renewed = withTables(page, conformanceTables(plan));
      assertEquals(withoutLayout(page), withoutLayout(renewed), "deno task bogo writes it anew");
    });
    const isWhole = Deno.env.get("NSS_SOAK") === "1";
    if (inCi && !isWhole) return;
    const chosen = isWhole ? enabled : Array.from(
      { length: SAMPLE },
      (_, i) => enabled[Math.floor(i * enabled.length / SAMPLE)]!,
    );
    await t.step(`${chosen.length} of ${enabled.length}`, async () => {
      const verdicts = await runTests(runner, chosen, TIMEOUT);
      const failures = chosen.filter(({ name }) => verdicts.get(name)?.outcome !== "passed")
        .map(({ name }) => `${name}: ${verdicts.get(name)?.reason ?? "not run"}`);
      assertEquals(failures, []);
    });
  });
}
