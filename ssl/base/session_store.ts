// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Awaitable } from "./session_cache.ts";

/**
 * Where several processes, on one machine or on many, keep what their sessions need: rows of bytes
 * under names, each with a lifetime. Any engine that can replace a row if it is still the one that
 * was read serves: four methods are all that this package asks of it.
 *
 * Everything is encrypted before it comes here, and what does not decrypt is ignored, so that a
 * store need not be trusted to keep secrets. A method that throws, or that takes too long, costs a
 * resumption and never a connection.
 *
 * @category Sessions
 */
export interface SessionStore {
  /**
   * Reads a row.
   *
   * @param name Its name, up to {@linkcode MAX_ROW_NAME_LENGTH} letters, digits, `-` and `_`.
   * @returns Its value; `undefined` if there is none, or its lifetime is over.
   */
  get(name: string): Awaitable<Uint8Array | undefined>;
  /**
   * Writes a row, whether there is one or not.
   *
   * @param name Its name.
   * @param value Its value, 1 to {@linkcode MAX_ROW_LENGTH} bytes.
   * @param lifetime The time in milliseconds, a positive integer, after which it is gone.
   */
  put(name: string, value: Uint8Array<ArrayBuffer>, lifetime: number): Awaitable<void>;
  /**
   * Replaces a row if its value is still the expected one. Of several that replace the same value
   * at the same time, one is told `true`.
   *
   * @param name Its name.
   * @param before The expected value, compared byte by byte; `null` if there must be no row.
   * @param after The new value; `null` removes the row.
   * @param lifetime The time in milliseconds after which the new value is gone.
   * @returns Whether the row was replaced.
   */
  replace(
    name: string,
    before: Uint8Array<ArrayBuffer> | null,
    after: Uint8Array<ArrayBuffer> | null,
    lifetime: number,
  ): Awaitable<boolean>;
  /**
   * Returns a text that is another one as soon as rows may have come back that were removed: after
   * a restart from a snapshot, a failover, or a restored backup. A text is never used again. What
   * may happen once only, such as the acceptance of early data, is refused if the text has changed
   * since it was allowed.
   *
   * @param name The name of the row that it is asked for, as parts of a store may differ.
   * @returns The text, 1 to 100 characters; `null` if the store cannot tell.
   */
  epoch(name: string): Awaitable<string | null>;
  /**
   * For how many milliseconds a method tries again while others keep the store busy; none by
   * default. Handshakes wait for that much longer, unless `storeTimeout` says otherwise.
   */
  readonly patience?: number;
  /** Closes what the store has opened. */
  close?(): Awaitable<void>;
}

/**
 * What has gone wrong with a store or cache outside of the process. The connection that met it goes
 * on with a full handshake.
 *
 * @category Sessions
 */
export interface StoreFault {
  /**
   * `"failure"`: a method threw, or gave an answer of the wrong type; `"timeout"`: it took longer
   * than `storeTimeout`; `"unreadable"`: a row is damaged, or of another secret or version.
   */
  readonly reason: "failure" | "timeout" | "unreadable";
  /** What was thrown. */
  readonly error: unknown;
  /** Whether the store now rests for some seconds, because it failed three times in a row. */
  readonly rests: boolean;
}

/**
 * The maximum length of the name of a row in a store.
 *
 * @category Sessions
 */
export const MAX_ROW_NAME_LENGTH = 64;

/**
 * The maximum length in bytes of the value of a row: Deno KV's values end at 64 KiB.
 *
 * @category Sessions
 */
export const MAX_ROW_LENGTH = 60_000;

/**
 * The maximum length of the text of an epoch, in UTF-16 code units.
 *
 * @category Sessions
 */
export const MAX_EPOCH_LENGTH = 100;
