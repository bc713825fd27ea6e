// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ServerSessionCache } from "../base/server_session_cache.ts";

/** The default maximum number of sessions that a server keeps by ID, as in NSS. */
export const MAX_SERVER_SESSIONS = 10_000;

/**
 * The maximum length in bytes of all sessions, for each one that the cache may have: those with a
 * client's certificates are the longest.
 */
export const MAX_AVERAGE_SESSION_LENGTH = 4096;

interface Entry {
  readonly session: Uint8Array<ArrayBuffer>;
  readonly expiresAt: number;
}

/**
 * A server session cache in memory that drops the least recently used session beyond its bounds, of
 * number and of length.
 */
export class MemoryServerSessionCache implements ServerSessionCache {
  /** The sessions by ID, least recently used first. */
  readonly #sessions = new Map<string, Entry>();
  readonly #maxSessions: number;
  #length = 0;

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
    if (entry.expiresAt <= now) {
      this.delete(id);
      return undefined;
    }
    this.#sessions.delete(id);
    this.#sessions.set(id, entry);
    return entry.session;
  }

  /** Adds a session, and drops the least recently used ones beyond the bounds. */
  put(id: string, session: Uint8Array<ArrayBuffer>, expiresAt: number): void {
    this.delete(id);
    this.#sessions.set(id, { session, expiresAt });
    this.#length += session.length;
    const maxLength = MAX_AVERAGE_SESSION_LENGTH * this.#maxSessions;
    for (const leastRecent of this.#sessions.keys()) {
      if (this.#sessions.size <= this.#maxSessions && this.#length <= maxLength) break;
      this.delete(leastRecent);
    }
  }

  /** Removes a session. */
  delete(id: string): void {
    this.#length -= this.#sessions.get(id)?.session.length ?? 0;
    this.#sessions.delete(id);
  }
}
