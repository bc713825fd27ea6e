// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Runs BoringSSL's tests, `deno task bogo`:
 *
 * ```text
 * deno task bogo              all that are enabled; writes their figures where all pass
 * deno task bogo --check      the same, and fails where docs/conformance.md says something else
 * deno task bogo 'ALPN|SCT'   those whose names match, and why each of them fails
 * ```
 *
 * `tests/bogo/setup.sh` installs what it takes. `NSS_BOGO_RUNNER` names the folder of another
 * runner, which the page does not speak of.
 *
 * @module
 */

import { withoutLayout } from "../support/generated_page.ts";
import { runOk } from "../support/process.ts";
import { conformanceTables, makePlan, withTables } from "./report.ts";
import { findRunner, listTests, runTests } from "./runner.ts";

const PAGE = new URL("../../docs/conformance.md", import.meta.url);
const TIMEOUT = 10 * 60_000;

const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

async function main(argument: string | undefined): Promise<number> {
  const other = Deno.env.get("NSS_BOGO_RUNNER");
  const runner = other ?? await findRunner();
  if (runner === null) {
    say("BoringSSL's runner is not here: tests/bogo/setup.sh builds it (as root)");
    return 1;
  }
  const plan = makePlan(await listTests(runner));
  const pattern = argument === undefined || argument === "--check" ? null : new RegExp(argument);
  const wanted = plan.enabled.filter(({ name }) => pattern?.test(name) ?? true);
  const start = performance.now();
  const verdicts = await runTests(runner, wanted, TIMEOUT);
  const failures = wanted.filter(({ name }) => verdicts.get(name)?.outcome !== "passed");
  for (const { name } of failures) {
    const verdict = verdicts.get(name);
    say(`${verdict?.outcome ?? "not run"}: ${name}\n${verdict?.reason ?? ""}`);
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  say(
    `${wanted.length - failures.length} passed, ${failures.length} failed, ` +
      `${plan.enabled.length + plan.disabled.size - wanted.length} not run; ${seconds} s`,
  );
  if (failures.length > 0) return 1;
  if (pattern !== null || other !== undefined) return 0;
  const page = await Deno.readTextFile(PAGE);
  const renewed = withTables(page, conformanceTables(plan));
  if (withoutLayout(page) === withoutLayout(renewed)) return 0;
  if (argument === "--check") {
    say("docs/conformance.md says something else: deno task bogo writes it anew");
    return 1;
  }
  await Deno.writeTextFile(PAGE, renewed);
  await runOk(Deno.execPath(), [
    "fmt",
    "--quiet",
    `${import.meta.dirname}/../../docs/conformance.md`,
  ]);
  return 0;
}

Deno.exit(await main(Deno.args[0]));
