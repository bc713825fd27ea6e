// Copyright 2026 the NSS for Deno authors. MIT license.

/** What is measured, and by whom. @module */

/** What one try gave. */
export interface Sample {
  /** In the measure's unit. */
  readonly value: number;
  /** The client's CPU time for each unit of work (a megabyte, a handshake), in microseconds. */
  readonly client?: number;
  /** The server's. */
  readonly server?: number;
}

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

/** What is compared in the same rounds. */
export interface Measure {
  /** Its name for `--only` and in the JSON. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly better: "more" | "less";
  readonly entries: readonly Entry[];
  /** How many rounds; default: as many as the run has. */
  readonly rounds?: number;
}
