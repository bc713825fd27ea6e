// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

/**
 * Counts what the two ends of a connection do, in one process, in ways that do not depend on the
 * clock: promises by V8's hooks, calls to WebCrypto, bytes that are allocated and copied.
 *
 * Each end runs in an asynchronous context of its own, by which all of this is attributed. What
 * the runtime does inside WebCrypto and the transport runs in none, and does not count.
 *
 * Both ends run in lock-step: calls to WebCrypto, reads and writes that have begun end together, in
 * the order in which they began, once nothing else can run. That is a round. How a thread pool and
 * a network would order them changes no count then, and the rounds of an end are how many times it
 * has to wait: its critical path.
 *
 * It replaces methods of `crypto.subtle` and constructors of arrays: for a process of its own.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers";

/** What one end has done. */
export interface Counts {
  /** Calls to WebCrypto. */
  calls: number;
  /** Rounds that have let it go on. */
  rounds: number;
  /** Promises that it made; while V8's hooks are on, each `await` makes one besides. */
  promises: number;
  /** Reactions to promises that ran (PromiseJobs), such as what follows an `await`. */
  jobs: number;
  /** Typed arrays, views of them and buffers that it made. */
  arrays: number;
  /** The bytes of new buffers. */
  allocated: number;
  /** The bytes that `set()`, `slice()`, `copyWithin()`, constructors and text encoders copied. */
  copied: number;
  /** Reads and writes of its transport. */
  io: number;
}

/** The columns of {@linkcode Counts}, in their order. */
export const COLUMNS = [
  "calls",
  "rounds",
  "promises",
  "jobs",
  "arrays",
  "allocated",
  "copied",
  "io",
] as const satisfies readonly (keyof Counts)[];

/** One end of a connection, and what it has done. */
export class End {
  /** What it has done since it was last asked. */
  #counts: Counts = none();
  #round = -1;

  /** Runs something as this end. */
  run<T>(body: () => T): T {
    return STORAGE.run(this, body);
  }

  /** Adds to a count. */
  add(column: keyof Counts, amount = 1): void {
    this.#counts[column] += amount;
  }

  /** Notes that it goes on in a round. */
  wake(round: number): void {
    if (round !== this.#round) this.add("rounds");
    this.#round = round;
  }

  /** What it has done since the last call. */
  take(): Counts {
    const taken = this.#counts;
    this.#counts = none();
    return taken;
  }
}

const STORAGE = new AsyncLocalStorage<End | undefined>();

/** Returns the counts of an end that has done nothing. */
export function none(): Counts {
  return {
    calls: 0,
    rounds: 0,
    promises: 0,
    jobs: 0,
    arrays: 0,
    allocated: 0,
    copied: 0,
    io: 0,
  };
}

/** Runs what does not count. */
export function uncounted<T>(body: () => T): T {
  return STORAGE.run(undefined, body);
}

/** Something that has begun and waits for the end of its round. */
interface Waiting {
  readonly end: End;
  readonly result: Promise<unknown>;
  /** Gives `end` the result. */
  readonly settle: () => void;
}

let waiting: Waiting[] = [];
let roundRuns = false;
let round = 0;

/**
 * Has something end with its round.
 *
 * @param end Whose it is.
 * @param result What it comes to; `end` is not told before the round is over.
 * @param before What to do first, with the result.
 */
export function inRound<T>(
  end: End,
  result: T | Promise<T>,
  before: (value: T) => void = () => {},
): Promise<T> {
  return uncounted(() => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const pending = Promise.resolve(result);
    const settle = () => {
      pending.then((value) => {
        before(value);
        resolve(value);
      }, reject);
    };
    waiting.push({ end, result: pending, settle });
    if (!roundRuns) setImmediate(runRound); // when all that can run has run
    roundRuns = true;
    return promise;
  });
}

async function runRound(): Promise<void> {
  const ending = waiting;
  waiting = [];
  await Promise.allSettled(ending.map(({ result }) => result));
  roundRuns = false;
  round++;
  for (const { end, settle } of ending) {
    end.wake(round);
    settle();
  }
}

/** Waits until neither end has anything to do but to wait for the other. */
export async function settled(): Promise<void> {
  for (let idle = 0; idle < 4; idle++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (roundRuns) idle = -1;
  }
}

/** `Deno[Deno.internal].core`, where V8's hooks are. */
function countPromises(): void {
  const core: unknown = Reflect.get(
    Object(Reflect.get(Deno, Reflect.get(Deno, "internal"))),
    "core",
  );
  const setHooks: unknown = Reflect.get(Object(core), "setPromiseHooks");
  if (typeof setHooks !== "function") {
    throw new Error("Cannot count promises: this Deno has no setPromiseHooks()");
  }
  const count = (column: keyof Counts) => () => STORAGE.getStore()?.add(column);
  setHooks(count("promises"), count("jobs"), undefined, undefined);
}

/** What the runtime does on the spot and no thread of its own: it waits for no round. */
function isImmediate(method: string, [algorithm]: readonly unknown[]): boolean {
  if (method === "importKey") return true;
  const name: unknown = typeof algorithm === "string"
    ? algorithm
    : Reflect.get(Object(algorithm), "name");
  return method === "generateKey" && /^(?:X25519|Ed25519|ML-KEM-768)$/.test(String(name));
}

function countCalls(): void {
  const { subtle } = crypto;
  for (const method of Object.getOwnPropertyNames(SubtleCrypto.prototype)) {
    const original: unknown = Reflect.get(subtle, method);
    if (method === "constructor" || typeof original !== "function") continue;
    const value = (...args: unknown[]) => {
      const end = STORAGE.getStore();
      const result = uncounted(() => original.apply(subtle, args));
      if (end === undefined) return result;
      end.add("calls");
      return isImmediate(method, args) ? uncounted(() => result.then()) : inRound(end, result);
    };
    Object.defineProperty(subtle, method, { configurable: true, value });
  }
}

type Constructor = typeof Uint8Array | typeof Uint16Array | typeof Uint32Array | typeof DataView;

/** Counts an array or view by what it was made of. */
function countArray(source: unknown, made: ArrayBufferView): void {
  const end = STORAGE.getStore();
  if (end === undefined) return;
  end.add("arrays");
  if (source instanceof ArrayBuffer) return; // a view
  end.add("allocated", made.byteLength);
  if (typeof source === "object") end.add("copied", made.byteLength);
}

function countArraysOf(original: Constructor): void {
  const recording: Constructor = new Proxy(original, {
    construct(target, args, newTarget) {
      const made = Reflect.construct(target, args, newTarget === recording ? target : newTarget);
      countArray(args[0], made);
      return made;
    },
    get(target, name, receiver) {
      const value = Reflect.get(target, name, receiver);
      if (name !== "from" && name !== "of") return value;
      return (...args: unknown[]) => {
        const made = value.apply(target, args);
        countArray(args, made);
        return made;
      };
    },
  });
  Object.defineProperty(globalThis, original.name, { configurable: true, value: recording });
  // What subarray() and slice() make theirs with
  if (original !== DataView) Reflect.set(original.prototype, "constructor", recording);
}

/** Counts what a method did, by its result and its arguments. */
function countMethod(
  prototype: object,
  name: string,
  count: (end: End, result: unknown, args: readonly unknown[], self: unknown) => void,
): void {
  const original: unknown = Reflect.get(prototype, name);
  if (typeof original !== "function") throw new TypeError(`Cannot count ${name}(): there is none`);
  Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
    const result: unknown = original.apply(this, args);
    const end = STORAGE.getStore();
    if (end !== undefined) count(end, result, args, this);
    return result;
  });
}

const lengthOf = (value: unknown): number =>
  Number(Reflect.get(Object(value), "byteLength") ?? Reflect.get(Object(value), "length"));

function countBytes(): void {
  for (const constructor of [Uint8Array, Uint16Array, Uint32Array, DataView]) {
    countArraysOf(constructor);
  }
  const ofNew = (end: End, result: unknown) => {
    end.add("arrays");
    end.add("allocated", lengthOf(result));
    end.add("copied", lengthOf(result));
  };
  const arrays: object = Object.getPrototypeOf(Uint8Array.prototype);
  countMethod(arrays, "set", (end, _result, [source]) => end.add("copied", lengthOf(source)));
  countMethod(arrays, "slice", (end, result) => end.add("copied", lengthOf(result)));
  countMethod(arrays, "copyWithin", (end, _result, [, from, to], self) => {
    end.add("copied", Number(to ?? lengthOf(self)) - Number(from));
  });
  countMethod(ArrayBuffer.prototype, "slice", ofNew);
  countMethod(TextEncoder.prototype, "encode", ofNew);
}

/** Begins to count, for as long as the process runs. */
export function startCounting(): void {
  countPromises();
  countCalls();
  countBytes();
}
