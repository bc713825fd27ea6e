// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a run has found: the content of docs/performance.json. @module */

import type { Column } from "../measures/measure.ts";

/** What the rounds gave in one column. */
export interface Value {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** What one contender gave in one measure, by column. */
export interface Row {
  readonly who: string;
  readonly values: Readonly<Record<string, Value>>;
}

/** What one measure gave. */
export interface Result {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly better: "more" | "less";
  readonly rows: readonly Row[];
}

/** A run. */
export interface Results {
  readonly machine: Machine;
  readonly rounds: number;
  readonly measures: readonly Result[];
  /** Who took no part in what, and why. */
  readonly missing: readonly string[];
}

/** Where and when it ran. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly deno: string;
  readonly node: string | null;
}

/** The median of a contender in a column; `undefined` if it took no part. */
export function valueOf(result: Result, who: string, key = "value"): number | undefined {
  return result.rows.find((row) => row.who === who)?.values[key]?.median;
}
