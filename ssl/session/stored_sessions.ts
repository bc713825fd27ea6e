// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import {
  type CachedSession,
  type ClientSessionCache,
  MAX_SESSION_AGE,
} from "../base/session_cache.ts";
import type { SessionStore } from "../base/session_store.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { MAX_TICKETS_PER_PEER } from "./memory_cache.ts";
import { MAX_SEALED_LENGTH, type SealedRow, SealedRows } from "./sealed_rows.ts";
import type { StoreSecret } from "../base/store_secret.ts";
import { deriveStoreSecret } from "./store_secret.ts";
import { readTime, writeTime } from "../wire/time.ts";

/** The time in milliseconds for which a process uses sessions that another one has cleared. */
export const CLEAR_LAG = 1000;

/** The maximum number of attempts if others change the same row. */
const MAX_CONFLICTS = 16;

/** The maximum lifetime of a session, in milliseconds. */
const MAX_LIFETIME = 1000 * MAX_SESSION_AGE;

/** For how long the row of the generation lives, and after which age it is written again. */
const GENERATION_LIFETIME = 2 * MAX_LIFETIME;
const GENERATION_RENEWAL = MAX_LIFETIME / 2;
const GENERATION_LENGTH = 16;
const GENERATION_ROW = "client sessions";

/**
 * Client sessions in rows that processes share. `clear()` changes the generation, a random value
 * that the names of all rows contain: whoever reads it later finds none of the earlier rows. If its
 * row is lost, a new generation begins, so that no session comes back.
 */
export class StoredSessions implements ClientSessionCache {
  readonly #rows: SealedRows;
  readonly #clock: () => number;
  #generation: { readonly value: Promise<string>; readonly readAt: number } | null = null;

  /**
   * Creates a cache over rows.
   *
   * @param rows The rows.
   * @param clock Returns a time in milliseconds that only increases.
   */
  constructor(rows: SealedRows, clock: () => number = () => performance.now()) {
    this.#rows = rows;
    this.#clock = clock;
  }

  /**
   * Opens the cache over a store.
   *
   * @param store The store.
   * @param secret What encrypts its rows.
   * @param onUnreadable Called for a row that cannot be read.
   * @throws {SslError} As {@linkcode deriveStoreSecret}.
   */
  static async open(
    store: SessionStore,
    secret: StoreSecret,
    onUnreadable: () => void,
  ): Promise<StoredSessions> {
    const { bytes } = await deriveStoreSecret(secret, store, "Cannot open session cache");
    return new StoredSessions(new SealedRows(store, bytes, onUnreadable));
  }

  /** Removes and returns the newest session of a key that has not expired. */
  async take(key: string, now: number): Promise<CachedSession | undefined> {
    let taken: CachedSession | undefined;
    await this.#change("take session", key, (sessions) => {
      const fresh = sessions.filter(({ expiresAt }) => expiresAt > now);
      taken = fresh.pop();
      return fresh;
    });
    return taken;
  }

  /** Stores a session, unless it is too long: of each key the newest four that fit into a row. */
  async put(key: string, session: CachedSession): Promise<void> {
    await this.#change("keep session", key, (sessions) => {
      if (encode([session]).length > MAX_SEALED_LENGTH) return sessions;
      const kept = [...sessions, session].slice(-MAX_TICKETS_PER_PEER);
      while (encode(kept).length > MAX_SEALED_LENGTH) kept.shift();
      return kept;
    });
  }

  /** Removes the sessions of a key. */
  async delete(key: string): Promise<void> {
    await this.#change("delete sessions", key, () => []);
  }

  /** Removes all sessions, here at once, in other processes within {@linkcode CLEAR_LAG}. */
  async clear(): Promise<void> {
    const fresh = newGeneration();
    const written = this.#rows.put(GENERATION_ROW, generationRow(fresh), GENERATION_LIFETIME);
    // Whoever asks meanwhile waits for it
    this.#remember(written.then(() => toHex(fresh)));
    await written;
  }

  #remember(value: Promise<string>): Promise<string> {
    const generation = { value, readAt: this.#clock() };
    this.#generation = generation;
    value.catch(() => {
      if (this.#generation === generation) this.#generation = null;
    });
    return value;
  }

  #currentGeneration(): Promise<string> {
    const known = this.#generation;
    if (known !== null && this.#clock() - known.readAt < CLEAR_LAG) return known.value;
    return this.#remember(this.#readGeneration());
  }

  async #readGeneration(): Promise<string> {
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const row = await this.#rows.read(GENERATION_ROW);
      const found = this.#rows.decode(row, parseGeneration);
      const value = found?.value ?? newGeneration();
      const age = found === null ? Infinity : Math.abs(Date.now() - found.writtenAt);
      if (age < GENERATION_RENEWAL) return toHex(value);
      const next = generationRow(value);
      if (await this.#rows.replace(GENERATION_ROW, row, next, GENERATION_LIFETIME)) {
        return toHex(value);
      }
    }
    throw tooMany("read generation");
  }

  /** Changes the sessions of a key, again if another process has changed them meanwhile. */
  async #change(
    what: string,
    key: string,
    change: (sessions: readonly CachedSession[]) => readonly CachedSession[],
  ): Promise<void> {
    const name = `client ${await this.#currentGeneration()} ${key}`;
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const row: SealedRow = await this.#rows.read(name);
      const before = this.#rows.decode(row, decode) ?? [];
      const after = change(before);
      if (after === before || before.length === 0 && after.length === 0) return;
      const lifetime = lifetimeOf(after);
      const content = lifetime < 1 ? null : encode(after);
      if (await this.#rows.replace(name, row, content, Math.max(lifetime, 1))) return;
    }
    throw tooMany(what);
  }
}

function tooMany(what: string): Error {
  return new Error(`Cannot ${what}: others change it all the time`);
}

/** Returns the lifetime of a row in milliseconds, at whose end its last session has expired. */
function lifetimeOf(sessions: readonly CachedSession[]): number {
  const left = Math.max(0, ...sessions.map(({ expiresAt }) => expiresAt)) - Date.now();
  return Math.min(Math.ceil(left), MAX_LIFETIME);
}

/** The version of the format. */
const FORM = 1;

function encode(sessions: readonly CachedSession[]): Uint8Array<ArrayBuffer> {
  const w = new Writer().u8(FORM);
  for (const { token, expiresAt } of sessions) {
    writeTime(w, expiresAt);
    w.vector24(token);
  }
  return w.finish();
}

/** Returns the sessions of a row; `null` if another version has written it. */
function decode(content: Uint8Array<ArrayBuffer>): readonly CachedSession[] | null {
  const r = new Reader(content);
  if (r.u8() !== FORM) return null;
  return r.list((entry) => {
    const expiresAt = readTime(entry);
    return { token: entry.vector24().slice(), expiresAt };
  });
}

interface Generation {
  readonly value: Uint8Array<ArrayBuffer>;
  readonly writtenAt: number;
}

function newGeneration(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(GENERATION_LENGTH));
}

function generationRow(value: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const w = new Writer().u8(FORM).bytes(value);
  writeTime(w, Date.now());
  return w.finish();
}

function parseGeneration(content: Uint8Array<ArrayBuffer>): Generation | null {
  const r = new Reader(content);
  if (r.u8() !== FORM) return null;
  const generation = { value: r.bytes(GENERATION_LENGTH), writtenAt: readTime(r) };
  r.finish();
  return generation;
}
