// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a run has found: the content of `tests/bench/results.json`. @module */

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

/** What a proof of a limit printed. */
export interface Limit {
  /** The script in `tests/bench/limits/`. */
  readonly script: string;
  readonly output: string;
}

/** Where and when it ran. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly deno: string;
  readonly node: string | null;
}

/** A run. */
export interface Results {
  readonly machine: Machine;
  readonly rounds: number;
  readonly measures: readonly Result[];
  readonly limits: readonly Limit[];
  /** Who took no part in what, and why. */
  readonly missing: readonly string[];
}

/** The median of a contender in a column; `undefined` if there is none. */
export function valueOf(
  { measures }: Pick<Results, "measures">,
  id: string,
  who: string,
  key = "value",
): number | undefined {
  const rows = measures.find((measure) => measure.id === id)?.rows;
  return rows?.find((row) => row.who === who)?.values[key]?.median;
}
