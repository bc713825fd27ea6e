// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CachedSession, ClientSessionCache } from "../base/session_cache.ts";

/**
 * The default maximum number of peers in a cache; Go's default is 64, too few for a client of many
 * servers.
 */
export const MAX_CACHED_PEERS = 1000;
/** The maximum number of tickets kept for a peer; OpenSSL's servers send two, Go keeps one. */
export const MAX_TICKETS_PER_PEER = 4;

/** The maximum cost in bytes of the sessions of one peer, whose certificates may be long. */
export const MAX_COST_PER_PEER = 131_072;
/** The maximum cost in bytes of all sessions, for each peer that the cache may have. */
export const MAX_AVERAGE_COST = 32_768;

interface Entry<S> {
  readonly sessions: readonly S[];
  readonly cost: number;
}

/**
 * A session cache in memory that drops the least recently used peer beyond its bounds, of number
 * and of cost.
 */
export class MemorySessionCache<S extends { readonly expiresAt: number } = CachedSession>
  implements ClientSessionCache<S> {
  /** The sessions by key, least recently used first. */
  readonly #entries = new Map<string, Entry<S>>();
  #cost = 0;
  #maxPeers: number;
  readonly #costOf: (sessions: readonly S[]) => number;

  /**
   * Creates an empty cache.
   *
   * @param maxPeers The maximum number of peers.
   * @param costOf Returns the memory in bytes that the sessions of a peer take.
   */
  constructor(
    maxPeers: number = MAX_CACHED_PEERS,
    costOf: (sessions: readonly S[]) => number = () => 0,
  ) {
    this.#maxPeers = maxPeers;
    this.#costOf = costOf;
  }

  /** Changes the maximum number of peers, and drops those beyond it. */
  resize(maxPeers: number): void {
    this.#maxPeers = maxPeers;
    this.#dropExcess();
  }

  /** The number of peers in the cache. */
  get size(): number {
    return this.#entries.size;
  }

  /** The memory in bytes that the sessions take. */
  get cost(): number {
    return this.#cost;
  }

  /** Removes and returns the newest session that has not expired. */
  take(key: string, now: number): S | undefined {
    const fresh = this.#remove(key).filter(({ expiresAt }) => expiresAt > now);
    const session = fresh.pop();
    this.#add(key, fresh);
    return session;
  }

  /** Adds a session, and drops the oldest ones beyond the bounds, perhaps itself. */
  put(key: string, session: S): void {
    const sessions = [...this.#remove(key), session].slice(-MAX_TICKETS_PER_PEER);
    while (this.#costOf(sessions) > MAX_COST_PER_PEER) sessions.shift();
    this.#add(key, sessions);
    this.#dropExcess();
  }

  /** Removes the sessions of a key. */
  delete(key: string): void {
    this.#remove(key);
  }

  /** Removes all sessions. */
  clear(): void {
    this.#entries.clear();
    this.#cost = 0;
  }

  #add(key: string, sessions: readonly S[]): void {
    if (sessions.length === 0) return;
    const cost = this.#costOf(sessions);
    this.#entries.set(key, { sessions, cost });
    this.#cost += cost;
  }

  #remove(key: string): readonly S[] {
    const entry = this.#entries.get(key);
    if (entry === undefined) return [];
    this.#entries.delete(key);
    this.#cost -= entry.cost;
    return entry.sessions;
  }

  #dropExcess(): void {
    const maxCost = Math.max(MAX_AVERAGE_COST * this.#maxPeers, MAX_COST_PER_PEER);
    for (const leastRecent of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxPeers && this.#cost <= maxCost) break;
      this.#remove(leastRecent);
    }
  }
}
