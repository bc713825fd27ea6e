// Copyright 2026 the NSS for Deno authors. MIT license.

import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import type { ServerSessionCache } from "../base/server_session_cache.ts";
import type { SealedRow, SealedRows } from "./sealed_rows.ts";
import { encodeText } from "./session_codec.ts";
import { readTime, writeTime } from "../wire/time.ts";

/** The options of a cache in a store. */
export interface StoreServerCacheOptions {
  /** The rows of the store. */
  readonly rows: SealedRows;
  /** The number of slots for sessions. */
  readonly maxCacheEntries: number;
  /** The longest lifetime of a session in milliseconds, after which its row is gone. */
  readonly lifetime: number;
  /** By how many milliseconds the clocks of the processes may differ. */
  readonly clockTolerance: number;
  /** Called when the cache is closed. */
  readonly onClose?: () => Promise<void>;
}

/**
 * The sessions by ID of several processes, in a store. The ID, which is random, selects one of a
 * fixed number of slots; a new session replaces the old one in its slot, as in the sets of NSS, so
 * that strangers do not fill the store.
 */
export class StoreServerSessionCache implements ServerSessionCache {
  readonly #options: StoreServerCacheOptions;

  /** Creates a cache in a store. */
  constructor(options: StoreServerCacheOptions) {
    this.#options = options;
  }

  /** Returns the session of an ID. */
  async get(id: string, now: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const row = await this.#options.rows.read(await this.#slotOf(id));
    return this.#sessionIn(row, id, now);
  }

  /** Stores a session in its slot. */
  async put(id: string, session: Uint8Array<ArrayBuffer>, expiresAt: number): Promise<void> {
    const { rows, lifetime } = this.#options;
    const w = new Writer().vector16(encodeText(id));
    writeTime(w, expiresAt);
    const content = w.bytes(session).finish();
    await rows.put(await this.#slotOf(id), content, lifetime);
    content.fill(0);
  }

  /** Removes a session and returns it; of several that take it at the same time, to one. */
  async take(id: string, now: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { rows, lifetime } = this.#options;
    const slot = await this.#slotOf(id);
    const row = await rows.read(slot);
    const session = this.#sessionIn(row, id, now);
    if (session === undefined) return undefined;
    return await rows.replace(slot, row, null, lifetime) ? session : undefined;
  }

  /** Empties the slot of a session, unless another session has it. */
  async delete(id: string): Promise<void> {
    await this.take(id, -Infinity);
  }

  /** Closes the cache. */
  async close(): Promise<void> {
    await this.#options.onClose?.();
  }

  async #slotOf(id: string): Promise<string> {
    const digest = await crypto.subtle.digest("SHA-256", encodeText(id));
    return `session ${new DataView(digest).getUint32(0) % this.#options.maxCacheEntries}`;
  }

  /** Returns the session in a row, unless it is another one or has expired. */
  #sessionIn(row: SealedRow, id: string, now: number): Uint8Array<ArrayBuffer> | undefined {
    const { rows, clockTolerance } = this.#options;
    const found = rows.decode(row, (content) => {
      const r = new Reader(content);
      const owner = new TextDecoder().decode(r.vector16());
      return { owner, expiresAt: readTime(r), session: r.rest() };
    });
    if (found === null || found.owner !== id) return undefined;
    return found.expiresAt + clockTolerance <= now ? undefined : found.session;
  }
}
