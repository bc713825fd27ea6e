// Copyright 2026 the NSS for Deno authors. MIT license.

/** A condition that some wait for and others bring about. */
export class Condition {
  #waiting: PromiseWithResolvers<void> | null = null;

  /** Resolves at the next {@linkcode Condition.notify}. */
  wait(): Promise<void> {
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Wakes all who wait. */
  notify(): void {
    this.#waiting?.resolve();
    this.#waiting = null;
  }
}
