// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a run has found: the content of docs/performance.json. @module */

/** What one contender gave in one measure. */
export interface Row {
  readonly who: string;
  /** The median of the rounds. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** CPU time for each unit of work, in microseconds: the client's, and the server's. */
  readonly client?: number;
  readonly server?: number;
}

/** What one measure gave. */
export interface Result {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly better: "more" | "less";
  readonly rows: readonly Row[];
}

/** A run. */
export interface Results {
  /** Where and when, a line of text each. */
  readonly machine: readonly string[];
  readonly rounds: number;
  readonly measures: readonly Result[];
  /** Who took no part in what, and why. */
  readonly missing: readonly string[];
}
