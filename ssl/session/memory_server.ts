// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ServerSessionCache } from "../base/server_session_cache.ts";

/** How many sessions a server remembers by ID (NSS's default). */
export const MAX_SERVER_SESSIONS = 10_000;

interface Entry {
  readonly session: Uint8Array<ArrayBuffer>;
  readonly expiresAt: number;
}

/** A bounded cache in memory that forgets the longest unused session first. */
export class MemoryServerSessionCache implements ServerSessionCache {
  /** In order of use, the longest unused first. */
  readonly #sessions = new Map<string, Entry>();
  readonly #maxSessions: number;

  /** Makes an empty cache for so many sessions. */
  constructor(maxSessions: number = MAX_SERVER_SESSIONS) {
    this.#maxSessions = maxSessions;
  }

  /** The number of sessions that the cache holds. */
  get size(): number {
    return this.#sessions.size;
  }

  /** The session of an ID. */
  get(id: string, now: number): Uint8Array<ArrayBuffer> | undefined {
    const entry = this.#sessions.get(id);
    if (entry === undefined) return undefined;
    this.#sessions.delete(id);
    if (entry.expiresAt <= now) return undefined;
    this.#sessions.set(id, entry);
    return entry.session;
  }

  /** Keeps a session, and forgets the longest unused one beyond the bound. */
  put(id: string, session: Uint8Array<ArrayBuffer>, expiresAt: number): void {
    this.#sessions.delete(id);
    this.#sessions.set(id, { session, expiresAt });
    if (this.#sessions.size <= this.#maxSessions) return;
    const [longestUnused] = this.#sessions.keys();
    this.#sessions.delete(longestUnused!);
  }

  /** Forgets a session. */
  delete(id: string): void {
    this.#sessions.delete(id);
  }
}
