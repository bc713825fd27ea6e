// Copyright 2026 the NSS for Deno authors. MIT license.

/** How many connections are made, and how fast: one after another, at a bounded rate. @module */

/** A probe has no answer: what it asks is not known. */
export class NoAnswer extends Error {
  /** What it is called. */
  override readonly name = "NoAnswer";
  /** Whether this program cannot find it out, so that asking again does not help. */
  readonly isLimit: boolean;

  /** Says why. */
  constructor(why: string, { isLimit = false }: { readonly isLimit?: boolean } = {}) {
    super(why);
    this.isLimit = isLimit;
  }
}

/** How many connections in a row may have no answer before no more are made. */
export const MAX_SILENCE = 3;

/** Time, and waiting for it, in milliseconds. */
export interface Clock {
  /** What time it is. */
  readonly now: () => number;
  /** Waits. */
  readonly wait: (time: number) => Promise<void>;
}

const CLOCK: Clock = {
  now: () => performance.now(),
  wait: (time) => new Promise((resolve) => setTimeout(resolve, time)),
};

/** Counts connections, and makes each wait for its turn. */
export class Pace {
  readonly #interval: number;
  readonly #budget: number;
  readonly #clock: Clock;
  #made = 0;
  #next = -Infinity;
  #silent = 0;
  #end: string | null = null;

  /**
   * Begins to count.
   *
   * @param rate The most connections of a second.
   * @param budget The most connections of all.
   * @param clock Whose time it is.
   */
  constructor(rate: number, budget: number, clock: Clock = CLOCK) {
    this.#interval = 1000 / rate;
    this.#budget = budget;
    this.#clock = clock;
  }

  /** How many connections were made. */
  get made(): number {
    return this.#made;
  }

  /** The most connections of all. */
  get budget(): number {
    return this.#budget;
  }

  /**
   * Waits until a connection may be made, and counts it.
   *
   * @throws {NoAnswer} If no more may be made.
   */
  async turn(): Promise<void> {
    if (this.#end === null && this.#made >= this.#budget) {
      this.#end = `the budget of ${this.#budget} connections is used up (--connections)`;
    }
    if (this.#end !== null) throw new NoAnswer(this.#end);
    this.#made++;
    const time = this.#next - this.#clock.now();
    if (time > 0) await this.#clock.wait(time);
    this.#next = this.#clock.now() + this.#interval;
  }

  /** The server has answered. */
  answered(): void {
    this.#silent = 0;
  }

  /**
   * The server has not answered: after {@linkcode MAX_SILENCE} in a row it is left alone.
   *
   * @param why What was seen, for the error.
   * @returns The error.
   */
  unanswered(why: string): NoAnswer {
    this.#silent++;
    if (this.#silent >= MAX_SILENCE) {
      this.#end ??= `${why}, ${MAX_SILENCE} times in a row: it is gone, or takes no more ` +
        "connections of this machine for now; try again later, with a smaller --rate";
    }
    return new NoAnswer(why);
  }
}
