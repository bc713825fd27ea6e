// Copyright 2026 the NSS for Deno authors. MIT license.

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

/** How long a handshake has waited already. */
export interface StoreWait {
  /** In milliseconds. */
  storeWait: number;
}

const DEFAULT_POLICY: StorePolicy = { timeout: STORE_TIMEOUT };

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

/**
 * Calls a store or cache of the application or of several processes. A failure or a timeout is
 * counted, and the handshake continues without it. After several failures it is not called for a
 * while, which is counted, too.
 *
 * @param store The store or cache: what shares it shares the circuit breaker.
 * @param counters The counters of the context.
 * @param run Calls it.
 * @param wait The handshake, whose calls share one timeout; without it the call has all of it.
 * @returns The answer; `null` if the store failed, timed out, or was not called.
 */
export async function attempt<T>(
  store: object,
  counters: StoreCounters,
  run: () => Awaitable<T>,
  wait?: StoreWait,
): Promise<T | null> {
  const circuit = circuitOf(store);
  const started = performance.now();
  const policy = policies.get(counters) ?? DEFAULT_POLICY;
  const timeout = policy.timeout - (wait?.storeWait ?? 0);
  if (timeout <= 0 || !circuit.mayAsk(started)) {
    counters.storeRefusals++;
    counters.cacheUnavailable++;
    return null;
  }
  let reason: StoreFault["reason"] = "failure";
  try {
    let answer = run();
    if (isThenable(answer)) {
      answer = await inTime(answer, timeout, () => {
        reason = "timeout";
        return new Error(`Cannot wait any longer for the store: ${policy.timeout} ms are over`);
      });
    }
    circuit.succeeded();
    return answer;
  } catch (error) {
    const rests = circuit.failed(performance.now());
    counters.storeFailures++;
    counters.cacheUnavailable++;
    tell(policy, { reason, error, rests });
    return null;
  } finally {
    if (wait !== undefined) wait.storeWait += performance.now() - started;
  }
}

/** Counts a row that did not open or decode, and tells of it. */
export function countUnreadable(counters: StoreCounters): void {
  counters.unreadableRows++;
  const error = new Error("Cannot read row: it is damaged, or of another secret or version");
  tell(policies.get(counters) ?? DEFAULT_POLICY, { reason: "unreadable", error, rests: false });
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

/**
 * Waits for a promise, but not for ever.
 *
 * @param promise The promise.
 * @param milliseconds The time.
 * @param late Makes the error when the time is over.
 */
export async function inTime<T>(
  promise: Promise<T>,
  milliseconds: number,
  late: () => Error,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}
