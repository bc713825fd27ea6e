// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Place } from "../process/remote.ts";

/** How a run of the benchmark goes. */
export interface Settings {
  /** How often each is tried, after a first time that does not count. */
  readonly rounds: number;
  /** How long one try takes, in milliseconds. */
  readonly ms: number;
  /** Where processes run. */
  readonly places: readonly Place[];
  /** Another checkout of this package to be measured beside this one. */
  readonly tree: string | null;
}
