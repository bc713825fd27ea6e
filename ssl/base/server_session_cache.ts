// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Awaitable } from "./session_cache.ts";

/** A key that seals tickets, as it goes from process to process; its bytes are a secret. */
export interface TicketKeyRecord {
  /** What tickets call it, 16 bytes. */
  readonly name: Uint8Array<ArrayBuffer>;
  /** The AES-256 key. */
  readonly secret: Uint8Array<ArrayBuffer>;
  /** When it was made, in milliseconds since 1970. */
  readonly createdAt: number;
}

/** The keys that several processes seal tickets with. */
export interface TicketKeyList {
  /** The newest first; none where nobody has made one yet. */
  readonly keys: readonly TicketKeyRecord[];
  /** Which write they are of; `null` for none. */
  readonly revision: string | null;
}

/**
 * Where a server's sessions are; {@linkcode configServerSessionIDCache} takes one. The one in memory keeps those of TLS 1.2 that go by an
 * ID; one that several processes share keeps the keys of tickets as well.
 *
 * An ID says which session and for which configuration. What fails or takes too long costs the resumption, never the connection. Sessions
 * and keys are secrets: whoever reads them can read what was resumed, and whoever writes them can be a client.
 */
export interface ServerSessionCache {
  /** The session of an ID; `undefined` if there is none, or it has expired at `now`. It stays. */
  get(id: string, now: number): Awaitable<Uint8Array<ArrayBuffer> | undefined>;
  /** Keeps a session until it expires, or until others need its place. */
  put(id: string, session: Uint8Array<ArrayBuffer>, expiresAt: number): Awaitable<void>;
  /** Forgets a session. */
  delete(id: string): Awaitable<void>;
  /** The keys of tickets, where the cache shares them; without this method each process has its own. */
  readTicketKeys?(): Awaitable<TicketKeyList>;
  /** Replaces the keys, unless somebody has done so since that revision; says whether it has. */
  writeTicketKeys?(keys: readonly TicketKeyRecord[], revision: string | null): Awaitable<boolean>;
  /** Lets go of what the cache has open. */
  close?(): Awaitable<void>;
}
