// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Awaitable } from "./session_cache.ts";
import type { SessionStore } from "./session_store.ts";

/**
 * Where a server keeps what authorizes early data: an entry for each ticket that allows it, which
 * is taken by its first use (RFC 8446, Section 8.1). A store that has lost its entries, by a
 * restart or because it is full, authorizes nothing: that early data is refused, and the handshake
 * goes on.
 *
 * Several processes may share one. It must then take an entry atomically: of two that take the same
 * one at the same time, one at most may be told `true`.
 *
 * @category Sessions
 */
export interface EarlyDataStore {
  /** Adds the entry of a ticket, until it expires. */
  put(id: string, expiresAt: number): Awaitable<void>;
  /** Removes an entry; returns whether it was there, and had not expired at `now`. */
  take(id: string, now: number): Awaitable<boolean>;
}

/**
 * What keeps a server's early data from being replayed (`SSLAntiReplayContext`), made by
 * {@linkcode createAntiReplayContext}.
 *
 * @category Sessions
 */
export interface AntiReplayContext {
  /**
   * The most milliseconds by which a ticket's age, as the client says it, may differ from that of
   * this server's clock (RFC 8446, Section 8.3).
   */
  readonly window: number;
  /** The store of entries, or one whose rows they are. */
  readonly store: EarlyDataStore | SessionStore;
  /** The maximum of tickets whose entries are kept. */
  readonly maxTickets?: number;
}
