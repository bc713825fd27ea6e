// Copyright 2026 the NSS for Deno authors. MIT license.

import { bytesEqual } from "../../cert/base/bytes.ts";
import type { Environment } from "../base/environment.ts";
import { attempt } from "./attempt.ts";
import type { ServerSessionCache, TicketKeyRecord } from "../base/server_session_cache.ts";
import type { SslCounters } from "./statistics.ts";
import { KEY_NAME_LENGTH, type TicketKey, type TicketKeyring } from "./ticket_keyring.ts";

/** A cache that shares the keys of tickets. */
export type TicketKeyCache = Required<
  Pick<ServerSessionCache, "readTicketKeys" | "writeTicketKeys">
>;

/** AES-256's. */
const KEY_LENGTH = 32;
/** How often others can rotate the keys while this end does; once is rare. */
const MAX_RACES = 4;
/**
 * The pause between two looks for keys that are not known: whoever sends tickets of no key must not
 * keep the cache busy.
 */
const MIN_RELOAD_INTERVAL = 100;

/**
 * Keys that several processes share. Whoever finds the newest one too old to seal with makes the
 * next; if two do so at once, the cache decides whose it is, and both go on with that. Whoever
 * meets a ticket of a key that it does not know looks again, so that a key is known everywhere from
 * its first ticket on.
 */
export class SharedTicketKeyring implements TicketKeyring {
  readonly #cache: TicketKeyCache;
  readonly #lifetime: number;
  readonly #counters: Pick<SslCounters, "cacheUnavailable">;
  /** The newest first. */
  #keys: readonly TicketKey[] = [];
  #records: readonly TicketKeyRecord[] = [];
  #revision: string | null = null;
  #loading: Promise<boolean> | null = null;
  #loadedAt = -Infinity;

  /** Takes the cache, for how many seconds a ticket is good, and where failures are counted. */
  constructor(
    cache: TicketKeyCache,
    lifetime: number,
    counters: Pick<SslCounters, "cacheUnavailable">,
  ) {
    this.#cache = cache;
    this.#lifetime = lifetime;
    this.#counters = counters;
  }

  /** The newest key, which is made or fetched where the known one is as old as a ticket may get. */
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

  /** The key of a name; the cache is asked where it is not known yet. */
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

  /** Reads the keys, once for all who ask meanwhile; says whether it could. */
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
   * Makes the next key, and keeps the one before it; says whether the cache has answered, be it
   * that somebody was faster.
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
