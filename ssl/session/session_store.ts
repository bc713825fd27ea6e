// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Stores of sessions that several processes share, on one machine or on many.
 *
 * ```ts
 * import { MemorySessionStore } from "@nss/nss/ssl/session-store";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemorySessionStore(); // of one process; others are in Redis or Deno KV
 * store.put("row", new Uint8Array([1, 2, 3]), 60_000);
 * assertEquals(store.get("row"), new Uint8Array([1, 2, 3]));
 * ```
 *
 * @module
 */

export type { KvAtomic, KvEntry, KvKey, KvStore } from "../../pkcs11/kv/store.ts";
export type { Awaitable } from "../base/session_cache.ts";
export {
  MAX_EPOCH_LENGTH,
  MAX_ROW_LENGTH,
  MAX_ROW_NAME_LENGTH,
  type SessionStore,
} from "../base/session_store.ts";
export { MAX_MEMORY_ROWS, MemorySessionStore } from "./memory_store.ts";
export {
  KvSessionStore,
  type KvSessionStoreOptions,
  type KvSessionStoreParts,
  openKvSessionStore,
} from "./store/kv_store.ts";
export {
  type RedisCommand,
  RedisSessionStore,
  type RedisSessionStoreOptions,
} from "./store/redis_store.ts";
export type { EpochOptions } from "./store/row.ts";
