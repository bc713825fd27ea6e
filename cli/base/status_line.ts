// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Output } from "./io.ts";

/** A line on a terminal that is written over, and goes away; elsewhere there is none. */
export class StatusLine {
  readonly #out: Output;
  #isShown = false;

  /** Creates a line on an output, without a text yet. */
  constructor(out: Output) {
    this.#out = out;
  }

  /** Shows a text in place of the one before, as much as fits. */
  async show(text: string): Promise<void> {
    if (!this.#out.isTerminal) return;
    this.#isShown = true;
    await this.#out.write(`\r\x1b[K${text.slice(0, this.#out.width - 1)}`);
  }

  /** Takes the text away. */
  async clear(): Promise<void> {
    if (this.#isShown) await this.#out.write("\r\x1b[K");
    this.#isShown = false;
  }
}
