// Copyright 2026 the NSS for Deno authors. MIT license.

/** A condition variable. */
export class Condition {
  #waiting: PromiseWithResolvers<void> | null = null;

  /** Resolves at the next {@linkcode Condition.notify}. */
  wait(): Promise<void> {
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Resolves all pending waits. */
  notify(): void {
    this.#waiting?.resolve();
    this.#waiting = null;
  }
}
