// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { programVersion, runOk } from "../support/process.ts";
import type { Settings } from "./measures/measure.ts";
import type { Machine } from "./report/results.ts";

/** What can be asked for. */
export const USAGE = `deno task bench [OPTIONS]

  --only REGEX   those measures alone whose names match, as receive, client-16, limits
  --quick        one short round of everything: to see that it works, not how fast it is
  --rounds N     how often each is tried (5)
  --ms N         how long one try takes, in milliseconds (300)
  --tree DIR     measures the checkout in DIR beside this one, as "before"
  --write        after a whole run, writes tests/bench/results.json, docs/performance.*, README.md
  --render       writes the pages from results.json, without a run
  --json FILE    writes the results to another file`;

/** The arguments of a run. */
export interface Options extends Settings {
  /** Which measures, by their names. */
  readonly only: RegExp;
  readonly write: boolean;
  readonly json: string | null;
  readonly nodeVersion: string | null;
}

const FLAGS = ["--quick", "--write"];
const VALUES = ["--only", "--rounds", "--ms", "--tree", "--json"];

/** Reads the arguments. */
export async function parseOptions(args: readonly string[]): Promise<Options> {
  const given = new Map<string, string>();
  const flags = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const value = args[i + 1];
    if (FLAGS.includes(arg)) flags.add(arg);
    else if (VALUES.includes(arg) && value !== undefined) given.set(arg, args[++i]!);
    else throw new Error(`Cannot run the benchmark: what is ${arg}?\n${USAGE}`);
  }
  const quick = flags.has("--quick");
  if (flags.has("--write") && (quick || given.has("--only"))) {
    throw new Error("Cannot write the pages: that takes a whole run, without --quick and --only");
  }
  const tree = given.get("--tree");
  const taskset = await programVersion("taskset", ["--version"], /taskset/);
  const node = await programVersion("node", ["--version"], /v([\d.]+)/);
  const canPin = taskset.ok && navigator.hardwareConcurrency > 1;
  return {
    only: new RegExp(given.get("--only") ?? "."),
    rounds: Number(given.get("--rounds") ?? (quick ? 1 : 5)),
    ms: Number(given.get("--ms") ?? (quick ? 50 : 300)),
    places: canPin ? ["pinned", "shared"] : ["shared"],
    tree: tree === undefined ? null : await Deno.realPath(tree),
    hasNode: node.ok,
    nodeVersion: node.ok ? node.version : null,
    many: quick ? { busy: 50, idle: 100 } : { busy: 500, idle: 1000 },
    write: flags.has("--write"),
    json: given.get("--json") ?? null,
  };
}

/** Where and when this runs. */
export async function machine({ nodeVersion }: Options): Promise<Machine> {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: await cpuName(),
    cores: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
    node: nodeVersion,
  };
}

async function cpuName(): Promise<string> {
  try {
    if (Deno.build.os === "darwin") {
      return (await runOk("sysctl", ["-n", "machdep.cpu.brand_string"])).trim();
    }
    const info = await Deno.readTextFile("/proc/cpuinfo");
    return /^model name\s*:\s*(.*)$/m.exec(info)?.[1] ?? Deno.build.arch;
  } catch {
    return Deno.build.arch;
  }
}
