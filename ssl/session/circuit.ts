// Copyright 2026 the NSS for Deno authors. MIT license.

/** After so many failures in a row a cache is left alone for a while. */
export const FAILURES_UNTIL_REST = 3;
/**
 * For how many milliseconds: long beside a handshake, short beside the trouble of a store that is
 * down.
 */
const REST = 5000;

/**
 * Says whether a cache is asked: one that is down would cost each handshake all of its patience.
 */
export class Circuit {
  #failures = 0;
  #restsUntil = -Infinity;

  /** Whether to ask now; after a rest it is one caller who finds out for all. */
  mayAsk(now: number): boolean {
    if (this.#failures < FAILURES_UNTIL_REST) return true;
    if (now < this.#restsUntil) return false;
    this.#restsUntil = now + REST;
    return true;
  }

  /** The cache has answered. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** The cache has failed, or taken too long. */
  failed(now: number): void {
    if (++this.#failures >= FAILURES_UNTIL_REST) this.#restsUntil = now + REST;
  }
}
