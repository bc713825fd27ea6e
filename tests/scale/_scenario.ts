// Copyright 2026 the NSS for Deno authors. MIT license.

/** What is simulated: machines, their store, their clients, and what goes wrong. @module */

/** The methods of a store. */
export const OPERATIONS = ["get", "put", "replace", "epoch"] as const;

/** A method of a store. */
export type Operation = typeof OPERATIONS[number];

/**
 * Where sessions are: in tickets, which cost no operation; in tickets that resume once; by ID in
 * the store, as clients without tickets want it.
 */
export const MODES = ["tickets", "once", "ids"] as const;

/** Where sessions are. */
export type Mode = typeof MODES[number];

/** What a mode costs: operations one after the other. */
export interface ModeCosts {
  /** For the session of a full handshake, or each ticket after it. */
  readonly keep: readonly Operation[];
  /** The tickets after a full handshake; they are written at the same time. */
  readonly tickets: { readonly full: number; readonly resumed: number };
  /** Before a resumption. */
  readonly find: readonly Operation[];
}

/**
 * The operations of each mode; `costs_test.ts` counts them in handshakes. Early data costs what
 * `once` does, for handshakes with early data and the tickets that allow it.
 */
export const COSTS: Readonly<Record<Mode, ModeCosts>> = {
  tickets: { keep: [], tickets: { full: 2, resumed: 1 }, find: [] },
  once: { keep: ["epoch", "put"], tickets: { full: 2, resumed: 1 }, find: ["replace", "epoch"] },
  ids: { keep: ["put"], tickets: { full: 1, resumed: 0 }, find: ["get"] },
};

/**
 * The milliseconds of a processor that Redis 7.0 took for an operation, where many came at once; it
 * uses one processor. `costs_test.ts` prints them.
 */
export const STORE_WORK: Readonly<Record<Operation, number>> = {
  get: 0.0065,
  put: 0.008,
  replace: 0.011,
  epoch: 0.01,
};

/** What goes wrong, at a time in seconds. */
export type Fault =
  /** The store answers nothing until then, and afterwards all that it was asked. */
  | { readonly kind: "stop"; readonly at: number; readonly until: number }
  /** The store starts again with nothing; or with its rows, under another epoch. */
  | { readonly kind: "restart"; readonly at: number; readonly keepsRows: boolean }
  /** A process is killed, and another takes its place. */
  | { readonly kind: "kill"; readonly at: number };

/** What is simulated. */
export interface Scenario {
  /** The machines. */
  readonly machines: number;
  /** The processes of each. */
  readonly processes: number;
  /** The visits a second, of all machines. */
  readonly rate: number;
  /** How long it lasts, in seconds. */
  readonly seconds: number;
  /** The share of visits after which the client comes again. */
  readonly returning: number;
  /** The time between two visits of a client on average, in seconds. */
  readonly gap: number;
  /** Where sessions are. */
  readonly mode: Mode;
  /** The lifetime of a session, in seconds. */
  readonly lifetime: number;
  /** The time for which a ticket key seals, in seconds. */
  readonly rotation: number;
  /** The rows for entries of what happens once, or for sessions by ID. */
  readonly rows: number;
  /** The time that a question and its answer are under way to the store, in milliseconds. */
  readonly latency: number;
  /** How many times faster than {@linkcode STORE_WORK} the store works. */
  readonly storeSpeed: number;
  /** The processor's time of a full handshake and of a resumption, in milliseconds. */
  readonly work: { readonly full: number; readonly resumed: number };
  /** What goes wrong. */
  readonly faults: readonly Fault[];
  /** The seed of chance. */
  readonly seed: number;
}

/** A hundred machines that shake hands 10,000 times a second. */
export const DEFAULTS: Scenario = {
  machines: 100,
  processes: 4,
  rate: 10_000,
  seconds: 20,
  returning: 0.8,
  gap: 5,
  mode: "tickets",
  lifetime: 172_800,
  rotation: 86_400,
  rows: 2 ** 20,
  latency: 0.5,
  storeSpeed: 1,
  work: { full: 6.5, resumed: 5 },
  faults: [],
  seed: 1,
};

/** What came of it. */
export interface Outcome {
  /** The visits. */
  readonly visits: number;
  /** The visits of clients that had a session that had not expired. */
  readonly eligible: number;
  /** Of these, the ones that resumed. */
  readonly resumed: number;
  /** Why others did not: reasons with their counts. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The handshakes after which the client was given no session, for want of a key or an entry. */
  readonly withoutSession: number;
  /** What the store was asked, by method. */
  readonly operations: Readonly<Record<Operation, number>>;
  /** The bytes of names and values to the store and from it. */
  readonly bytes: number;
  /** The share of the time for which the store works, of one processor. */
  readonly storeLoad: number;
  /** The share of the time for which a process works, on average. */
  readonly processLoad: number;
  /** For how long handshakes waited for the store, in milliseconds: on average, and 99 of 100. */
  readonly wait: { readonly mean: number; readonly p99: number };
}
