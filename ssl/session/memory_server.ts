// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ServerSessionCache } from "../base/server_session_cache.ts";

/** The default maximum number of sessions that a server keeps by ID, as in NSS. */
export const MAX_SERVER_SESSIONS = 10_000;

interface Entry {
  readonly session: Uint8Array<ArrayBuffer>;
  readonly expiresAt: number;
}

/** A server session cache in memory that drops the least recently used session beyond its bound. */
export class MemoryServerSessionCache implements ServerSessionCache {
  /** The sessions by ID, least recently used first. */
  readonly #sessions = new Map<string, Entry>();
  readonly #maxSessions: number;

  /** Creates an empty cache for a maximum number of sessions. */
  constructor(maxSessions: number = MAX_SERVER_SESSIONS) {
    this.#maxSessions = maxSessions;
  }

  /** The number of sessions in the cache. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Returns the session of an ID, unless it has expired. */
  get(id: string, now: number): Uint8Array<ArrayBuffer> | undefined {
    const entry = this.#sessions.get(id);
    if (entry === undefined) return undefined;
    this.#sessions.delete(id);
    if (entry.expiresAt <= now) return undefined;
    this.#sessions.set(id, entry);
    return entry.session;
  }

  /** Adds a session, and drops the least recently used one beyond the bound. */
  put(id: string, session: Uint8Array<ArrayBuffer>, expiresAt: number): void {
    this.#sessions.delete(id);
    this.#sessions.set(id, { session, expiresAt });
    if (this.#sessions.size <= this.#maxSessions) return;
    const [leastRecent] = this.#sessions.keys();
    this.#sessions.delete(leastRecent!);
  }

  /** Removes a session. */
  delete(id: string): void {
    this.#sessions.delete(id);
  }
}
