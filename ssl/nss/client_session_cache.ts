// Copyright 2026 the NSS for Deno authors. MIT license.

import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import { isInteger, isLike, type Shape } from "../../cert/base/options.ts";
import type { SessionCache } from "../base/session_cache.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { CONTEXT_OPTIONS, contextOf } from "../config/context_policy.ts";
import { takeSslOptions } from "../config/option_values.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import {
  applicationSessionCache,
  clientSessionCache,
  setApplicationSessionCache,
} from "../session/client_cache.ts";
import { MAX_CACHED_PEERS } from "../session/memory_cache.ts";

export type { Awaitable, CachedSession, SessionCache } from "../base/session_cache.ts";

/**
 * The options of {@linkcode configClientSessionCache}.
 *
 * @category Sessions
 */
export interface ClientSessionCacheOptions {
  /** The maximum number of peers with sessions in memory; default 1,000. */
  readonly maxCacheEntries?: number;
  /** The cache that replaces the one in memory; it is never closed. */
  readonly cache?: SessionCache;
  /** The context of the clients; the default context by default. */
  readonly context?: NssContext;
}

const SHAPE: Shape<ClientSessionCacheOptions> = {
  ...CONTEXT_OPTIONS,
  maxCacheEntries: isInteger(0),
  cache: isLike("a session cache", "take", "put", "delete", "clear"),
};

/**
 * Configures the cache of clients' sessions, such as that of `@nss/nss/ssl/kv-session-cache`. NSS
 * has a cache in memory only, and {@linkcode resumptionTokenCallback}.
 *
 * Sessions from a cache of the application are checked as {@linkcode setResumptionToken} describes.
 *
 * @param options The options.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if `maxCacheEntries` is not a non-negative integer.
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
 * await clearSessionCache({ context }); // calls cache.clear()
 * assertEquals(sessions.size, 0);
 * ```
 *
 * @category Sessions
 */
export function configClientSessionCache(options: ClientSessionCacheOptions = {}): void {
  const { maxCacheEntries = MAX_CACHED_PEERS, cache, context = defaultContext() } = takeSslOptions(
    "Cannot configure session cache",
    options,
    SHAPE,
  );
  clientSessionCache(context).resize(maxCacheEntries);
  setApplicationSessionCache(context, cache ?? null);
}

/**
 * Deletes the cached sessions of clients (`SSL_ClearSessionCache`).
 *
 * @param options `context`: the context; the default context by default.
 * @returns A promise that settles when the cache of the application is cleared, too; the cache in
 * memory is cleared at once.
 *
 * @example Usage
 * ```ts
 * import { clearSessionCache, configClientSessionCache, NssContext } from "@nss/nss";
 * import { openKvSessionCache } from "@nss/nss/ssl/kv-session-cache";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * await using cache = await openKvSessionCache({ path: ":memory:" });
 * configClientSessionCache({ cache, context });
 * await cache.put("a server", { token: new Uint8Array(32), expiresAt: Date.now() + 60_000 });
 *
 * await clearSessionCache({ context });
 * assertEquals(await cache.take("a server", Date.now()), undefined);
 * ```
 *
 * @category Sessions
 */
export async function clearSessionCache(options: { context?: NssContext } = {}): Promise<void> {
  const context = contextOf(options);
  clientSessionCache(context).clear();
  await applicationSessionCache(context)?.clear();
}

/**
 * Prevents resumption of this connection's session (`SSL_InvalidateSession`); the connection itself
 * continues.
 *
 * A client forgets the session, and later ones of this connection. A server forgets a session with
 * an ID, and sends no more tickets; tickets that it has sent remain valid until they expire, as in
 * NSS.
 *
 * @param socket The socket, its handshake complete.
 * @returns A promise that settles when a cache of the application, or one for several processes,
 * has forgotten it, too; the cache in memory forgets it at once.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete.
 *
 * @example Usage
 * ```ts ignore
 * import { importFD, invalidateSession } from "@nss/nss";
 *
 * const hostname = "example.com";
 * const socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * await socket.handshake();
 * await invalidateSession(socket); // for example on logout
 * ```
 *
 * @category Sessions
 */
export function invalidateSession(socket: SslSocket): Promise<void> {
  return connectionOf(socket).connectedEngine.invalidateSession();
}
