// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Server processes that share sessions, their clients and their store, in simulated time: the same
 * scenario gives the same outcome everywhere.
 *
 * @module
 */

import { REVOCATION_LAG } from "../../ssl/session/limits.ts";
import { Prng } from "../support/prng.ts";
import { Timeline } from "./_events.ts";
import { KeyRingModel } from "./_key_ring_model.ts";
import { COSTS, type Fault, type Outcome, type Scenario } from "./_scenario.ts";
import { Budget, LENGTHS, type Program, StoreAccess, StoreModel } from "./_store_model.ts";

/** What a client keeps. */
interface Session {
  readonly issuedAt: number;
  /** The number of the ticket key; 0 in the store. */
  readonly key: number;
  /** The number of its entry, 0 for none, which is also its own. */
  readonly entry: number;
  readonly row: number;
  readonly epoch: number;
}

interface Client {
  session: Session | null;
}

/** A server process. */
class ProcessModel {
  readonly access: StoreAccess;
  readonly ring: KeyRingModel;
  /** When it has read what is forgotten, and who waits for that. */
  readAt = -Infinity;
  reading: ((answer: boolean) => void)[] | null = null;
  isAway = false;
  /** When its processor has done what it is asked so far. */
  freeAt = 0;
  worked = 0;

  constructor(timeline: Timeline, store: StoreModel, scenario: Scenario) {
    this.access = new StoreAccess(timeline, store);
    this.ring = new KeyRingModel(timeline, store, this.access, scenario);
  }
}

/** Simulates a scenario. */
export function simulate(scenario: Scenario): Outcome {
  const simulation = new Simulation(scenario);
  simulation.run();
  return simulation.outcome();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #prng: Prng;
  readonly #timeline = new Timeline();
  readonly #store: StoreModel;
  readonly #processes: ProcessModel[];
  readonly #counts = { visits: 0, eligible: 0, resumed: 0, withoutSession: 0 };
  readonly #reasons: Record<string, number> = {};
  readonly #waits: number[] = [];
  #entries = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#prng = new Prng(scenario.seed);
    this.#store = new StoreModel(this.#timeline, scenario);
    const count = scenario.machines * scenario.processes;
    this.#processes = Array.from({ length: count }, () => this.#newProcess());
  }

  run(): void {
    const { rate, gap, seconds, faults } = this.#scenario;
    for (const fault of faults) this.#timeline.after(fault.at * 1000, () => this.#befall(fault));
    for (let i = 0; i < Math.round(rate * gap); i++) this.#planVisit({ session: null });
    this.#timeline.runUntil(seconds * 1000);
  }

  outcome(): Outcome {
    const { operations, bytes, worked } = this.#store;
    const duration = this.#scenario.seconds * 1000;
    const waits = Float64Array.from(this.#waits).sort();
    const processes = this.#processes.reduce((sum, process) => sum + process.worked, 0);
    return {
      ...this.#counts,
      reasons: this.#reasons,
      operations,
      bytes,
      storeLoad: worked / duration,
      processLoad: processes / duration / this.#processes.length,
      wait: {
        mean: waits.reduce((sum, wait) => sum + wait, 0) / Math.max(1, waits.length),
        p99: waits[Math.floor(waits.length * 0.99)] ?? 0,
      },
    };
  }

  #newProcess(): ProcessModel {
    return new ProcessModel(this.#timeline, this.#store, this.#scenario);
  }

  #befall(fault: Fault): void {
    if (fault.kind === "stop") this.#store.stop(fault.until * 1000);
    else if (fault.kind === "restart") this.#store.restart(fault.keepsRows);
    else this.#processes[this.#prng.integer(0, this.#processes.length - 1)] = this.#newProcess();
  }

  #chance(): number {
    return this.#prng.uint32() / 2 ** 32;
  }

  /** Clients come independently of each other. */
  #planVisit(client: Client): void {
    const delay = -Math.log(1 - this.#chance()) * this.#scenario.gap * 1000;
    this.#timeline.after(delay, () => this.#visit(client));
  }

  #visit(client: Client): void {
    const process = this.#prng.pick(this.#processes);
    const budget = new Budget();
    const { session } = client;
    this.#counts.visits++;
    client.session = null; // it is used once, as clients should
    const age = session === null ? Infinity : this.#timeline.now - session.issuedAt;
    if (session === null || age > this.#scenario.lifetime * 1000) {
      return this.#shakeHands(client, process, budget, false);
    }
    this.#counts.eligible++;
    this.#find(process, session, budget, (reason) => {
      if (reason === null) this.#counts.resumed++;
      else this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1;
      this.#shakeHands(client, process, budget, reason === null);
    });
  }

  /** Looks for the session; tells why it cannot be resumed, or `null`. */
  #find(
    process: ProcessModel,
    session: Session,
    budget: Budget,
    done: (reason: string | null) => void,
  ): void {
    const { mode } = this.#scenario;
    const reasonOf = (answer: boolean | null) =>
      answer === null ? "no answer of the store" : answer ? null : "no such row";
    if (mode === "ids") {
      return process.access.attempt(this.#readSession(session), budget, (answer) => {
        if (answer !== true) done(reasonOf(answer));
        else this.#refresh(process, budget, () => done(null));
      });
    }
    process.ring.find(session.key, budget, (isKnown) => {
      if (!isKnown) return done("no ticket key");
      this.#refresh(process, budget, () => {
        if (mode === "tickets") return done(null);
        const take = this.#takeEntry(session);
        process.access.attempt(take, budget, (answer) => done(reasonOf(answer)));
      });
    });
  }

  /** Knows what is forgotten, or goes on without where no client has a certificate. */
  #refresh(process: ProcessModel, budget: Budget, goOn: () => void): void {
    if (this.#timeline.now - process.readAt < REVOCATION_LAG) return goOn();
    if (process.isAway && process.reading !== null) return goOn();
    process.access.join((settle) => this.#readForgotten(process, settle), budget, goOn);
  }

  /** Reads what is forgotten, once for all that wait for it. */
  #readForgotten(process: ProcessModel, settle: (answer: boolean) => void): void {
    if (process.reading !== null) return void process.reading.push(settle);
    const waiting = process.reading = [settle];
    const { now } = this.#timeline;
    process.access.attempt(this.#askForgotten(), new Budget(), (answer) => {
      process.isAway = answer === null;
      if (answer !== null) process.readAt = now;
      process.reading = null;
      for (const tell of waiting) tell(answer === true);
    });
  }

  #shakeHands(client: Client, process: ProcessModel, budget: Budget, isShort: boolean): void {
    const { work } = this.#scenario;
    const cost = isShort ? work.resumed : work.full;
    const { now } = this.#timeline;
    process.worked += cost;
    process.freeAt = Math.max(now, process.freeAt) + cost;
    this.#timeline.after(process.freeAt - now, () => {
      this.#giveSession(process, budget, isShort, (session) => {
        this.#waits.push(budget.until(this.#timeline.now));
        if (session === null) this.#counts.withoutSession++;
        client.session = this.#chance() < this.#scenario.returning ? session : null;
        this.#planVisit(client);
      });
    });
  }

  #giveSession(
    process: ProcessModel,
    budget: Budget,
    isShort: boolean,
    done: (session: Session | null) => void,
  ): void {
    const { mode } = this.#scenario;
    const { tickets } = COSTS[mode];
    if (mode !== "ids") {
      return process.ring.current(budget, (key) => {
        if (key === null) return done(null);
        this.#keep(process, budget, key, isShort ? tickets.resumed : tickets.full, done);
      });
    }
    if (isShort) return done(this.#newSession(0)); // the session by its ID goes on as it is
    this.#keep(process, budget, 0, tickets.full, done);
  }

  /** Writes entries at the same time; the client keeps the last session. */
  #keep(
    process: ProcessModel,
    budget: Budget,
    key: number,
    count: number,
    done: (session: Session | null) => void,
  ): void {
    if (this.#scenario.mode === "tickets") return done(this.#newSession(key));
    let left = count;
    let kept: Session | null = null;
    for (let i = 0; i < count; i++) {
      const session = this.#newSession(key);
      process.access.attempt(this.#write(session), budget, (answer) => {
        if (answer) kept = session;
        if (--left === 0) done(kept);
      });
    }
  }

  #newSession(key: number): Session {
    const { rows } = this.#scenario;
    const { epoch } = this.#store;
    const row = this.#prng.integer(0, rows - 1);
    return { issuedAt: this.#timeline.now, key, entry: ++this.#entries, row, epoch };
  }

  *#write({ entry, row }: Session): Program {
    const store = this.#store;
    for (const operation of COSTS[this.#scenario.mode].keep) {
      const length = this.#scenario.mode === "ids" ? LENGTHS.session : LENGTHS.entry;
      if (operation === "epoch") yield this.#askEpoch();
      else {
        const apply = () => {
          store.rows[row] = entry;
        };
        yield { operation, bytes: LENGTHS.name + length, apply };
      }
    }
    return true;
  }

  *#takeEntry({ entry, row, epoch }: Session): Program {
    const store = this.#store;
    let isTaken = false;
    const apply = () => {
      isTaken = store.rows[row] === entry;
      if (isTaken) store.rows[row] = 0;
    };
    yield { operation: "replace", bytes: LENGTHS.name + LENGTHS.entry, apply };
    if (!isTaken) return false;
    yield this.#askEpoch();
    return epoch === store.epoch;
  }

  *#askForgotten(): Program {
    yield { operation: "get", bytes: LENGTHS.name, apply: () => {} };
    yield this.#askEpoch();
    return true;
  }

  *#readSession({ entry, row }: Session): Program {
    let isFound = false;
    const apply = () => {
      isFound = this.#store.rows[row] === entry;
    };
    yield { operation: "get", bytes: LENGTHS.name + LENGTHS.session, apply };
    return isFound;
  }

  #askEpoch() {
    const bytes = LENGTHS.name + LENGTHS.epoch;
    return { operation: "epoch", bytes, apply: () => {} } as const;
  }
}
