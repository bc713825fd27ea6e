// Copyright 2026 the NSS for Deno authors. MIT license.

/** The store of a simulation: one queue, with a way there and back. @module */

import { STORE_TIMEOUT } from "../../ssl/session/attempt.ts";
import { Circuit } from "../../ssl/session/circuit.ts";
import type { Timeline } from "./_events.ts";
import { type Operation, type Scenario, STORE_WORK } from "./_scenario.ts";

/** One question to the store. */
export interface Question {
  readonly operation: Operation;
  /** The bytes of names and values, there and back. */
  readonly bytes: number;
  /** What the store does when it comes to this question. */
  readonly apply: () => void;
}

/** Questions one after the other; returns whether they had the outcome that was hoped for. */
export type Program = Generator<Question, boolean, void>;

/** How long a handshake has waited so far; questions at the same time count once. */
export class Budget {
  #waited = 0;
  #questions = 0;
  #since = 0;

  /** The milliseconds until now. */
  until(now: number): number {
    return this.#questions === 0 ? this.#waited : this.#waited + now - this.#since;
  }

  begin(now: number): void {
    if (this.#questions++ === 0) this.#since = now;
  }

  end(now: number): void {
    if (--this.#questions === 0) this.#waited += now - this.#since;
  }
}

/** The lengths of what the store is asked and answers, in bytes. */
export const LENGTHS = {
  /** The name of a row. */
  name: 40,
  /** The nonce and the tag of a row that is encrypted. */
  seal: 28,
  /** A ring's head, and each of its keys. */
  ring: 5,
  key: 48,
  turn: 4,
  /** An entry of what happens once. */
  entry: 16,
  /** The epoch of Redis. */
  epoch: 40,
  /** A session by ID, encrypted. */
  session: 303,
} as const;

/** A store that does one thing after the other. */
export class StoreModel {
  /** What it was asked, by method. */
  readonly operations: Record<Operation, number> = { get: 0, put: 0, replace: 0, epoch: 0 };
  bytes = 0;
  /** For how many milliseconds it has worked. */
  worked = 0;
  /** Changes when rows may have come back. */
  epoch = 0;
  /** The generation of the ring of ticket keys; 0 if there is none. */
  ring = 0;
  /** The generation that is due, and until when. */
  turn = { generation: 0, until: 0 };
  /** What is in the rows of entries or sessions. */
  readonly rows: Float64Array;
  readonly #timeline: Timeline;
  readonly #latency: number;
  readonly #speed: number;
  #freeAt = 0;

  constructor(timeline: Timeline, { latency, storeSpeed, rows }: Scenario) {
    this.#timeline = timeline;
    this.#latency = latency;
    this.#speed = storeSpeed;
    this.rows = new Float64Array(rows);
  }

  /** Answers nothing until then. */
  stop(until: number): void {
    this.#freeAt = Math.max(this.#freeAt, until);
  }

  /** Starts again. */
  restart(keepsRows: boolean): void {
    this.epoch++;
    if (keepsRows) return;
    this.ring = 0;
    this.turn = { generation: 0, until: 0 };
    this.rows.fill(0);
  }

  /** Asks, and calls back with the answer. */
  ask({ operation, bytes, apply }: Question, answered: () => void): void {
    this.operations[operation]++;
    this.bytes += bytes;
    this.#timeline.after(this.#latency / 2, () => {
      const { now } = this.#timeline;
      const work = STORE_WORK[operation] / this.#speed;
      this.worked += work;
      this.#freeAt = Math.max(now, this.#freeAt) + work;
      this.#timeline.after(this.#freeAt - now, () => {
        apply();
        this.#timeline.after(this.#latency / 2, answered);
      });
    });
  }
}

/** What stands between a process and the store: bounded waits, and the real circuit breaker. */
export class StoreAccess {
  readonly #timeline: Timeline;
  readonly #store: StoreModel;
  readonly #circuit = new Circuit();

  constructor(timeline: Timeline, store: StoreModel) {
    this.#timeline = timeline;
    this.#store = store;
  }

  /**
   * Asks what a program asks.
   *
   * @param done Is told what the program returned, or `null` if the store failed.
   */
  attempt(program: Program, budget: Budget, done: (answer: boolean | null) => void): void {
    const started = this.#timeline.now;
    const timeout = STORE_TIMEOUT - budget.until(started);
    if (timeout <= 0 || !this.#circuit.mayAsk(started)) return done(null);
    budget.begin(started);
    let isSettled = false;
    const settle = (answer: boolean | null): void => {
      if (isSettled) return;
      isSettled = true;
      const { now } = this.#timeline;
      budget.end(now);
      if (answer === null) this.#circuit.failed(now);
      else this.#circuit.succeeded();
      done(answer);
    };
    this.#timeline.after(timeout, () => settle(null));
    // As in the process, the questions go on where nobody waits any longer
    const next = (): void => {
      const { done: isDone, value } = program.next();
      if (isDone) settle(value);
      else this.#store.ask(value, next);
    };
    next();
  }

  /**
   * Waits for what others wait for, too, but no longer than this handshake may.
   *
   * @param join Begins it, or joins those who wait.
   * @param done Is told the answer, or `null` if the time is over.
   */
  join(
    join: (done: (answer: boolean) => void) => void,
    budget: Budget,
    done: (answer: boolean | null) => void,
  ): void {
    const { now } = this.#timeline;
    const timeout = STORE_TIMEOUT - budget.until(now);
    if (timeout <= 0) return done(null);
    budget.begin(now);
    let isSettled = false;
    const settle = (answer: boolean | null): void => {
      if (isSettled) return;
      isSettled = true;
      budget.end(this.#timeline.now);
      done(answer);
    };
    this.#timeline.after(timeout, () => settle(null));
    join(settle);
  }
}
