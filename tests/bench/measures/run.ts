// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Result, Row, Value } from "../report/results.ts";
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
  const attempt = async <T>(who: string, act: () => Promise<T>): Promise<T | null> => {
    try {
      return await act();
    } catch (error) {
      const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
      missing(`${measure.id}: ${who}: ${line}`);
      return null;
    }
  };
  const running = measure.once
    ? await runOnce(measure, attempt)
    : await runRounds(measure, rounds, attempt);
  const { id, title, columns, better } = measure;
  return { id, title, columns, better, rows: running.map((one) => rowOf(one, measure)) };
}

type Attempt = <T>(who: string, act: () => Promise<T>) => Promise<T | null>;

async function runRounds(measure: Measure, rounds: number, attempt: Attempt): Promise<Running[]> {
  await using stack = new AsyncDisposableStack();
  let running: Running[] = [];
  for (const { who, start } of measure.entries) {
    const probe = await attempt(who, start);
    if (probe !== null) running.push({ who, probe: stack.use(probe), samples: [] });
  }
  for (let round = 0; round <= rounds; round++) {
    for (const one of [...running]) {
      const sample = await attempt(one.who, async () => {
        if (measure.twice) await one.probe.sample();
        return await one.probe.sample();
      });
      if (sample === null) {
        running = running.filter((other) => other !== one);
        await one.probe[Symbol.asyncDispose](); // what it still does would disturb the others
      } else if (round > 0) one.samples.push(sample); // the first warms up
    }
    running.push(...running.splice(0, 1)); // nobody is always the first
  }
  const order = measure.entries.map(({ who }) => who);
  return running.sort((a, b) => order.indexOf(a.who) - order.indexOf(b.who));
}

/** Tries each contender once, and has only one of them at a time. */
async function runOnce(measure: Measure, attempt: Attempt): Promise<Running[]> {
  const running: Running[] = [];
  for (const { who, start } of measure.entries) {
    const sampled = await attempt(who, async () => {
      await using probe = await start();
      return { probe, sample: await probe.sample() };
    });
    if (sampled !== null) running.push({ who, probe: sampled.probe, samples: [sampled.sample] });
  }
  return running;
}

function rowOf({ who, samples }: Running, { columns }: Measure): Row {
  const values: Record<string, Value> = {};
  for (const { key } of columns) {
    const found = samples.flatMap((sample) => sample[key] ?? []);
    if (found.length === 0) continue;
    values[key] = { median: median(found), low: Math.min(...found), high: Math.max(...found) };
  }
  return { who, values };
}
