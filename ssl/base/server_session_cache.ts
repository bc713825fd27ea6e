// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Awaitable } from "./session_cache.ts";

/**
 * A key that encrypts tickets, as processes exchange it; its bytes are secret.
 *
 * @category Sessions
 */
export interface TicketKeyRecord {
  /** The name of the key in tickets, 16 bytes. */
  readonly name: Uint8Array<ArrayBuffer>;
  /** The AES-256 key. */
  readonly secret: Uint8Array<ArrayBuffer>;
  /** The time of its creation, in milliseconds since 1970. */
  readonly createdAt: number;
}

/**
 * The keys with which several processes encrypt tickets.
 *
 * @category Sessions
 */
export interface TicketKeyList {
  /** The keys, newest first; empty if none has been created yet. */
  readonly keys: readonly TicketKeyRecord[];
  /** The revision of the list; `null` if it was never written. */
  readonly revision: string | null;
}

/**
 * A cache of a server's sessions, for {@linkcode configServerSessionIDCache}. The one in memory
 * stores TLS 1.2 sessions with an ID; one shared by several processes also stores the keys of
 * tickets.
 *
 * An ID identifies the session and the configuration. A cache that fails or is too slow prevents
 * resumption, but never ends the connection. Sessions and keys are secret: reading them allows
 * decryption of resumed connections, writing them allows impersonation of clients.
 *
 * @category Sessions
 */
export interface ServerSessionCache {
  /**
   * Returns the session of an ID without removing it; `undefined` if there is none, or it has
   * expired at `now`.
   */
  get(id: string, now: number): Awaitable<Uint8Array<ArrayBuffer> | undefined>;
  /** Stores a session until it expires or is evicted. */
  put(id: string, session: Uint8Array<ArrayBuffer>, expiresAt: number): Awaitable<void>;
  /** Deletes a session. */
  delete(id: string): Awaitable<void>;
  /**
   * Returns the keys of tickets, if the cache shares them; without this method each process has its
   * own.
   */
  readTicketKeys?(): Awaitable<TicketKeyList>;
  /** Replaces the keys if the revision is still the current one; returns whether it is. */
  writeTicketKeys?(keys: readonly TicketKeyRecord[], revision: string | null): Awaitable<boolean>;
  /** Closes the resources of the cache. */
  close?(): Awaitable<void>;
}
