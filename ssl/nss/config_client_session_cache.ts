// Copyright 2026 the NSS for Deno authors. MIT license.

import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import { SslError } from "../base/errors.ts";
import { clientSessionCache, setApplicationSessionCache } from "../session/client_cache.ts";
import { MAX_CACHED_PEERS } from "../session/memory_cache.ts";
import type { SessionCache } from "../base/session_cache.ts";

export type { Awaitable, CachedSession, SessionCache } from "../base/session_cache.ts";

/** How {@linkcode configClientSessionCache} keeps clients' sessions. */
export interface ClientSessionCacheOptions {
  /** Of how many peers sessions are kept in memory; 1,000 by default. */
  readonly maxCacheEntries?: number;
  /** Where sessions are kept in place of the memory; it is the application's, and is not closed. */
  readonly cache?: SessionCache;
  /** Whose clients; default the default context's. */
  readonly context?: NssContext;
}

/**
 * Chooses how clients keep their sessions. NSS keeps them in memory and lets an application see
 * them by {@linkcode resumptionTokenCallback}; this puts a cache in the middle, such as that of
 * `@nss/nss/ssl/kv-session-cache`.
 *
 * Sessions of a cache of the application's own are judged as tokens are:
 * {@linkcode setResumptionToken} says how.
 *
 * @param options How; what is left out is the default.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if there is no such number of entries.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import {
 *   type CachedSession,
 *   clearSessionCache,
 *   configClientSessionCache,
 *   type SessionCache,
 * } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const sessions = new Map<string, CachedSession>();
 * const cache: SessionCache = {
 *   take: (key, now) => {
 *     const session = sessions.get(key);
 *     sessions.delete(key);
 *     return session && session.expiresAt > now ? session : undefined;
 *   },
 *   put: (key, session) => void sessions.set(key, session),
 *   delete: (key) => void sessions.delete(key),
 *   clear: () => sessions.clear(),
 * };
 * const context = new NssContext();
 * configClientSessionCache({ cache, context });
 *
 * sessions.set("a server", { token: new Uint8Array(32), expiresAt: Date.now() + 60_000 });
 * await clearSessionCache({ context }); // which the cache is told of, as of all else
 * assertEquals(sessions.size, 0);
 * ```
 */
export function configClientSessionCache(options: ClientSessionCacheOptions = {}): void {
  const { maxCacheEntries = MAX_CACHED_PEERS, cache, context = defaultContext() } = options;
  if (!Number.isInteger(maxCacheEntries) || maxCacheEntries < 0) {
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot configure session cache: ${maxCacheEntries} is no number of entries`,
    );
  }
  clientSessionCache(context).resize(maxCacheEntries);
  setApplicationSessionCache(context, cache ?? null);
}
