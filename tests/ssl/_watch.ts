// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";

/**
 * Counts the timers that are running and the rejections that nobody handles; leaving the scope ends it, and fails where either is
 * left.
 */
export class Watch implements AsyncDisposable {
  readonly #setTimeout = globalThis.setTimeout;
  readonly #clearTimeout = globalThis.clearTimeout;
  readonly #timers = new Set<unknown>();
  readonly #rejections: unknown[] = [];

  /** Begins to count. */
  constructor() {
    globalThis.setTimeout = ((callback: () => void, milliseconds?: number) => {
      const timer = this.#setTimeout(() => {
        this.#timers.delete(timer);
        callback();
      }, milliseconds);
      this.#timers.add(timer);
      return timer;
    }) as typeof setTimeout;
    globalThis.clearTimeout = ((timer) => {
      this.#timers.delete(timer);
      this.#clearTimeout(timer);
    }) as typeof clearTimeout;
    addEventListener("unhandledrejection", this.#take);
  }

  /** How many timers that began since are running. */
  get timers(): number {
    return this.#timers.size;
  }

  /** The rejections that nobody has handled, as they are when the work of the moment is done. */
  async rejections(): Promise<readonly unknown[]> {
    await new Promise<void>((resolve) => void this.#setTimeout(resolve, 0));
    return this.#rejections;
  }

  /** Waits for a promise that must settle: fails where it does not. */
  async settles<T>(promise: Promise<T>, what: string): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = this.#setTimeout(
      () => late.reject(new Error(`Cannot wait for ${what}: it does not settle`)),
      20_000,
    );
    try {
      return await Promise.race([promise, late.promise]);
    } finally {
      this.#clearTimeout(timer);
    }
  }

  /** Ends counting. */
  async [Symbol.asyncDispose](): Promise<void> {
    const rejections = await this.rejections();
    globalThis.setTimeout = this.#setTimeout;
    globalThis.clearTimeout = this.#clearTimeout;
    removeEventListener("unhandledrejection", this.#take);
    assertEquals(rejections, []);
    assertEquals(this.#timers.size, 0, "timers are running");
  }

  readonly #take = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    this.#rejections.push(event.reason);
  };
}
