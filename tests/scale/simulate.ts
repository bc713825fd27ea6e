// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Simulates machines that share sessions by a store: how much the store is asked, and how many
 * clients resume. It needs no permission, and knows no clock.
 *
 *     deno run tests/scale/simulate.ts --machines 100 --mode once --gap 60
 *     deno run tests/scale/simulate.ts --mode once --fault stop@10-20 --fault kill@5
 *
 * @module
 */

import { simulate } from "./_model.ts";
import { DEFAULTS, type Fault, MODES, type Outcome, type Scenario } from "./_scenario.ts";

/** The options, with what they are. */
const OPTIONS: Readonly<Record<string, string>> = {
  machines: "the machines",
  processes: "the processes of each",
  rate: "visits a second, of all machines",
  seconds: "how long it lasts",
  returning: "the share of visits after which the client comes again, 0 to 1",
  gap: "seconds between two visits of a client, on average",
  lifetime: "the lifetime of a session, in seconds",
  rotation: "for how many seconds a ticket key seals",
  rows: "the rows for entries of what happens once, or for sessions by ID",
  latency: "milliseconds to the store and back",
  "store-speed": "how many times faster than the Redis that was measured the store is",
  full: "milliseconds of a processor for a full handshake",
  resumed: "milliseconds of a processor for a resumption",
  seed: "the seed of chance",
};

function usage(): string {
  const { work, storeSpeed, faults: _, mode, ...rest } = DEFAULTS;
  const defaults: Record<string, number> = { ...rest, ...work, "store-speed": storeSpeed };
  const lines = Object.entries(OPTIONS).map(([name, what]) =>
    `  --${name.padEnd(12)} ${what} (${defaults[name]})`
  );
  return [
    "Usage: simulate.ts [options]",
    `  --${"mode".padEnd(12)} where sessions are: ${MODES.join(", ")} (${mode})`,
    `  --${"fault".padEnd(12)} what goes wrong, as often as wanted: stop@10-20 (the store, in`,
    `${" ".repeat(17)}seconds), lose@10 (it starts again, empty), restart@10 (it starts`,
    `${" ".repeat(17)}again, with its rows), kill@10 (a process)`,
    ...lines,
  ].join("\n");
}

/** Reads the options; throws a sentence about the first that is wrong. */
export function scenarioOf(args: readonly string[]): Scenario {
  const numbers: Record<string, number> = {};
  const faults: Fault[] = [];
  let { mode } = DEFAULTS;
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i]!.replace(/^--/, "");
    const value = args[i + 1];
    if (value === undefined) throw new Error(`Cannot read --${name}: it has no value`);
    if (name === "fault") faults.push(faultOf(value));
    else if (name === "mode") mode = modeOf(value);
    else if (Object.hasOwn(OPTIONS, name)) numbers[name] = numberOf(name, value);
    else throw new Error(`Cannot read ${args[i]}: there is no such option; see --help`);
  }
  const { full, resumed, "store-speed": storeSpeed, ...rest } = numbers;
  const work = { full: full ?? DEFAULTS.work.full, resumed: resumed ?? DEFAULTS.work.resumed };
  return {
    ...DEFAULTS,
    ...rest,
    storeSpeed: storeSpeed ?? DEFAULTS.storeSpeed,
    work,
    mode,
    faults,
  };
}

/** Those of which a part is no scenario. */
const WHOLE = ["machines", "processes", "rows", "seed"];

function numberOf(name: string, value: string): number {
  const number = Number(value);
  const isGood = value.trim() !== "" && Number.isFinite(number) &&
    (name === "seed" || name === "latency" || name === "returning" ? number >= 0 : number > 0) &&
    (name !== "returning" || number <= 1) &&
    (!WHOLE.includes(name) || Number.isSafeInteger(number));
  if (!isGood) throw new Error(`Cannot use --${name} ${value}: ${OPTIONS[name]}`);
  return number;
}

function modeOf(value: string): Scenario["mode"] {
  const mode = MODES.find((known) => known === value);
  if (mode === undefined) throw new Error(`Cannot use --mode ${value}: it is ${MODES.join(", ")}`);
  return mode;
}

function faultOf(value: string): Fault {
  const [, kind, from, to] = /^(\w+)@(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(value) ?? [];
  const at = Number(from);
  if (kind === "stop" && Number(to) > at) return { kind, at, until: Number(to) };
  if (kind === "kill" && to === undefined) return { kind, at };
  if ((kind === "lose" || kind === "restart") && to === undefined) {
    return { kind: "restart", at, keepsRows: kind === "restart" };
  }
  throw new Error(
    `Cannot use --fault ${value}: it is as stop@10-20, lose@10, restart@10 or kill@10`,
  );
}

/** Tells what came of a scenario, a line each. */
export function report({ seconds, work, ...scenario }: Scenario, outcome: Outcome): string {
  const { visits, eligible, resumed, reasons, operations, bytes, wait } = outcome;
  const all = Object.values(operations).reduce((sum, count) => sum + count, 0);
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const perSecond = (count: number) => `${(count / seconds).toFixed(1)}/s`;
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([name, count]) => `${name} ${perSecond(count)}`).join(", ");
  return [
    `${scenario.machines} machines, ${scenario.processes} processes each, mode ${scenario.mode}, ` +
    `${seconds} s`,
    `visits:        ${perSecond(visits)}; ${percent(eligible / visits)} with a session`,
    `resumed:       ${percent(eligible === 0 ? 0 : resumed / eligible)} of these` +
    (Object.keys(reasons).length === 0 ? "" : `; others: ${list(reasons)}`),
    `no session:    ${outcome.withoutSession} handshakes gave none`,
    `the store:     ${perSecond(all)} (${list(operations)})`,
    `its traffic:   ${(bytes / seconds / 1024).toFixed(1)} KiB/s of names and values`,
    `its load:      ${percent(outcome.storeLoad)}`,
    `waits for it:  ${wait.mean.toFixed(2)} ms a handshake on average, ${wait.p99.toFixed(2)} ms ` +
    "at most for 99 of 100",
    `the processes: ${percent(outcome.processLoad)} busy, at ${work.full} ms a full handshake`,
  ].join("\n");
}

if (import.meta.main) {
  if (Deno.args.includes("--help")) console.log(usage());
  else {
    let scenario: Scenario;
    try {
      scenario = scenarioOf(Deno.args);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      Deno.exit(2);
    }
    console.log(report(scenario, simulate(scenario)));
  }
}
