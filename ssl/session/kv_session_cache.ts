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

import { copyBytes } from "../../cert/base/bytes.ts";
import { NssError } from "../../cert/base/errors.ts";
import { importLazily } from "../../cert/base/lazy_module.ts";
import { isArrayOf, isBytes, isString, type Shape, takeOptions } from "../../cert/base/options.ts";
import {
  CONFLICT,
  isKvStore,
  type KvKey,
  type KvStore,
  withoutConflict,
  withStore,
} from "../../pkcs11/kv/store.ts";
import type { CachedSession, ClientSessionCache } from "../base/session_cache.ts";
import { SealedRows } from "./sealed_rows.ts";
import { KvSessionStore } from "./store/kv_store.ts";
import { StoredSessions } from "./stored_sessions.ts";

export type { KvAtomic, KvEntry, KvKey, KvStore } from "../../pkcs11/kv/store.ts";
export type { Awaitable, CachedSession, ClientSessionCache } from "../base/session_cache.ts";

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
   * which only its owner can read; other stores have them beside the sessions, which protects from
   * nobody who can read the store.
   */
  readonly secret?: Uint8Array;
}

const SHAPE: Shape<KvSessionCacheOptions> = {
  path: isString,
  kv: isKvStore,
  prefix: isArrayOf(isString),
  secret: isBytes,
};

/**
 * Opens a cache of client sessions in Deno KV, which processes, isolates and later runs share. Pass
 * it to {@linkcode configClientSessionCache}.
 *
 * The store drops sessions when they expire. A session allows to impersonate the client to the
 * server, and whoever can write one, to impersonate the server. With the option `path`, the file is
 * its owner's alone, unless it exists already, and sessions are encrypted with AES-256-GCM. With
 * the option `kv`, and in the application's own store, that protects them only if the option
 * `secret` is given: without it, only those may have access to the store who may use the sessions,
 * as on Deno Deploy.
 *
 * Two processes never get the same session. `clear()` reaches other processes within a second.
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
  if (kv !== undefined) {
    return new KvSessionCache(kv, prefix, false, secret ?? await secretIn(kv, prefix));
  }
  const { openKv, readSecret } = await importLazily(
    "the access to Deno KV",
    () => import("../../pkcs11/kv/open.ts"),
  );
  const store = await openKv(path);
  try {
    const known = secret ?? await readSecret(path) ?? await secretIn(store, prefix);
    return new KvSessionCache(store, prefix, true, known);
  } catch (error) {
    store.close();
    throw error;
  }
}

/** The length of a secret in bytes. */
const SECRET_LENGTH = 32;

/** Returns the secret that is in a store itself, and creates it if it is missing. */
async function secretIn(kv: KvStore, prefix: KvKey): Promise<Uint8Array> {
  const key = [...prefix, "secret"];
  return await withStore(
    "open session cache",
    () =>
      withoutConflict("open session cache", async () => {
        const { value, versionstamp } = await kv.get(key);
        if (value instanceof Uint8Array && value.length === SECRET_LENGTH) return value;
        const fresh = crypto.getRandomValues(new Uint8Array(SECRET_LENGTH));
        const { ok } = await kv.atomic().check({ key, versionstamp }).set(key, fresh).commit();
        return ok ? fresh : CONFLICT;
      }),
  );
}

/**
 * A cache of client sessions in Deno KV, opened by {@linkcode openKvSessionCache}.
 *
 * @category Sessions
 */
export class KvSessionCache implements ClientSessionCache, AsyncDisposable {
  readonly #store: KvSessionStore;
  readonly #sessions: StoredSessions;

  /**
   * Creates a cache in a store; applications call {@linkcode openKvSessionCache}.
   *
   * @param kv The store.
   * @param prefix The key prefix in the store.
   * @param ownsKv Whether the store is closed with the cache.
   * @param secret The 32 bytes that encrypt the sessions.
   * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if it does not have 32 bytes.
   */
  constructor(kv: KvStore, prefix: KvKey, ownsKv: boolean, secret: Uint8Array) {
    if (!(secret instanceof Uint8Array && secret.length === SECRET_LENGTH)) {
      throw new NssError(
        "SEC_ERROR_INVALID_ARGS",
        `Cannot open session cache: its secret is not a Uint8Array of ${SECRET_LENGTH} bytes`,
      );
    }
    this.#store = new KvSessionStore({ kv, prefix, ownsKv });
    this.#sessions = new StoredSessions(new SealedRows(this.#store, copyBytes(secret)));
  }

  /**
   * Removes and returns the newest session of a key that has not expired, so that it is used once.
   *
   * @param key The key.
   * @param now The current time, in milliseconds since 1970.
   * @returns The session; `undefined` if there is none.
   */
  take(key: string, now: number): Promise<CachedSession | undefined> {
    return this.#sessions.take(key, now);
  }

  /**
   * Stores a session. Of each key the newest four are kept, as far as they fit into a row.
   *
   * @param key The key.
   * @param session The session.
   */
  put(key: string, session: CachedSession): Promise<void> {
    return this.#sessions.put(key, session);
  }

  /**
   * Removes the sessions of a key.
   *
   * @param key The key.
   */
  delete(key: string): Promise<void> {
    return this.#sessions.delete(key);
  }

  /** Removes all sessions, for other processes within a second. */
  clear(): Promise<void> {
    return this.#sessions.clear();
  }

  /** Closes the store, if the cache has opened it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#store[Symbol.asyncDispose]();
  }
}
