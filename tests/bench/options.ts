// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { programVersion } from "../support/process.ts";
import type { Settings } from "./measures/measure.ts";

/** The arguments of a run. */
export interface Options extends Settings {
  /** Which measures, by their names. */
  readonly only: RegExp;
  readonly nodeVersion: string | null;
}

/** Reads the arguments. */
export async function parseOptions(args: readonly string[]): Promise<Options> {
  const value = (name: string) => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? undefined : args[at + 1];
  };
  const quick = args.includes("--quick");
  const taskset = await programVersion("taskset", ["--version"], /taskset/);
  const node = await programVersion("node", ["--version"], /v[\d.]+/);
  return {
    only: new RegExp(value("only") ?? "."),
    rounds: Number(value("rounds") ?? (quick ? 1 : 5)),
    ms: Number(value("ms") ?? (quick ? 100 : 300)),
    places: taskset.ok ? ["pinned", "shared"] : ["shared"],
    tree: value("tree") ?? null,
    hasNode: node.ok,
    nodeVersion: node.ok ? node.version : null,
    many: quick ? { busy: 50, idle: 100 } : { busy: 500, idle: 1000 },
  };
}
