// Copyright 2026 the NSS for Deno authors. MIT license.

import { inTime } from "../../cert/base/runtime.ts";
import { Circuit } from "./circuit.ts";
import type { Awaitable } from "../base/session_cache.ts";
import type { StoreFault } from "../base/session_store.ts";
import type { SslCounters } from "./statistics.ts";

/**
 * The default time in milliseconds that a handshake waits, in all, for stores and caches outside of
 * the process; a full handshake takes a few milliseconds.
 */
export const STORE_TIMEOUT = 500;

/** The counters of what happens to stores and caches outside of the process. */
export type StoreCounters = Pick<
  SslCounters,
  "cacheUnavailable" | "storeFailures" | "storeRefusals" | "unreadableRows"
>;

/** What the application has said about stores, for one context. */
export interface StorePolicy {
  /** The time in milliseconds that a handshake waits in all. */
  readonly timeout: number;
  /** Is told of faults. */
  readonly onFault?: ((fault: StoreFault) => void) | undefined;
}

/** How long a handshake has waited for stores; calls at the same time count once. */
export class StoreWait {
  #waited = 0;
  #calls = 0;
  #since = 0;

  /** The milliseconds until now, by the clock of `performance`. */
  until(now: number): number {
    return this.#calls === 0 ? this.#waited : this.#waited + now - this.#since;
  }

  /** Waits for a call. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    if (this.#calls++ === 0) this.#since = performance.now();
    try {
      return await call();
    } finally {
      if (--this.#calls === 0) this.#waited += performance.now() - this.#since;
    }
  }
}

const DEFAULT_POLICY: StorePolicy = { timeout: STORE_TIMEOUT };

export function policyOf(counters: StoreCounters): StorePolicy {
  return policies.get(counters) ?? DEFAULT_POLICY;
}

/** By the counters, which each context has. */
const policies = new WeakMap<StoreCounters, StorePolicy>();

/** Says how long handshakes of a context wait for stores, and who is told of faults. */
export function setStorePolicy(counters: StoreCounters, policy: StorePolicy): void {
  policies.set(counters, policy);
}

const circuits = new WeakMap<object, Circuit>();

function circuitOf(store: object): Circuit {
  let circuit = circuits.get(store);
  if (circuit === undefined) {
    circuit = new Circuit();
    circuits.set(store, circuit);
  }
  return circuit;
}

/** Has what is kept in a store rest when the store does. */
export function shareCircuit(cache: object, store: object): void {
  circuits.set(cache, circuitOf(store));
}

/**
 * Calls a store or cache of the application or of several processes. A failure or a timeout is
 * counted, and the handshake continues without it. After several failures it is not called for a
 * while, which is counted, too.
 *
 * @param store The store or cache: what shares it shares the circuit breaker.
 * @param counters The counters of the context.
 * @param run Calls it.
 * @param wait The handshake, whose calls share one timeout; by default the call has all of it.
 * @returns The answer; `null` if the store failed, timed out, or was not called.
 */
export async function attempt<T>(
  store: object,
  counters: StoreCounters,
  run: () => Awaitable<T>,
  wait: StoreWait = new StoreWait(),
): Promise<T | null> {
  const circuit = circuitOf(store);
  const now = performance.now();
  const policy = policyOf(counters);
  const left = policy.timeout - wait.until(now);
  if (left <= 0 || !circuit.mayAsk(now)) return refuse(counters);
  let reason: StoreFault["reason"] = "failure";
  try {
    const answer = await wait.during(async () => {
      const answer = run();
      if (!isThenable(answer)) return answer;
      return await inTime(answer, left, () => {
        reason = "timeout";
        return late(policy);
      });
    });
    circuit.succeeded();
    return answer;
  } catch (error) {
    const rests = circuit.failed(performance.now());
    counters.storeFailures++;
    counters.cacheUnavailable++;
    tell(policy, { reason, error, rests });
    return null;
  }
}

/** Counts a question that is not asked. */
export function refuse(counters: StoreCounters): null {
  counters.storeRefusals++;
  counters.cacheUnavailable++;
  return null;
}

/** Makes the error of a handshake that has waited long enough. */
export function late({ timeout }: StorePolicy): Error {
  return new Error(`Cannot wait any longer for the store: ${timeout} ms are over`);
}

/** Counts a row that did not open or decode, and tells of it. */
export function countUnreadable(counters: StoreCounters): void {
  counters.unreadableRows++;
  const error = new Error("Cannot read row: it is damaged, or of another secret or version");
  tell(policyOf(counters), { reason: "unreadable", error, rests: false });
}

/** Tells the application of a fault; what its function does harms no handshake. */
function tell({ onFault }: StorePolicy, fault: StoreFault): void {
  if (onFault === undefined) return;
  try {
    const answer: unknown = onFault(Object.freeze(fault));
    if (isThenable(answer)) Promise.resolve(answer).catch(() => {});
  } catch {
    // The store is what it is told of; the handshake goes on
  }
}

/**
 * Returns whether an answer is a promise or another thenable: some libraries have promises of their
 * own.
 */
function isThenable<T>(answer: Awaitable<T>): answer is Promise<T> {
  return typeof (answer as Partial<PromiseLike<T>> | null | undefined)?.then === "function";
}
