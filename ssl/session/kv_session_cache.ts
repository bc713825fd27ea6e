// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Sessions of clients in Deno KV, so that a later run, or another process, resumes them. This needs
 * `--unstable-kv`; on Deno Deploy nothing.
 *
 * ```ts
 * import { configClientSessionCache, NssContext } from "@nss/nss";
 * import { openKvSessionCache } from "@nss/nss/ssl/kv-session-cache";
 * import { assertEquals } from "@std/assert";
 *
 * await using cache = await openKvSessionCache({ path: ":memory:" });
 * const context = new NssContext(); // for the option `context` of importFD
 * configClientSessionCache({ context, cache });
 * assertEquals(await cache.take("a server", Date.now()), undefined); // no session yet
 * ```
 *
 * @module
 */

import { importLazily } from "../../cert/base/lazy_module.ts";
import { isArrayOf, isBytes, isString, type Shape, takeOptions } from "../../cert/base/options.ts";
import { isKvStore, type KvKey, type KvStore, withStore } from "../../pkcs11/kv/store.ts";
import { NssError } from "../../cert/base/errors.ts";
import { MAX_TICKETS_PER_PEER } from "./memory_cache.ts";
import type { SessionSealer } from "./session_sealing.ts";
import type { CachedSession, SessionCache } from "../base/session_cache.ts";

export type { KvAtomic, KvEntry, KvKey, KvStore } from "../../pkcs11/kv/store.ts";
export type { Awaitable, CachedSession, SessionCache } from "../base/session_cache.ts";

/**
 * The options of {@linkcode openKvSessionCache}.
 *
 * @category Sessions
 */
export interface KvSessionCacheOptions {
  /** The path of the store; by default that of the application, on Deno Deploy its database. */
  readonly path?: string;
  /** An open store, which is not closed with the cache. */
  readonly kv?: KvStore;
  /** The key prefix in the store; default `["@nss/nss", "sessions"]`. */
  readonly prefix?: readonly string[];
  /**
   * The 32 random bytes that encrypt the sessions, shared by those who share the store. By default,
   * a store in a file has them in a second file, whose name is that of the store and `.key`, and
   * which only its owner can read; other stores are not encrypted.
   */
  readonly secret?: Uint8Array;
}

const SHAPE: Shape<KvSessionCacheOptions> = {
  path: isString,
  kv: isKvStore,
  prefix: isArrayOf(isString),
  secret: isBytes,
};

/** The maximum length in bytes of a value in Deno KV, less an overhead. */
const MAX_VALUE_LENGTH = 65_536 - 1024;
/** The time in milliseconds for which a locked store is retried. */
const PATIENCE = 1000;
/** The maximum number of attempts if others change the same entry. */
const MAX_CONFLICTS = 16;

/**
 * Opens a cache of client sessions in Deno KV, which processes, isolates and later runs share. Pass
 * it to {@linkcode configClientSessionCache}.
 *
 * The store drops sessions when they expire. A session allows to impersonate the client to the
 * server, and whoever can write one, to impersonate the server. With the option `path`, the file is
 * its owner's alone, unless it exists already, and sessions are encrypted with AES-256-GCM. With
 * the option `kv`, and in the application's own store, they are encrypted only if the option
 * `secret` is given: without it, only those may have access to the store who may use the sessions,
 * as on Deno Deploy.
 *
 * @param options The store, the key prefix and the secret.
 * @returns The cache.
 * @throws {NssError} `PR_OPERATION_NOT_SUPPORTED_ERROR` if there is no Deno KV, `SEC_ERROR_IO` if
 * the store or the file of its secret cannot be opened, `SEC_ERROR_INVALID_ARGS` if the secret does
 * not have 32 bytes.
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
 * // The calls that clients make
 * const session = { token: new Uint8Array(32), expiresAt: Date.now() + 60_000 };
 * await cache.put("a server", session);
 * assertEquals(await cache.take("a server", Date.now()), session);
 * ```
 *
 * @category Sessions
 */
export async function openKvSessionCache(
  options: KvSessionCacheOptions = {},
): Promise<KvSessionCache> {
  const { kv, path, prefix = ["@nss/nss", "sessions"], secret } = takeOptions(
    "Cannot open session cache",
    options,
    SHAPE,
  );
  if (kv !== undefined) return new KvSessionCache(kv, prefix, false, secret);
  const { openKv, readSecret } = await importLazily(
    "the access to Deno KV",
    () => import("../../pkcs11/kv/open.ts"),
  );
  const store = await openKv(path);
  try {
    return new KvSessionCache(store, prefix, true, secret ?? await readSecret(path));
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * A cache of client sessions in Deno KV, opened by {@linkcode openKvSessionCache}.
 *
 * @category Sessions
 */
export class KvSessionCache implements SessionCache, AsyncDisposable {
  readonly #store: KvStore;
  readonly #prefix: KvKey;
  readonly #ownsStore: boolean;
  readonly #sealer: Promise<SessionSealer> | null;

  /**
   * Creates a cache in a store; applications call {@linkcode openKvSessionCache}.
   *
   * @param store The store.
   * @param prefix The key prefix in the store.
   * @param ownsStore Whether the store is closed with the cache.
   * @param secret The 32 bytes that encrypt the sessions; not encrypted by default.
   * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if it does not have 32 bytes.
   */
  constructor(store: KvStore, prefix: KvKey, ownsStore: boolean, secret?: Uint8Array) {
    this.#store = store;
    this.#prefix = prefix;
    this.#ownsStore = ownsStore;
    if (secret !== undefined && !(secret instanceof Uint8Array && secret.length === 32)) {
      throw new NssError(
        "SEC_ERROR_INVALID_ARGS",
        "Cannot open session cache: its secret is not a Uint8Array of 32 bytes",
      );
    }
    this.#sealer = secret === undefined ? null : sealerOf(secret.slice());
    this.#sealer?.catch(() => {}); // awaited with the first call
  }

  /**
   * Removes and returns the newest session of a key that has not expired, so that it is used once.
   *
   * @param key The key.
   * @param now The current time, in milliseconds since 1970.
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
   * Stores a session. Of each key the newest four are kept, as far as they fit into a value of Deno
   * KV.
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
   * Removes the sessions of a key.
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

  /** Removes all sessions. */
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

  /** Changes the sessions of a key, again if another process has changed them meanwhile. */
  async #change(
    operation: string,
    key: string,
    change: (sessions: readonly CachedSession[]) => readonly CachedSession[],
  ): Promise<void> {
    const kvKey = [...this.#prefix, key];
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const { value, versionstamp } = await withStore(
        operation,
        () => this.#store.get(kvKey),
        PATIENCE,
      );
      const sealer = await this.#sealer;
      const before = sealer !== null
        ? await sealer.open(key, value)
        : Array.isArray(value)
        ? value.filter(isSession)
        : [];
      const after = change(before);
      if (before.length === 0 && after.length === 0) return;
      const next = sealer === null ? after : await sealer.seal(key, after);
      const { ok } = await withStore(operation, () => {
        const atomic = this.#store.atomic().check({ key: kvKey, versionstamp });
        return (after.length === 0
          ? atomic.delete(kvKey)
          : atomic.set(kvKey, next, lifetimeOf(after)))
          .commit();
      }, PATIENCE);
      if (ok) return;
    }
    throw new Error(`Cannot ${operation}: others change it all the time`);
  }
}

async function sealerOf(secret: Uint8Array<ArrayBuffer>): Promise<SessionSealer> {
  const { SessionSealer } = await importLazily(
    "the encryption of sessions",
    () => import("./session_sealing.ts"),
  );
  return new SessionSealer(secret);
}

/** Returns the lifetime of a value, so that expired sessions do not fill the store. */
function lifetimeOf(sessions: readonly CachedSession[]): { expireIn?: number } {
  const left = Math.max(...sessions.map(({ expiresAt }) => expiresAt)) - Date.now();
  return left > 0 ? { expireIn: Math.ceil(left) } : {};
}

function isSession(value: unknown): value is CachedSession {
  const session = value as Partial<CachedSession> | null;
  return typeof session === "object" && session?.token instanceof Uint8Array &&
    typeof session.expiresAt === "number";
}
