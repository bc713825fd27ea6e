// Copyright 2026 the NSS for Deno authors. MIT license.

import { type KvKey, type KvStore, withStore } from "../../pkcs11/kv/store.ts";
import { MAX_TICKETS_PER_PEER } from "./memory_cache.ts";
import type { CachedSession, SessionCache } from "../base/session_cache.ts";

export type { KvAtomic, KvEntry, KvKey, KvStore } from "../../pkcs11/kv/store.ts";
export type { Awaitable, CachedSession, SessionCache } from "../base/session_cache.ts";

/** How {@linkcode openKvSessionCache} opens a cache. */
export interface KvSessionCacheOptions {
  /** The file of the store; by default that of the application, on Deno Deploy its database. */
  readonly path?: string;
  /** A store that is open already; it is not closed with the cache. */
  readonly kv?: KvStore;
  /** Where in the store it is; `["@nss/nss", "sessions"]` by default. */
  readonly prefix?: readonly string[];
}

/** The most bytes of a value in Deno KV, and some room for what is around them. */
const MAX_VALUE_LENGTH = 65_536 - 1024;
/** How long a locked store is tried again, in milliseconds. */
const PATIENCE = 1000;
/** How often others may be faster. */
const MAX_CONFLICTS = 16;

/**
 * Opens a cache of clients' sessions in Deno KV: what one process, isolate or run has made, the
 * next one resumes. Give it to {@linkcode configClientSessionCache}.
 *
 * The store forgets a session when it expires. Sessions are stored as they are, in clear: whoever
 * reads the store can be the client where it was known to the server, and whoever writes to it can
 * be the server. On Deno Deploy that is the application alone; a file has the permissions that the
 * platform gives it, so let it be in a directory that is its owner's alone.
 *
 * @param options Which store, and where in it.
 * @returns The cache.
 * @throws {NssError} `PR_OPERATION_NOT_SUPPORTED_ERROR` where there is no Deno KV, `SEC_ERROR_IO`
 * if it does not open.
 *
 * @example Usage
 * ```ts
 * import { configClientSessionCache, NssContext } from "@nss/nss";
 * import { openKvSessionCache } from "@nss/nss/ssl/kv-session-cache";
 * import { assertEquals } from "@std/assert";
 *
 * await using cache = await openKvSessionCache({ path: ":memory:" });
 * configClientSessionCache({ cache, context: new NssContext() });
 *
 * // What clients then do
 * const session = { token: new Uint8Array(32), expiresAt: Date.now() + 60_000 };
 * await cache.put("a server", session);
 * assertEquals(await cache.take("a server", Date.now()), session);
 * ```
 */
export async function openKvSessionCache(
  options: KvSessionCacheOptions = {},
): Promise<KvSessionCache> {
  const { kv, path, prefix = ["@nss/nss", "sessions"] } = options;
  if (kv !== undefined) return new KvSessionCache(kv, prefix, false);
  const { openKv } = await import("../../pkcs11/kv/open.ts");
  return new KvSessionCache(await openKv(path), prefix, true);
}

/** A cache of clients' sessions in Deno KV. {@linkcode openKvSessionCache} gives one. */
export class KvSessionCache implements SessionCache, AsyncDisposable {
  readonly #store: KvStore;
  readonly #prefix: KvKey;
  readonly #ownsStore: boolean;

  /**
   * Makes a cache of a store; {@linkcode openKvSessionCache} is the way to get one.
   *
   * @param store The store.
   * @param prefix Where in it.
   * @param ownsStore Whether it is closed with the cache.
   */
  constructor(store: KvStore, prefix: KvKey, ownsStore: boolean) {
    this.#store = store;
    this.#prefix = prefix;
    this.#ownsStore = ownsStore;
  }

  /**
   * Removes and returns the newest session of a key that has not expired; nobody else gets it.
   *
   * @param key The key.
   * @param now What time it is, in milliseconds since 1970.
   * @returns The session; `undefined` if there is none.
   */
  async take(key: string, now: number): Promise<CachedSession | undefined> {
    let taken: CachedSession | undefined;
    await this.#change("take session", key, (sessions) => {
      const fresh = sessions.filter(({ expiresAt }) => expiresAt > now);
      taken = fresh.pop();
      return fresh;
    });
    return taken;
  }

  /**
   * Keeps a session; the oldest of more than four of a key is forgotten, as is one that does not
   * fit.
   *
   * @param key The key.
   * @param session The session.
   */
  async put(key: string, session: CachedSession): Promise<void> {
    await this.#change("keep session", key, (sessions) => {
      const kept = [...sessions, session].slice(-MAX_TICKETS_PER_PEER);
      const length = () => kept.reduce((sum, { token }) => sum + token.length, 0);
      while (length() > MAX_VALUE_LENGTH) kept.shift();
      return kept;
    });
  }

  /**
   * Forgets the sessions of a key.
   *
   * @param key The key.
   */
  async delete(key: string): Promise<void> {
    await withStore(
      "delete sessions",
      () => this.#store.atomic().delete([...this.#prefix, key]).commit(),
      PATIENCE,
    );
  }

  /** Forgets all sessions. */
  async clear(): Promise<void> {
    await withStore("delete sessions", async () => {
      for await (const { key } of this.#store.list({ prefix: this.#prefix })) {
        await this.#store.atomic().delete(key.map(String)).commit();
      }
    }, PATIENCE);
  }

  /** Closes the store, if the cache has opened it. */
  [Symbol.asyncDispose](): Promise<void> {
    if (this.#ownsStore) this.#store.close();
    return Promise.resolve();
  }

  /** Changes what is kept of a key, again if somebody else has been faster. */
  async #change(
    what: string,
    key: string,
    change: (sessions: readonly CachedSession[]) => readonly CachedSession[],
  ): Promise<void> {
    const place = [...this.#prefix, key];
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const { value, versionstamp } = await withStore(what, () => this.#store.get(place), PATIENCE);
      const before = Array.isArray(value) ? value.filter(isSession) : [];
      const after = change(before);
      if (before.length === 0 && after.length === 0) return;
      const { ok } = await withStore(what, () => {
        const operation = this.#store.atomic().check({ key: place, versionstamp });
        return (after.length === 0
          ? operation.delete(place)
          : operation.set(place, after, lifetimeOf(after)))
          .commit();
      }, PATIENCE);
      if (ok) return;
    }
    throw new Error(`Cannot ${what}: others change it all the time`);
  }
}

/** Peers that nobody connects to any more must not fill the store. */
function lifetimeOf(sessions: readonly CachedSession[]): { expireIn?: number } {
  const left = Math.max(...sessions.map(({ expiresAt }) => expiresAt)) - Date.now();
  return left > 0 ? { expireIn: Math.ceil(left) } : {};
}

function isSession(value: unknown): value is CachedSession {
  const session = value as Partial<CachedSession> | null;
  return typeof session === "object" && session?.token instanceof Uint8Array &&
    typeof session.expiresAt === "number";
}
