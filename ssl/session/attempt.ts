// Copyright 2026 the NSS for Deno authors. MIT license.

import { Circuit } from "./circuit.ts";
import type { Awaitable } from "../base/session_cache.ts";

/**
 * The time in milliseconds that a handshake waits for a cache outside of the process; a full
 * handshake takes a few milliseconds.
 */
export const CACHE_TIMEOUT = 2000;

const circuits = new WeakMap<object, Circuit>();

function circuitOf(cache: object): Circuit {
  let circuit = circuits.get(cache);
  if (circuit === undefined) {
    circuit = new Circuit();
    circuits.set(cache, circuit);
  }
  return circuit;
}

/**
 * Calls a cache of the application or of several processes. A failure or a timeout is counted, and
 * the handshake continues without the cache. After several failures it is not called for a while,
 * which is counted, too.
 *
 * @param cache The cache.
 * @param counters The counters of failures.
 * @param run Calls the cache.
 * @param timeout The timeout in milliseconds.
 * @returns The answer; `null` if the cache failed, timed out, or was not called.
 */
export async function attempt<T>(
  cache: object,
  counters: { cacheUnavailable: number },
  run: () => Awaitable<T>,
  timeout: number = CACHE_TIMEOUT,
): Promise<T | null> {
  const circuit = circuitOf(cache);
  if (!circuit.mayAsk(performance.now())) {
    counters.cacheUnavailable++;
    return null;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    let answer = run();
    if (isThenable(answer)) {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`Cannot wait any longer: ${timeout} ms are over`)),
          timeout,
        );
      });
      answer = await Promise.race([answer, late]);
    }
    circuit.succeeded();
    return answer;
  } catch {
    circuit.failed(performance.now());
    counters.cacheUnavailable++;
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Returns whether an answer is a promise or another thenable: some libraries have promises of their
 * own.
 */
function isThenable<T>(answer: Awaitable<T>): answer is Promise<T> {
  return typeof (answer as Partial<PromiseLike<T>> | null | undefined)?.then === "function";
}
