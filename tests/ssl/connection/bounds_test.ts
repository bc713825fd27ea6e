// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals } from "@std/assert";
import type { SslError } from "../../../ssl/base/errors.ts";
import { bounded, withinBounds } from "../../../ssl/connection/bounds.ts";
import { failureOf } from "../_support.ts";

/** The most that `setTimeout` takes. */
const MOST = 2 ** 31 - 1;

/** Timers that run when a test says so; leaving the scope brings the clock's own back. */
class Timers implements Disposable {
  readonly #clock = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  readonly #running = new Map<number, () => void>();
  /** How many milliseconds each timer was to run, in the order of their starts. */
  readonly lengths: number[] = [];

  constructor() {
    Object.assign(globalThis, {
      setTimeout: (callback: () => void, milliseconds: number) => {
        const timer = this.lengths.push(milliseconds);
        this.#running.set(timer, callback);
        return timer;
      },
      clearTimeout: (timer: number) => this.#running.delete(timer),
    });
  }

  /** How many are running. */
  get running(): number {
    return this.#running.size;
  }

  /** Lets those that are running go off. */
  goOff(): void {
    const due = [...this.#running.values()];
    this.#running.clear();
    for (const callback of due) callback();
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#clock);
  }
}

Deno.test("withinBounds() gives up when time is up, or the signal is aborted", async () => {
  using timers = new Timers();
  const controller = new AbortController();
  const bringAbout = [() => timers.goOff(), () => controller.abort("enough")];
  const errors: [string, unknown][] = [];
  for (const end of bringAbout) {
    const { promise, reject } = Promise.withResolvers<never>();
    const bounds = { timeout: 5, signal: controller.signal };
    const error = failureOf(withinBounds(bounds, () => promise, reject));
    end();
    const { name, cause } = await error;
    errors.push([name, cause]);
    assertEquals(timers.running, 0);
  }
  assertEquals(errors, [
    ["PR_IO_TIMEOUT_ERROR", undefined],
    ["PR_OPERATION_ABORTED_ERROR", "enough"],
  ]);
});

Deno.test("withinBounds() gives up before it begins where the signal is aborted already", async () => {
  const calls: string[] = [];
  const signal = AbortSignal.abort();
  const run = () => {
    calls.push("run");
    return Promise.resolve(7);
  };
  assertEquals(await withinBounds({ signal }, run, ({ name }) => calls.push(name)), 7);
  assertEquals(calls, ["PR_OPERATION_ABORTED_ERROR", "run"]);
});

Deno.test("withinBounds() is done with timer and signal when its end is reached", async () => {
  using timers = new Timers();
  const controller = new AbortController();
  let givenUp: SslError | null = null;
  const bounds = { timeout: 5, signal: controller.signal };
  await withinBounds(bounds, () => Promise.resolve(), (error) => givenUp = error);
  assertEquals([timers.lengths, timers.running], [[5], 0]);
  controller.abort();
  assertStrictEquals(givenUp, null);
});

Deno.test("withinBounds() has no timer for 0, and none that is longer than a timer can be", async () => {
  using timers = new Timers();
  for (const timeout of [0, undefined, 1, MOST, MOST + 1, Infinity]) {
    await withinBounds({ timeout }, () => Promise.resolve(), () => {});
  }
  assertEquals(timers.lengths, [1, MOST, MOST, MOST]);
});

Deno.test("bounded() waits in eight parts, each of which begins when the one before is over", async () => {
  using timers = new Timers();
  const waiting = bounded(new Promise(() => {}), 800);
  for (let part = 1; part <= 8; part++) {
    assertEquals([timers.lengths.length, timers.running], [part, 1]);
    timers.goOff();
  }
  await waiting;
  assertEquals([timers.lengths, timers.running], [Array(8).fill(100), 0]);
});

Deno.test("bounded() waits no longer than for what it waits for, and meets its error", async () => {
  using timers = new Timers();
  await bounded(Promise.resolve(), 8 * (MOST + 1));
  const error = new Error("cable cut");
  const outcome = await bounded(Promise.reject(error), 8).catch((thrown) => thrown);
  assertStrictEquals(outcome, error);
  assertEquals([timers.lengths, timers.running], [[MOST, 1], 0]);
});
