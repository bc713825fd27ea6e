// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import type { Environment } from "../base/environment.ts";
import { attempt } from "./attempt.ts";
import type { ServerSessionCache, TicketKeyRecord } from "../base/server_session_cache.ts";
import type { SslCounters } from "./statistics.ts";
import { KEY_NAME_LENGTH, type TicketKey, type TicketKeyring } from "./ticket_keyring.ts";

/** A cache that shares ticket keys. */
export type TicketKeyCache = Required<
  Pick<ServerSessionCache, "readTicketKeys" | "writeTicketKeys">
>;

/** The key length in bytes of AES-256. */
const KEY_LENGTH = 32;
/** The maximum number of attempts if others rotate the keys at the same time; one race is rare. */
const MAX_RACES = 4;
/**
 * The minimum interval in milliseconds between loads for unknown keys: clients that send tickets
 * with unknown keys must not keep the cache busy.
 */
const MIN_RELOAD_INTERVAL = 100;

/**
 * Ticket keys that several processes share. A process that finds the newest key too old to seal
 * with creates the next; if two do so at the same time, the cache accepts one, and both use that. A
 * process that receives a ticket with an unknown key reads the keys again, so that a key works in
 * all processes from its first ticket on.
 */
export class SharedTicketKeyring implements TicketKeyring {
  readonly #cache: TicketKeyCache;
  readonly #lifetime: number;
  readonly #counters: Pick<SslCounters, "cacheUnavailable">;
  /** The keys, newest first. */
  #keys: readonly TicketKey[] = [];
  #records: readonly TicketKeyRecord[] = [];
  #revision: string | null = null;
  #loading: Promise<boolean> | null = null;
  #loadedAt = -Infinity;

  /**
   * Creates a keyring.
   *
   * @param cache The cache.
   * @param lifetime The lifetime in seconds of tickets.
   * @param counters The counters of failures of the cache.
   */
  constructor(
    cache: TicketKeyCache,
    lifetime: number,
    counters: Pick<SslCounters, "cacheUnavailable">,
  ) {
    this.#cache = cache;
    this.#lifetime = lifetime;
    this.#counters = counters;
  }

  /** Returns the newest key; loads or creates one if the known one is older than a lifetime. */
  async current(environment: Environment): Promise<TicketKey | null> {
    for (let races = 0; races < MAX_RACES; races++) {
      const known = this.#fresh(environment);
      if (known !== null) return known;
      if (!(await this.#load(environment))) return null;
      const loaded = this.#fresh(environment);
      if (loaded !== null) return loaded;
      if (!(await this.#rotate(environment))) return null;
    }
    return null;
  }

  /** Returns the key of a name; loads the keys if it is unknown. */
  async find(name: Uint8Array, environment: Environment): Promise<TicketKey | null> {
    const known = this.#named(name);
    if (known !== null || environment.now() - this.#loadedAt < MIN_RELOAD_INTERVAL) return known;
    await this.#load(environment);
    return this.#named(name);
  }

  #named(name: Uint8Array): TicketKey | null {
    return this.#keys.find((candidate) => bytesEqual(candidate.name, name)) ?? null;
  }

  #fresh(environment: Environment): TicketKey | null {
    const [newest] = this.#keys;
    const isFresh = newest !== undefined &&
      environment.now() - newest.createdAt < this.#lifetime * 1000;
    return isFresh ? newest : null;
  }

  /** Loads the keys, once for concurrent calls; returns whether it succeeded. */
  #load(environment: Environment): Promise<boolean> {
    return this.#loading ??= this.#read(environment).finally(() => {
      this.#loading = null;
    });
  }

  async #read(environment: Environment): Promise<boolean> {
    const read = await attempt(this.#cache, this.#counters, async () => {
      const list = await this.#cache.readTicketKeys();
      return { list, keys: await Promise.all(Array.from(list.keys, importKey)) };
    });
    this.#loadedAt = environment.now();
    if (read === null) return false;
    this.#keys = read.keys;
    this.#records = read.list.keys;
    this.#revision = read.list.revision;
    return true;
  }

  /**
   * Creates the next key, and keeps the one before it; returns whether the cache has answered, even
   * if another process has replaced the keys first.
   */
  async #rotate(environment: Environment): Promise<boolean> {
    const made: TicketKeyRecord = {
      name: environment.random(KEY_NAME_LENGTH),
      secret: environment.random(KEY_LENGTH),
      createdAt: environment.now(),
    };
    const records = [made, ...this.#records.slice(0, 1)];
    const revision = this.#revision;
    const written = await attempt(
      this.#cache,
      this.#counters,
      () => this.#cache.writeTicketKeys(records, revision),
    );
    return written !== null;
  }
}

async function importKey({ name, secret, createdAt }: TicketKeyRecord): Promise<TicketKey> {
  if (name.length !== KEY_NAME_LENGTH || secret.length !== KEY_LENGTH) {
    throw new TypeError(
      "Cannot take ticket key: the cache gives back another one than it was given",
    );
  }
  const key = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  return { name, key, createdAt };
}
