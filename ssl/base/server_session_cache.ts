// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Awaitable } from "./session_cache.ts";

/**
 * A cache of a server's sessions of TLS 1.2 with an ID, for {@linkcode configServerSessionIDCache}.
 * What several processes share, tickets' keys among it, is in a {@linkcode SessionStore}.
 *
 * An ID identifies the session and the configuration. A cache that fails or is too slow prevents
 * resumption, but never ends the connection. Sessions are secret: reading them allows decryption of
 * resumed connections, writing them allows impersonation of clients.
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
  /** Closes the resources of the cache. */
  close?(): Awaitable<void>;
}
