// Copyright 2026 the NSS for Deno authors. MIT license.

/** One line on a terminal that says what is looked at. @module */

import type { Output } from "../base/io.ts";
import { StatusLine } from "../base/status_line.ts";

/** What goes on, for whoever waits at a terminal. */
export class Progress {
  readonly #line: StatusLine;
  #what = "";

  /** Tells on an output, if it is a terminal. */
  constructor(out: Output) {
    this.#line = new StatusLine(out);
  }

  /** Something else is looked at. */
  step(what: string): Promise<void> {
    this.#what = what;
    return Promise.resolve();
  }

  /** Another connection is made. */
  async connection(made: number): Promise<void> {
    await this.#line.show(`${made}: ${this.#what}`);
  }

  /** Nothing more is looked at: the line goes away. */
  async end(): Promise<void> {
    await this.#line.clear();
  }
}
