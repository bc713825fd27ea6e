// Copyright 2026 the NSS for Deno authors. MIT license.

/** One line on a terminal that says what is looked at. @module */

import type { Output } from "../base/io.ts";

/** What goes on, for whoever waits at a terminal. */
export class Progress {
  readonly #out: Output;
  #what = "";
  #isShown = false;

  /** Tells on an output, if it is a terminal. */
  constructor(out: Output) {
    this.#out = out;
  }

  /** Something else is looked at. */
  step(what: string): Promise<void> {
    this.#what = what;
    return Promise.resolve();
  }

  /** Another connection is made. */
  async connection(made: number): Promise<void> {
    if (!this.#out.isTerminal) return;
    this.#isShown = true;
    const text = `${made}: ${this.#what}`.slice(0, this.#out.width - 1);
    await this.#out.write(`\r\x1b[K${text}`);
  }

  /** Nothing more is looked at: the line goes away. */
  async end(): Promise<void> {
    if (this.#isShown) await this.#out.write("\r\x1b[K");
    this.#isShown = false;
  }
}
