// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What may happen once is authorized by an entry that is taken, never by the absence of a mark
 * (RFC 8446, Section 8.1), and by a store that has not been set back since the entry was written
 * (Section 8.2).
 *
 * @module
 */

import type { NssContext } from "../../pkcs11/context/context.ts";
import type { Awaitable } from "../base/session_cache.ts";
import { MAX_EPOCH_LENGTH, type SessionStore } from "../base/session_store.ts";
import type { Environment } from "../base/environment.ts";
import { attempt, countUnreadable, type StoreWait } from "./attempt.ts";
import { MemorySessionStore } from "./memory_store.ts";
import { wrongAnswer } from "./sealed_rows.ts";
import { serverSessionsOf } from "./server_cache.ts";
import { NAME_LENGTH, type OnceEntry } from "./session_ticket.ts";
import { countersOf } from "./statistics.ts";

/**
 * The number of rows in which a store keeps entries, so that strangers cannot fill it: some 100 MB
 * of Redis. A newer entry takes the place of an older one, which then authorizes nothing.
 */
export const ENTRY_ROWS = 2 ** 20;

/** Entries of a store. */
export class OnceEntries {
  /** The store. */
  readonly store: SessionStore;
  readonly #nameOf: (row: string) => Awaitable<string>;
  readonly #rows: number;
  readonly #onUnreadable: () => void;

  /**
   * Creates the entries of a store.
   *
   * @param store The store.
   * @param nameOf Names rows; by default they have a prefix.
   * @param rows The number of rows.
   * @param onUnreadable Called for a row in which there is no entry.
   */
  constructor(
    store: SessionStore,
    nameOf: (row: string) => Awaitable<string> = (row) => `nss-${row}`,
    rows: number = ENTRY_ROWS,
    onUnreadable: () => void = () => {},
  ) {
    this.#onUnreadable = onUnreadable;
    this.store = store;
    this.#nameOf = nameOf;
    this.#rows = rows;
  }

  /**
   * Adds an entry for a time in milliseconds.
   *
   * @returns The epoch that it belongs to; `null` if the store cannot tell: then there is no entry.
   */
  async add(id: Uint8Array<ArrayBuffer>, lifetime: number): Promise<string | null> {
    const name = await this.#nameOfRow(id);
    // Before the entry: a store that is set back between the two has another one when it is taken
    const epoch = await this.#epoch(name);
    if (epoch !== null) await this.store.put(name, id, lifetime);
    return epoch;
  }

  /** Takes an entry; returns whether it was there, in a store that has not been set back. */
  async take({ id, epoch }: OnceEntry): Promise<boolean> {
    const name = await this.#nameOfRow(id);
    // A copy: behind the view are the secrets of the session
    const taken: unknown = await this.store.replace(name, id.slice(), null, 1);
    if (typeof taken !== "boolean") throw wrongAnswer("replace", "neither true nor false");
    // After it: what was set back until then has given the entry back perhaps
    if (taken) return await this.#epoch(name) === epoch;
    const found: unknown = await this.store.get(name);
    // Another entry is in its place, or none, unless the row is no entry at all
    if (found instanceof Uint8Array && found.length !== NAME_LENGTH) this.#onUnreadable();
    return false;
  }

  async #nameOfRow(id: Uint8Array<ArrayBuffer>): Promise<string> {
    const row = new DataView(id.buffer, id.byteOffset).getUint32(0) % this.#rows;
    return await this.#nameOf(`once-${row}`);
  }

  async #epoch(name: string): Promise<string | null> {
    const epoch: unknown = await this.store.epoch(name);
    const isEpoch = typeof epoch === "string" && epoch !== "" && epoch.length <= MAX_EPOCH_LENGTH;
    return isEpoch ? epoch : null;
  }
}

/** The number of entries of a process that shares none. */
const MAX_OWN_ENTRIES = 2 ** 16;

const entries = new WeakMap<object, OnceEntries>();

/** Returns the entries of the server sessions of a context: shared if these are. */
export function onceEntriesOf(context: NssContext): OnceEntries {
  const sessions = serverSessionsOf(context);
  let own = entries.get(sessions);
  if (own === undefined) {
    const { rows, maxTickets } = sessions;
    if (rows === null) own = entriesInMemory(maxTickets || MAX_OWN_ENTRIES);
    else {
      const nameOf = (row: string) => rows.nameOf(row);
      const onUnreadable = () => countUnreadable(countersOf(context));
      own = new OnceEntries(rows.store, nameOf, maxTickets || ENTRY_ROWS, onUnreadable);
    }
    entries.set(sessions, own);
  }
  return own;
}

function entriesInMemory(count: number): OnceEntries {
  return new OnceEntries(new MemorySessionStore(count), (row) => row, count);
}

/**
 * Adds the entry of a session that may be resumed once.
 *
 * @param context The context of the server.
 * @param environment Randomness.
 * @param lifetime The lifetime of the session in seconds.
 * @param wait The handshake.
 * @returns The entry; `null` if there is none, so that the session must not be given out.
 */
export async function addOnceEntry(
  context: NssContext,
  environment: Environment,
  lifetime: number,
  wait?: StoreWait,
): Promise<OnceEntry | null> {
  const own = onceEntriesOf(context);
  const id = environment.random(NAME_LENGTH);
  const add = () => own.add(id, lifetime * 1000);
  const epoch = await attempt(own.store, countersOf(context), add, wait);
  return epoch === null ? null : { id, epoch };
}

/** Takes the entry of a session; returns whether it may be resumed. */
export async function takeOnceEntry(
  context: NssContext,
  entry: OnceEntry,
  wait?: StoreWait,
): Promise<boolean> {
  const own = onceEntriesOf(context);
  return await attempt(own.store, countersOf(context), () => own.take(entry), wait) === true;
}
