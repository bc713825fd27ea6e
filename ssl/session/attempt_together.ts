// Copyright 2026 the NSS for Deno authors. MIT license.

import { inTime } from "../../cert/base/runtime.ts";
import { late, policyOf, refuse, type StoreCounters, type StoreWait } from "./attempt.ts";

/**
 * Waits for what is asked once for all handshakes that need it, but no longer than this one may:
 * the question goes on with a timeout of its own, whoever has begun it.
 *
 * @param counters The counters of the context.
 * @param join Begins the question, or returns the one that is under way.
 * @param wait The handshake.
 * @returns The answer; `null` if the time is over.
 */
export async function attemptTogether<T>(
  counters: StoreCounters,
  join: () => Promise<T>,
  wait: StoreWait,
): Promise<T | null> {
  const policy = policyOf(counters);
  const left = policy.timeout - wait.until(performance.now());
  if (left <= 0) return refuse(counters);
  let isOver = false;
  try {
    return await wait.during(() =>
      inTime(join(), left, () => {
        isOver = true;
        return late(policy);
      })
    );
  } catch (error) {
    if (isOver) return refuse(counters);
    throw error;
  }
}
