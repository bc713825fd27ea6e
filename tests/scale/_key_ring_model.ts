// Copyright 2026 the NSS for Deno authors. MIT license.

/** The ring of ticket keys of a simulated process: what `ticket_key_ring.ts` does. @module */

import type { Timeline } from "./_events.ts";
import type { Scenario } from "./_scenario.ts";
import {
  Budget,
  LENGTHS,
  type Program,
  type Question,
  type StoreAccess,
  type StoreModel,
} from "./_store_model.ts";

const MIN_READ_INTERVAL = 100;
const MAX_READ_INTERVAL = 60_000;
const READS_PER_ROTATION = 8;
const MAX_RACES = 4;

/** How many keys a ring has. */
export function keysOf({ lifetime, rotation }: Pick<Scenario, "lifetime" | "rotation">): number {
  return Math.ceil(lifetime / rotation) + 3;
}

/** The ring, of which generation `n` has the keys up to number `n`; number `n - 1` seals. */
export class KeyRingModel {
  readonly #timeline: Timeline;
  readonly #store: StoreModel;
  readonly #access: StoreAccess;
  readonly #rotation: number;
  readonly #maxKeys: number;
  #generation = 0;
  #readAt = -Infinity;
  #triedAt = -Infinity;
  #renewedAt = -Infinity;
  #waiting: (() => void)[] | null = null;
  #reading: (() => void)[] | null = null;

  constructor(timeline: Timeline, store: StoreModel, access: StoreAccess, scenario: Scenario) {
    this.#timeline = timeline;
    this.#store = store;
    this.#access = access;
    this.#rotation = scenario.rotation * 1000;
    this.#maxKeys = keysOf(scenario);
  }

  /** Tells the number of the key that seals; `null` if there is none. */
  current(budget: Budget, done: (key: number | null) => void): void {
    const known = this.#sealingKey();
    if (known !== null) {
      this.#renewIfDue();
      return done(known);
    }
    const join = (settle: (answer: boolean) => void) => this.#renew(() => settle(true));
    this.#access.join(join, budget, () => done(this.#sealingKey()));
  }

  /** Tells whether a key is known, after a look into the store if it is not. */
  find(key: number, budget: Budget, done: (isKnown: boolean) => void): void {
    if (this.#knows(key)) {
      this.#renewIfDue();
      return done(true);
    }
    const { now } = this.#timeline;
    const waiting = this.#waiting ?? this.#reading;
    if (waiting === null && now - this.#triedAt < MIN_READ_INTERVAL) return done(false);
    const join = (settle: (answer: boolean) => void) => {
      if (waiting === null) this.#readOnce(() => settle(true));
      else waiting.push(() => settle(true));
    };
    this.#access.join(join, budget, () => done(this.#knows(key)));
  }

  #readOnce(done: () => void): void {
    const waiting = this.#reading = [done];
    const { now } = this.#timeline;
    this.#triedAt = now;
    let found = 0;
    const read = this.#readRing((generation) => found = generation);
    this.#access.attempt(read, new Budget(), (answer) => {
      if (answer && found > 0) this.#take(found, now);
      this.#reading = null;
      for (const tell of waiting) tell();
    });
  }

  #knows(key: number): boolean {
    return key <= this.#generation && key > this.#generation - this.#maxKeys;
  }

  #sealingKey(): number | null {
    const age = this.#timeline.now - this.#readAt;
    if (this.#generation === 0 || age >= 2 * this.#rotation) return null;
    return age < this.#rotation ? this.#generation - 1 : this.#generation;
  }

  #renewIfDue(): void {
    const interval = Math.min(this.#rotation / READS_PER_ROTATION, MAX_READ_INTERVAL);
    if (this.#timeline.now - this.#renewedAt >= interval) this.#renew(() => {});
  }

  #renew(done: () => void): void {
    if (this.#waiting !== null) {
      this.#waiting.push(done);
      return;
    }
    const waiting = this.#waiting = [done];
    const { now } = this.#timeline;
    this.#renewedAt = this.#triedAt = now;
    let found = 0;
    const program = this.#renewal((generation) => found = generation);
    this.#access.attempt(program, new Budget(), (answer) => {
      if (answer) this.#take(found, now);
      this.#waiting = null;
      for (const tell of waiting) tell();
    });
  }

  #take(generation: number, readAt: number): void {
    this.#generation = generation;
    this.#readAt = readAt;
  }

  *#readRing(found: (generation: number) => void): Program {
    yield this.#get(this.#ringLength, () => found(this.#store.ring));
    return true;
  }

  get #ringLength(): number {
    return LENGTHS.seal + LENGTHS.ring + LENGTHS.key * this.#maxKeys;
  }

  #get(length: number, apply: () => void): Question {
    return { operation: "get", bytes: LENGTHS.name + length, apply };
  }

  *#renewal(found: (generation: number) => void): Program {
    const store = this.#store;
    const timeline = this.#timeline;
    for (let races = 0; races < MAX_RACES; races++) {
      let ring = 0;
      yield this.#get(this.#ringLength, () => ring = store.ring);
      const isLost = ring === 0;
      if (isLost) ring = this.#generation; // who knows it puts it back
      let turn = { generation: 0, until: 0 };
      const turnLength = LENGTHS.seal + LENGTHS.turn;
      yield this.#get(turnLength, () => turn = store.turn);
      let due = turn.generation;
      if (timeline.now >= turn.until) {
        due = ring + 1;
        let isMine = false;
        const bytes = LENGTHS.name + turnLength;
        const before = turn;
        const apply = () => {
          isMine = store.turn === before || timeline.now >= store.turn.until;
          if (isMine) store.turn = { generation: due, until: timeline.now + this.#rotation };
        };
        yield { operation: "replace", bytes, apply };
        if (!isMine) continue;
      }
      if (due <= ring && !isLost) {
        found(ring);
        return true;
      }
      const next = Math.max(due, ring);
      let isWritten = false;
      const before = isLost ? 0 : ring;
      const apply = () => {
        isWritten = store.ring === before;
        if (isWritten) store.ring = next;
      };
      const bytes = LENGTHS.name + this.#ringLength * (isLost ? 1 : 2);
      yield { operation: "replace", bytes, apply };
      if (isWritten) {
        found(next);
        return true;
      }
    }
    return false;
  }
}
