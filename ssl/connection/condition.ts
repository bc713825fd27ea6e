// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Deferred, deferred } from "../../cert/base/runtime.ts";

/** A condition variable. */
export class Condition {
  #waiting: Deferred<void> | null = null;

  /** Resolves at the next {@linkcode Condition.notify}. */
  wait(): Promise<void> {
    this.#waiting ??= deferred();
    return this.#waiting.promise;
  }

  /** Resolves all pending waits. */
  notify(): void {
    this.#waiting?.resolve();
    this.#waiting = null;
  }
}
