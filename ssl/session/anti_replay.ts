// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Early data is accepted once for each ticket (RFC 8446, Section 8): a ticket that allows it has an
 * entry in a store, which its first use takes. The absence of a mark never authorizes anything.
 *
 * @module
 */

import { LazyModule } from "../../cert/base/lazy_module.ts";
import { toHex } from "../../cert/base/runtime.ts";
import type { NssContext } from "../../pkcs11/context/context.ts";
import type { AntiReplayContext, EarlyDataStore } from "../base/anti_replay.ts";
import type { Environment } from "../base/environment.ts";
import type { SessionStore } from "../base/session_store.ts";
import type { SslConfig } from "../config/config.ts";
import { attempt, countUnreadable, type StoreWait } from "./attempt.ts";
import type { OnceEntries } from "./once.ts";
import { serverSessionsOf } from "./server_cache.ts";
import { type EarlyTicket, NAME_LENGTH, type OnceEntry } from "./session_ticket.ts";
import { countersOf } from "./statistics.ts";

/**
 * The default window on a ticket's age in milliseconds: "a few tens of seconds" at most is what
 * clocks on the Internet need, 10 s is the RFC's recommendation (RFC 8446, Section 8.2 and 8.3).
 */
export const DEFAULT_ANTI_REPLAY_WINDOW = 10_000;

/** The default maximum of tickets whose entries are kept; the oldest go first. */
export const DEFAULT_EARLY_TICKETS = 2 ** 16;

/** The entries of one process, in memory. */
export class MemoryEarlyDataStore implements EarlyDataStore {
  /** The times of expiry, the oldest entry first. */
  readonly #entries = new Map<string, number>();
  readonly #maxEntries: number;

  /** Creates an empty store of so many entries, of some 200 bytes each. */
  constructor(maxEntries: number = DEFAULT_EARLY_TICKETS) {
    this.#maxEntries = maxEntries;
  }

  /** Adds an entry; the oldest one goes if there is no room. */
  put(id: string, expiresAt: number): void {
    this.#entries.set(id, expiresAt);
    if (this.#entries.size <= this.#maxEntries) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  /** Removes an entry; returns whether it was there, and had not expired. */
  take(id: string, now: number): boolean {
    const expiresAt = this.#entries.get(id);
    this.#entries.delete(id);
    return expiresAt !== undefined && now <= expiresAt;
  }
}

const defaults = new WeakMap<NssContext, AntiReplayContext>();

/** Returns what keeps early data under a configuration from being replayed. */
function antiReplayOf({ antiReplay, context }: SslConfig): AntiReplayContext | null {
  if (antiReplay !== null) return antiReplay;
  if (serverSessionsOf(context).rows !== null) return null;
  let own = defaults.get(context);
  if (own === undefined) {
    own = { window: DEFAULT_ANTI_REPLAY_WINDOW, store: new MemoryEarlyDataStore() };
    defaults.set(context, own);
  }
  return own;
}

/** Few servers share a store. */
const ONCE = new LazyModule("entries in a session store", () => import("./once.ts"));

/** Returns the entries under a configuration: those of its shared sessions by default. */
async function entriesOf(
  config: SslConfig,
  environment: Environment,
): Promise<Pick<OnceEntries, "add" | "take"> & { readonly store: object }> {
  const antiReplay = antiReplayOf(config);
  if (antiReplay === null) {
    const { onceEntriesOf } = ONCE.exports ?? await ONCE.load();
    return onceEntriesOf(config.context);
  }
  const { store, maxTickets } = antiReplay;
  if (!isSessionStore(store)) return entriesIn(store, environment);
  const { OnceEntries } = ONCE.exports ?? await ONCE.load();
  const onUnreadable = () => countUnreadable(countersOf(config.context));
  return new OnceEntries(store, undefined, maxTickets, onUnreadable);
}

/** The epoch of entries in a store of the application that keeps nothing else. */
const NO_EPOCH = "";

function entriesIn(store: EarlyDataStore, environment: Environment) {
  return {
    store,
    add: async (id: Uint8Array<ArrayBuffer>, lifetime: number) => {
      await store.put(toHex(id), environment.now() + lifetime);
      return NO_EPOCH;
    },
    // One of a store of rows has an epoch, of which this one knows nothing
    take: async ({ id, epoch }: OnceEntry) =>
      epoch === NO_EPOCH && await store.take(toHex(id), environment.now()) === true,
  };
}

/** Returns whether entries are kept in rows of a store. */
function isSessionStore(store: EarlyDataStore | SessionStore): store is SessionStore {
  return "replace" in store;
}

/**
 * Allows early data with a ticket: adds its entry.
 *
 * @param config The configuration of the handshake.
 * @param environment Time and randomness.
 * @param ticket What the ticket says.
 * @param lifetime The lifetime of the ticket in seconds.
 * @param wait The handshake.
 * @returns What the ticket has to contain; `null` if the store failed: then it allows none.
 */
export async function allowEarlyData(
  config: SslConfig,
  environment: Environment,
  ticket: Pick<EarlyTicket, "ageAdd" | "alpnProtocol">,
  lifetime: number,
  wait: StoreWait,
): Promise<EarlyTicket | null> {
  const entries = await entriesOf(config, environment);
  const id = environment.random(NAME_LENGTH);
  const add = () => entries.add(id, lifetime * 1000);
  const epoch = await attempt(entries.store, countersOf(config.context), add, wait);
  if (epoch === null) return null;
  return { ...ticket, entry: { id, epoch }, maxEarlyData: config.maxEarlyData };
}

/**
 * Takes the entry of a ticket, if its age is the one that the client says.
 *
 * @param config The configuration of the handshake.
 * @param environment The current time.
 * @param ticket What the ticket says.
 * @param age The age in milliseconds by this server's clock.
 * @param obfuscatedAge The age that the client says, with `ageAdd`.
 * @param wait The handshake.
 * @returns Whether the early data is authorized.
 */
export async function takeAuthorization(
  config: SslConfig,
  environment: Environment,
  { entry, ageAdd }: EarlyTicket,
  age: number,
  obfuscatedAge: number,
  wait: StoreWait,
): Promise<boolean> {
  const window = antiReplayOf(config)?.window ?? DEFAULT_ANTI_REPLAY_WINDOW;
  const said = (obfuscatedAge - ageAdd + 2 ** 32) % 2 ** 32;
  if (Math.abs(age - said) > window) return false;
  const entries = await entriesOf(config, environment);
  const take = () => entries.take(entry);
  return await attempt(entries.store, countersOf(config.context), take, wait) === true;
}
