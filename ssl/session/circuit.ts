// Copyright 2026 the NSS for Deno authors. MIT license.

/** The number of consecutive failures after which a cache is not called for a while. */
export const FAILURES_UNTIL_REST = 3;
/** For how many milliseconds: longer than a handshake, shorter than an outage of a store. */
export const REST_DURATION = 5000;

/** A circuit breaker: a cache that is down would delay each handshake by the whole timeout. */
export class Circuit {
  #failures = 0;
  #restsUntil = -Infinity;

  /** Returns whether to call the cache; after a rest only one caller tries it. */
  mayAsk(now: number): boolean {
    if (this.#failures < FAILURES_UNTIL_REST) return true;
    if (now < this.#restsUntil) return false;
    this.#restsUntil = now + REST_DURATION;
    return true;
  }

  /** Records that the cache has answered. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** Records that the cache has failed or timed out; returns whether it rests now. */
  failed(now: number): boolean {
    const rests = ++this.#failures >= FAILURES_UNTIL_REST;
    if (rests) this.#restsUntil = now + REST_DURATION;
    return rests;
  }
}
