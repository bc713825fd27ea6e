// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Result, Row } from "../report/results.ts";
import type { Measure, Probe, Sample } from "./measure.ts";

/** The middle of numbers; of an even count, the mean of the two. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** A contender and what its rounds gave. */
interface Running {
  readonly who: string;
  readonly probe: Probe;
  readonly samples: Sample[];
}

/**
 * Runs a measure: each round tries each contender once, so that what else the machine does meets
 * all of them alike.
 *
 * @param missing Is told who takes no part, and why.
 */
export async function runMeasure(
  measure: Measure,
  rounds: number,
  missing: (why: string) => void,
): Promise<Result> {
  await using stack = new AsyncDisposableStack();
  let running: Running[] = [];
  const attempt = async <T>(who: string, act: () => Promise<T>): Promise<T | null> => {
    try {
      return await act();
    } catch (error) {
      const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
      missing(`${measure.id}, ${who}: ${line}`);
      return null;
    }
  };
  for (const { who, start } of measure.entries) {
    const probe = await attempt(who, start);
    if (probe !== null) running.push({ who, probe: stack.use(probe), samples: [] });
  }
  for (let round = 0; round <= rounds; round++) {
    for (const one of running) {
      const sample = await attempt(one.who, () => one.probe.sample());
      if (sample === null) running = running.filter((other) => other !== one);
      else if (round > 0) one.samples.push(sample); // the first warms up
    }
    running.push(...running.splice(0, 1)); // nobody is always the first
  }
  const order = measure.entries.map(({ who }) => who);
  running.sort((a, b) => order.indexOf(a.who) - order.indexOf(b.who));
  const { id, title, unit, better } = measure;
  return { id, title, unit, better, rows: running.map(rowOf) };
}

function rowOf({ who, samples }: Running): Row {
  const values = samples.map(({ value }) => value);
  const cpu = (end: "client" | "server") => {
    const times = samples.flatMap((sample) => sample[end] ?? []);
    return times.length === 0 ? {} : { [end]: median(times) };
  };
  return {
    who,
    value: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
    ...cpu("client"),
    ...cpu("server"),
  };
}
