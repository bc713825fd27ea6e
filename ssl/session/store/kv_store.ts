// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual, copyBytes } from "../../../cert/base/bytes.ts";
import { importLazily } from "../../../cert/base/lazy_module.ts";
import { isArrayOf, isString, type Shape, takeOptions } from "../../../cert/base/options.ts";
import {
  CONFLICT,
  isKvStore,
  type KvEntry,
  type KvKey,
  type KvStore,
  withoutConflict,
  withStore,
} from "../../../pkcs11/kv/store.ts";
import type { SessionStore } from "../../base/session_store.ts";
import { checkRow, type EpochOptions, isEpochLabel, withLabel } from "./row.ts";

/**
 * The options of {@linkcode openKvSessionStore}.
 *
 * @category Sessions
 */
export interface KvSessionStoreOptions extends EpochOptions {
  /**
   * The path or URL of the store; by default that of the application, on Deno Deploy its database.
   */
  readonly path?: string;
  /** An open store, which is not closed with the session store. */
  readonly kv?: KvStore;
  /** The key prefix in the store; default `["@nss/nss", "session store"]`. */
  readonly prefix?: readonly string[];
}

const SHAPE: Shape<KvSessionStoreOptions> = {
  path: isString,
  kv: isKvStore,
  prefix: isArrayOf(isString),
  epoch: isEpochLabel,
};

const DEFAULT_PREFIX: KvKey = ["@nss/nss", "session store"];

/**
 * The time in milliseconds for which a locked store is retried, in all of an operation: of four
 * processes on one file, half of the attempts meet a lock.
 */
const LOCKED_PATIENCE = 1000;

/**
 * The time in milliseconds without a call of `epoch()` after which there is a new epoch: the store
 * may have been replaced by a backup meanwhile.
 */
export const EPOCH_IDLE = 10 * 60 * 1000;

/**
 * What a {@linkcode KvSessionStore} is made of.
 *
 * @category Sessions
 */
export interface KvSessionStoreParts extends EpochOptions {
  /** The store. */
  readonly kv: KvStore;
  /** The key prefix in the store. */
  readonly prefix?: KvKey;
  /** Whether the store is closed with the session store. */
  readonly ownsKv?: boolean;
  /** Returns the current time in milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Opens a session store in Deno KV: in a file of SQLite, which the processes of a machine share, or
 * by a URL. The latter runs the same code, and has not been tested with this package. Deno needs
 * `--unstable-kv`, except on Deno Deploy.
 *
 * A row expires by the clock of the machine that reads it. The epoch is a random row. It changes if
 * no process has asked for it for ten minutes, so that it is another one after a backup was
 * restored, unless that backup is younger; then, change the option `epoch`.
 *
 * @param options The store and the key prefix.
 * @returns The session store; its method `close()` closes what it has opened.
 * @throws {NssError} `PR_OPERATION_NOT_SUPPORTED_ERROR` if there is no Deno KV, `SEC_ERROR_IO` if
 * the store cannot be opened, `SEC_ERROR_INVALID_ARGS` if an option is invalid.
 *
 * @example Usage
 * ```ts
 * import { openKvSessionStore } from "@nss/nss/ssl/session-store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = await openKvSessionStore({ path: ":memory:" });
 * await store.put("row", new Uint8Array([1, 2, 3]), 60_000);
 * assertEquals(await store.get("row"), new Uint8Array([1, 2, 3]));
 * ```
 *
 * @category Sessions
 */
export async function openKvSessionStore(
  options: KvSessionStoreOptions = {},
): Promise<KvSessionStore> {
  const { kv, path, ...rest } = takeOptions("Cannot open session store", options, SHAPE);
  if (kv !== undefined) return new KvSessionStore({ kv, ...rest });
  const { openKv } = await importLazily(
    "the access to Deno KV",
    () => import("../../../pkcs11/kv/open.ts"),
  );
  return new KvSessionStore({ kv: await openKv(path), ownsKv: true, ...rest });
}

/**
 * A session store in Deno KV, opened by {@linkcode openKvSessionStore}.
 *
 * @category Sessions
 */
export class KvSessionStore implements SessionStore, AsyncDisposable {
  /** For how many milliseconds a method tries again while other processes lock the file. */
  readonly patience: number = LOCKED_PATIENCE;
  readonly #kv: KvStore;
  readonly #prefix: KvKey;
  readonly #ownsKv: boolean;
  readonly #label: string | undefined;
  readonly #now: () => number;

  /**
   * Creates a session store; applications call {@linkcode openKvSessionStore}.
   *
   * @param parts The store in Deno KV and the key prefix.
   */
  constructor(parts: KvSessionStoreParts) {
    this.#kv = parts.kv;
    this.#prefix = parts.prefix ?? DEFAULT_PREFIX;
    this.#ownsKv = parts.ownsKv ?? false;
    this.#label = parts.epoch;
    this.#now = parts.now ?? Date.now;
  }

  /**
   * Reads a row.
   *
   * @param name Its name.
   * @returns Its value; `undefined` if there is none, it has expired, or others have written it.
   * @throws {NssError} `SEC_ERROR_IO` if the store stays locked or fails otherwise.
   */
  async get(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const what = "read row";
    checkRow(what, name);
    const entry = await withStore(what, () => this.#kv.get(this.#place(name)), LOCKED_PATIENCE);
    return this.#valueOf(entry);
  }

  /**
   * Writes a row, whether there is one or not.
   *
   * @param name Its name.
   * @param value Its value.
   * @param lifetime The time in milliseconds after which it is gone.
   * @throws {NssError} `SEC_ERROR_IO` if the store stays locked or fails otherwise,
   * `SEC_ERROR_INVALID_ARGS` if the value is empty or too long.
   */
  async put(name: string, value: Uint8Array<ArrayBuffer>, lifetime: number): Promise<void> {
    const what = "write row";
    checkRow(what, name, value, lifetime);
    const row = this.#rowOf(value, lifetime);
    await withStore(
      what,
      () => this.#kv.atomic().set(this.#place(name), row, { expireIn: lifetime }).commit(),
      LOCKED_PATIENCE,
    );
  }

  /**
   * Replaces a row if its value is still the expected one.
   *
   * @param name Its name.
   * @param before The expected value; `null` if there must be no row.
   * @param after The new value; `null` removes the row.
   * @param lifetime The time in milliseconds after which the new value is gone.
   * @returns Whether the row was replaced.
   * @throws {NssError} `SEC_ERROR_IO` if the store stays locked or fails otherwise,
   * `SEC_ERROR_INVALID_ARGS` if a value is empty or too long.
   */
  async replace(
    name: string,
    before: Uint8Array<ArrayBuffer> | null,
    after: Uint8Array<ArrayBuffer> | null,
    lifetime: number,
  ): Promise<boolean> {
    const what = "replace row";
    checkRow(what, name, before, lifetime);
    checkRow(what, name, after, lifetime);
    const key = this.#place(name);
    const expected = before === null ? null : copyBytes(before);
    const row = after === null ? null : this.#rowOf(after, lifetime);
    return await this.#change(what, key, (entry) => {
      const value = this.#valueOf(entry);
      const isExpected = expected === null
        ? value === undefined
        : value !== undefined && bytesEqual(value, expected);
      return { result: isExpected, write: isExpected ? { value: row, lifetime } : null };
    });
  }

  /**
   * Returns the epoch of the store, a random text that is in it.
   *
   * @param name The name of a row.
   * @returns The text.
   * @throws {NssError} `SEC_ERROR_IO` if the store stays locked or fails otherwise.
   */
  async epoch(name: string): Promise<string> {
    const what = "read the epoch of the store";
    checkRow(what, name);
    const fresh = crypto.randomUUID();
    const id = await this.#change(what, [...this.#prefix, "epoch"], ({ value }) => {
      const now = this.#now();
      const age = isEpoch(value) ? Math.abs(now - value.askedAt) : Infinity;
      const result = isEpoch(value) && age < EPOCH_IDLE ? value.id : fresh;
      return {
        result,
        // Not with each call, of which there is one for each use of early data
        write: age < EPOCH_IDLE / 4 ? null : { value: { id: result, askedAt: now } },
      };
    });
    return withLabel(id, this.#label);
  }

  /** Closes the store in Deno KV, if it was opened for this one. */
  close(): void {
    if (this.#ownsKv) this.#kv.close();
  }

  /** Closes the store in Deno KV, if it was opened for this one. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #place(name: string): KvKey {
    return [...this.#prefix, "row", name];
  }

  #rowOf(value: Uint8Array, lifetime: number): Row {
    return { bytes: copyBytes(value), expiresAt: this.#now() + lifetime };
  }

  /** Returns the value of an entry; Deno KV may keep it for a while after its time. */
  #valueOf({ value }: KvEntry): Uint8Array<ArrayBuffer> | undefined {
    return isRow(value) && this.#now() < value.expiresAt ? copyBytes(value.bytes) : undefined;
  }

  /** Reads an entry and writes what follows from it, again if others have written it meanwhile. */
  #change<T>(what: string, key: KvKey, decide: (entry: KvEntry) => Decision<T>): Promise<T> {
    const attempt = async () => {
      const entry = await this.#kv.get(key);
      const { result, write } = decide(entry);
      if (write === null) return result;
      const atomic = this.#kv.atomic().check({ key, versionstamp: entry.versionstamp });
      const options = write.lifetime === undefined ? {} : { expireIn: write.lifetime };
      const { ok } =
        await (write.value === null ? atomic.delete(key) : atomic.set(key, write.value, options))
          .commit();
      return ok ? result : CONFLICT;
    };
    return withStore(what, () => withoutConflict(what, attempt), LOCKED_PATIENCE);
  }
}

/** What follows from an entry. */
interface Decision<T> {
  readonly result: T;
  /** What to write; a value of `null` deletes the entry. */
  readonly write: { readonly value: unknown; readonly lifetime?: number } | null;
}

interface Row {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly expiresAt: number;
}

function isRow(value: unknown): value is Row {
  const row = value as Partial<Row> | null;
  return typeof row === "object" && row?.bytes instanceof Uint8Array && row.bytes.length > 0 &&
    Number.isFinite(row.expiresAt);
}

interface Epoch {
  readonly id: string;
  /** The time of the last call that has noted it, in milliseconds since 1970. */
  readonly askedAt: number;
}

function isEpoch(value: unknown): value is Epoch {
  const epoch = value as Partial<Epoch> | null;
  return typeof epoch === "object" && typeof epoch?.id === "string" &&
    /^[\w-]{1,64}$/.test(epoch.id) && Number.isFinite(epoch.askedAt);
}
