// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CachedSession, SessionCache } from "../base/session_cache.ts";

/**
 * The default maximum number of peers in a cache; Go's default is 64, too few for a client of many
 * servers.
 */
export const MAX_CACHED_PEERS = 1000;
/** The maximum number of tickets kept for a peer; OpenSSL's servers send two, Go keeps one. */
export const MAX_TICKETS_PER_PEER = 4;

/** A session cache in memory that drops the least recently used peer beyond its bound. */
export class MemorySessionCache<S extends { readonly expiresAt: number } = CachedSession>
  implements SessionCache<S> {
  /** The sessions by key, least recently used first. */
  readonly #sessions = new Map<string, S[]>();
  #maxPeers: number;

  /** Creates an empty cache for a maximum number of peers. */
  constructor(maxPeers: number = MAX_CACHED_PEERS) {
    this.#maxPeers = maxPeers;
  }

  /** Changes the maximum number of peers, and drops those beyond it. */
  resize(maxPeers: number): void {
    this.#maxPeers = maxPeers;
    this.#dropExcess();
  }

  /** The number of peers in the cache. */
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

  /** Adds a session, and drops the oldest ones beyond the bounds. */
  put(key: string, session: S): void {
    const sessions = this.#sessions.get(key) ?? [];
    this.#sessions.delete(key);
    this.#sessions.set(key, [...sessions, session].slice(-MAX_TICKETS_PER_PEER));
    this.#dropExcess();
  }

  #dropExcess(): void {
    for (const leastRecent of this.#sessions.keys()) {
      if (this.#sessions.size <= this.#maxPeers) break;
      this.#sessions.delete(leastRecent);
    }
  }

  /** Removes the sessions of a key. */
  delete(key: string): void {
    this.#sessions.delete(key);
  }

  /** Removes all sessions. */
  clear(): void {
    this.#sessions.clear();
  }
}
