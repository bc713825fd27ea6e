// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";

/**
 * How many milliseconds at least what is under way may take: less than the shortest timer,
 * `PENDING_ALERT_TIMEOUT`.
 */
const MOMENT = 200;

/**
 * Counts the timers that are running and the rejections that nobody handles; leaving the scope ends
 * it, and fails where either is left.
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

  /**
   * How many timers that began since go on running. What a connection was in the middle of when it
   * failed, such as a session on its way to a cache, may have one until it is done: on a busy
   * machine that takes a while, but less than any timer of the library's.
   */
  async timers(): Promise<number> {
    for (let turn = 0; turn < MOMENT && this.#timers.size > 0; turn++) await this.#turn(1);
    return this.#timers.size;
  }

  /** The rejections that nobody has handled, as they are when the work of the moment is done. */
  async rejections(): Promise<readonly unknown[]> {
    await this.#turn(0);
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
    const timers = await this.timers();
    globalThis.setTimeout = this.#setTimeout;
    globalThis.clearTimeout = this.#clearTimeout;
    removeEventListener("unhandledrejection", this.#take);
    assertEquals(rejections, []);
    assertEquals(timers, 0, "timers are running");
  }

  #turn(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#setTimeout(resolve, milliseconds));
  }

  readonly #take = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    this.#rejections.push(event.reason);
  };
}
