// Copyright 2026 the NSS for Deno authors. MIT license.

import { Circuit } from "./circuit.ts";
import type { Awaitable } from "../base/session_cache.ts";

/**
 * How many milliseconds a handshake waits for a cache outside the process; a full handshake takes a
 * few.
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
 * Asks a cache, which may be anything: what fails or takes too long is counted, and the handshake
 * goes on without. One that fails again and again is left alone for a while, which is counted, too.
 *
 * @param cache The cache.
 * @param counters Where it is counted.
 * @param run Asks.
 * @param timeout How many milliseconds it may take.
 * @returns The answer; `null` if there is none.
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
 * Whether an answer comes later. The promises of some libraries are none of the language's own, but
 * are waited for all the same.
 */
function isThenable<T>(answer: Awaitable<T>): answer is Promise<T> {
  return typeof (answer as Partial<PromiseLike<T>> | null | undefined)?.then === "function";
}
