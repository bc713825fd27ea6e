// Copyright 2026 the NSS for Deno authors. MIT license.

import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import { copyBytes } from "../../cert/base/bytes.ts";
import { LazyModule } from "../../cert/base/lazy_module.ts";
import { isInteger, isLike, type Shape } from "../../cert/base/options.ts";
import type { ClientSessionCache } from "../base/session_cache.ts";
import type { SessionStore } from "../base/session_store.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { isStoreSecret, type StoreSecret } from "../base/store_secret.ts";
import { CONTEXT_OPTIONS, contextOf } from "../config/context_policy.ts";
import { requireSslArgs, takeSslOptions } from "../config/option_values.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import {
  applicationSessionCache,
  clientSessionCache,
  setApplicationSessionCache,
} from "../session/client_cache.ts";
import { countUnreadable, shareCircuit, type StoreCounters } from "../session/attempt.ts";
import { MAX_CACHED_PEERS } from "../session/memory_cache.ts";
import { countersOf } from "../session/statistics.ts";

export type { Awaitable, CachedSession, ClientSessionCache } from "../base/session_cache.ts";
export type { SessionStore } from "../base/session_store.ts";
export type { StoreSecret } from "../base/store_secret.ts";

/**
 * The options of {@linkcode configClientSessionCache}.
 *
 * @category Sessions
 */
export interface ClientSessionCacheOptions {
  /** The maximum number of peers with sessions in memory; default 1,000. */
  readonly maxCacheEntries?: number;
  /** The cache that replaces the one in memory; it is never closed. */
  readonly cache?: ClientSessionCache;
  /**
   * The store that sessions are kept in, in place of memory, such as those of
   * `@nss/nss/ssl/session-store`; with `secret`, without `cache`. It is never closed.
   */
  readonly store?: SessionStore;
  /**
   * What names and encrypts the sessions in `store`: those who have the same share them. What is
   * wrong with a key, or the salt of a password, {@linkcode clearSessionCache} tells.
   */
  readonly secret?: StoreSecret;
  /** The context of the clients; the default context by default. */
  readonly context?: NssContext;
}

const SHAPE: Shape<ClientSessionCacheOptions> = {
  ...CONTEXT_OPTIONS,
  maxCacheEntries: isInteger(0),
  cache: isLike("a session cache", "take", "put", "delete", "clear"),
  store: isLike("a session store", "get", "put", "replace", "epoch"),
  secret: isStoreSecret,
};

const storedSessions = new LazyModule(
  "the sessions in a store",
  () => import("../session/stored_sessions.ts"),
);

/**
 * Configures the cache of clients' sessions, such as that of `@nss/nss/ssl/kv-session-cache`. NSS
 * has a cache in memory only, and {@linkcode resumptionTokenCallback}.
 *
 * Sessions from a cache of the application, or from a store, are checked as
 * {@linkcode setResumptionToken} describes. In a store they are encrypted; the processes that share
 * it never use a session twice, and {@linkcode clearSessionCache} reaches all of them within a
 * second.
 *
 * @param options The options.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if `maxCacheEntries` is not a non-negative integer,
 * both `cache` and `store` are given, or `store` without a `secret`, or one that is none.
 *
 * @example Usage
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import {
 *   type CachedSession,
 *   clearSessionCache,
 *   configClientSessionCache,
 *   type ClientSessionCache,
 * } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const sessions = new Map<string, CachedSession>();
 * const cache: ClientSessionCache = {
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
  const what = "Cannot configure session cache";
  const { maxCacheEntries = MAX_CACHED_PEERS, context = defaultContext(), ...given } =
    takeSslOptions(what, options, SHAPE);
  const { cache, store, secret } = given;
  requireSslArgs(
    what,
    cache !== undefined && store !== undefined
      ? "there are the options cache and store, of which one replaces the other"
      : store !== undefined && secret === undefined
      ? "sessions in a store need a secret: 32 random bytes, a password or a key"
      : store === undefined && secret !== undefined
      ? "there is a secret and no store that it could encrypt sessions in"
      : null,
  );
  const kept = store && secret ? sessionsIn(store, secret, countersOf(context)) : cache ?? null;
  clientSessionCache(context).resize(maxCacheEntries);
  setApplicationSessionCache(context, kept);
}

/** Returns the cache over a store; what fails to open is opened again when it is next needed. */
function sessionsIn(
  store: SessionStore,
  secret: StoreSecret,
  counters: StoreCounters,
): ClientSessionCache {
  const copy = secret instanceof Uint8Array ? copyBytes(secret) : secret;
  let opening: Promise<ClientSessionCache> | null = null;
  const open = () =>
    opening ??= storedSessions.load()
      .then(({ StoredSessions }) =>
        StoredSessions.open(store, copy, () => countUnreadable(counters))
      )
      .catch((error) => {
        opening = null;
        throw error;
      });
  const cache: ClientSessionCache = {
    take: async (key, now) => await (await open()).take(key, now),
    put: async (key, session) => await (await open()).put(key, session),
    delete: async (key) => await (await open()).delete(key),
    clear: async () => await (await open()).clear(),
  };
  shareCircuit(cache, store);
  // A password takes a while: the first handshake need not wait for all of it
  if (!(copy instanceof Uint8Array)) open().catch(() => {});
  return cache;
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
 * A client forgets the session, and later ones of this connection. A server forgets the session,
 * under its ID and in the tickets that it has sent, and all that derive from it; in NSS the tickets
 * remain valid until they expire. Other sessions of the same client are a matter of {@linkcode
 * forgetSessions}.
 *
 * @param socket The socket, its handshake complete.
 * @returns A promise that settles when a cache of the application, or all processes that share the
 * sessions, have forgotten it, too; a client's cache in memory forgets it at once.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete;
 * `SEC_ERROR_IO` if a server's sessions are shared in a store that fails or does not answer: then
 * this process alone has forgotten it.
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
