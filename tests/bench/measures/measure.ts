// Copyright 2026 the NSS for Deno authors. MIT license.

/** What is measured, and by whom. @module */

import type { Place } from "../process/remote.ts";

/** What one try gave: a number for each column. */
export type Sample = Readonly<Record<string, number>>;

/** What is ready to be tried again and again. */
export interface Probe extends AsyncDisposable {
  sample(): Promise<Sample>;
}

/** One of those that are compared. */
export interface Entry {
  /** Who it is: the same name in all measures. */
  readonly who: string;
  /** Makes it ready. What it throws is why it takes no part. */
  start(): Promise<Probe>;
}

/** A column of a measure. */
export interface Column {
  readonly key: string;
  /** Its head, with the unit. */
  readonly title: string;
}

/** What is compared in the same rounds. */
export interface Measure {
  /** Its name for `--only` and in the JSON. */
  readonly id: string;
  readonly title: string;
  /** The first is what is compared. */
  readonly columns: readonly Column[];
  /** Whether more is better in the first column. */
  readonly better: "more" | "less";
  readonly entries: readonly Entry[];
  /** Whether each is tried once, and nothing warms up. */
  readonly once?: boolean;
  /**
   * Whether each try is made twice and the first does not count: the one that was tried before has
   * driven much code out of the processor's caches.
   */
  readonly twice?: boolean;
}

/** How a run of the benchmark goes. */
export interface Settings {
  /** How often each is tried, after a first time that does not count. */
  readonly rounds: number;
  /** How long one try takes, in milliseconds. */
  readonly ms: number;
  /** Where processes run; the first is the least noisy. */
  readonly places: readonly [Place, ...Place[]];
  /** Another checkout of this package to be measured beside this one. */
  readonly tree: string | null;
  /** Whether Node is there. */
  readonly hasNode: boolean;
  /** How many connections are kept where many are. */
  readonly many: { readonly busy: number; readonly idle: number };
}
