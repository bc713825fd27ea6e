// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import { clearTimeout, setTimeout } from "node:timers";
import { codedError } from "./node_error.ts";

/** The longest delay of a timer; Node takes a longer one for it, too. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * Tells once when nothing has happened for some time, and again after something has. It keeps no
 * process alive.
 */
export class IdleTimer {
  readonly #onIdle: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** The time in milliseconds; 0 for never. */
  #patience = 0;
  #touched = 0;

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  /**
   * Sets the time, and begins it.
   *
   * @throws {Error} With Node's codes if it is no number of milliseconds.
   */
  set(milliseconds: unknown): void {
    if (typeof milliseconds !== "number") {
      const message = "Cannot set timeout: a number of milliseconds is needed";
      throw codedError(new TypeError(message), "ERR_INVALID_ARG_TYPE");
    }
    if (!(milliseconds >= 0 && milliseconds < Infinity)) {
      const message = `Cannot set timeout: ${milliseconds} is no number of milliseconds from 0 on`;
      throw codedError(new RangeError(message), "ERR_OUT_OF_RANGE");
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#patience = Math.min(milliseconds, MAX_DELAY);
    this.touch();
  }

  /** Says that something has happened. */
  touch(): void {
    if (this.#patience === 0) return;
    this.#touched = performance.now();
    if (this.#timer === undefined) this.#wait(this.#patience);
  }

  /** One timer for many touches: those cost no more than a look at the clock. */
  #wait(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      const left = this.#patience - (performance.now() - this.#touched);
      if (left >= 1) return this.#wait(left);
      this.#timer = undefined;
      this.#onIdle();
    }, milliseconds).unref();
  }
}
