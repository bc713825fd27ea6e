// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/**
 * Counts what code does, where its time would depend on the machine.
 *
 * Must be the first import of a test: functions are counted that are compiled after it, at their
 * first call.
 *
 * @module
 */

import { Session } from "node:inspector";

/** What the inspector tells of a function: how often each of its blocks ran. */
interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

/** Where the modules are that count. */
const CERT = new URL("../../cert/", import.meta.url).href;

const session = new Session();
session.connect();

function post(method: string, parameters: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error: Error | null, value?: unknown) => {
      if (error === null) resolve(value);
      else reject(error);
    });
  });
}

await post("Profiler.enable");
await post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });

/**
 * Counts how often blocks of the code of `cert/` run: bodies of functions, of loops, of branches.
 *
 * What the platform does itself (a digest, `slice()`, a regular expression) does not count.
 *
 * @param run What to count.
 * @returns How many blocks ran, and what `run` gave.
 */
export async function countSteps<T>(
  run: () => T | Promise<T>,
): Promise<{ readonly steps: number; readonly value: T }> {
  await post("Profiler.takePreciseCoverage"); // what was counted before
  const value = await run();
  const { result } = await post("Profiler.takePreciseCoverage") as Coverage;
  let steps = 0;
  for (const { url, functions } of result) {
    if (!url.startsWith(CERT)) continue;
    for (const { ranges } of functions) for (const { count } of ranges) steps += count;
  }
  return { steps, value };
}
