// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CachedSession, SessionCache } from "../base/session_cache.ts";

/**
 * How many peers a cache remembers; Go's default for its LRU session cache is 64, a server farm
 * wants more.
 */
export const MAX_CACHED_PEERS = 1000;
/** How many tickets are kept for one peer; OpenSSL's servers send two, Go keeps one. */
export const MAX_TICKETS_PER_PEER = 4;

/** A bounded session cache in memory that forgets the longest unused peer first. */
export class MemorySessionCache<S extends { readonly expiresAt: number } = CachedSession>
  implements SessionCache<S> {
  /** In order of use, the longest unused first. */
  readonly #sessions = new Map<string, S[]>();
  #maxPeers: number;

  /** Makes an empty cache for so many peers. */
  constructor(maxPeers: number = MAX_CACHED_PEERS) {
    this.#maxPeers = maxPeers;
  }

  /** Changes for how many peers there is room, and forgets those that are too many. */
  resize(maxPeers: number): void {
    this.#maxPeers = maxPeers;
    this.#forgetTooMany();
  }

  /** The number of peers that the cache holds sessions of. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Removes and returns the newest session that has not expired. */
  take(key: string, now: number): S | undefined {
    const sessions = this.#sessions.get(key);
    this.#sessions.delete(key);
    const fresh = sessions?.filter(({ expiresAt }) => expiresAt > now) ?? [];
    const session = fresh.pop();
    if (fresh.length > 0) this.#sessions.set(key, fresh);
    return session;
  }

  /** Keeps a session, and forgets the oldest ones beyond the bounds. */
  put(key: string, session: S): void {
    const sessions = this.#sessions.get(key) ?? [];
    this.#sessions.delete(key);
    this.#sessions.set(key, [...sessions, session].slice(-MAX_TICKETS_PER_PEER));
    this.#forgetTooMany();
  }

  #forgetTooMany(): void {
    for (const longestUnused of this.#sessions.keys()) {
      if (this.#sessions.size <= this.#maxPeers) break;
      this.#sessions.delete(longestUnused);
    }
  }

  /** Forgets the sessions of one key. */
  delete(key: string): void {
    this.#sessions.delete(key);
  }

  /** Forgets all sessions. */
  clear(): void {
    this.#sessions.clear();
  }
}
