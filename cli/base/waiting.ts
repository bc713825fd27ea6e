// Copyright 2026 the NSS for Deno authors. MIT license.

/** Tells whoever waits at a terminal what is waited for. @module */

import type { Output } from "./io.ts";
import { StatusLine } from "./status_line.ts";
import { safe } from "./text.ts";

/** How long nobody wonders, in milliseconds. */
const INTERVAL = 1500;

/** A line on a terminal that goes away when the waiting ends. */
export class Waiting {
  readonly #out: Output;
  readonly #line: StatusLine;
  readonly #begin = performance.now();
  readonly #interval: number;

  /** Tells on an output, if it is a terminal, after some milliseconds and then as often. */
  constructor(out: Output, interval: number = INTERVAL) {
    this.#out = out;
    this.#line = new StatusLine(out);
    this.#interval = interval;
  }

  /** Waits for something, and tells that if it takes long. */
  async for<T>(what: string, promise: Promise<T>): Promise<T> {
    if (!this.#out.isTerminal) return await promise;
    const timer = setInterval(() => this.#show(what), this.#interval);
    try {
      return await promise;
    } finally {
      clearInterval(timer);
      await this.#line.clear();
    }
  }

  #show(what: string): void {
    const seconds = Math.round((performance.now() - this.#begin) / 1000);
    this.#line.show(`${safe(what)} (${seconds} s)`).catch(() => {}); // who closes it wants none
  }
}
