// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Awaitable } from "./session_cache.ts";

/** How many milliseconds a handshake waits for a cache outside the process; a full handshake takes a few. */
export const CACHE_TIMEOUT = 2000;

/**
 * Asks a cache, which may be anything: what fails or takes too long is counted, and the handshake goes on without.
 *
 * @param counters Where it is counted.
 * @param run Asks.
 * @param timeout How many milliseconds it may take.
 * @returns The answer; `null` if there is none.
 */
export async function attempt<T>(
  counters: { cacheUnavailable: number },
  run: () => Awaitable<T>,
  timeout: number = CACHE_TIMEOUT,
): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const answer = run();
    if (!(answer instanceof Promise)) return answer;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`Cannot wait any longer: ${timeout} ms are over`)),
        timeout,
      );
    });
    return await Promise.race([answer, late]);
  } catch {
    counters.cacheUnavailable++;
    return null;
  } finally {
    clearTimeout(timer);
  }
}
