// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Early data is accepted once for each ticket (RFC 8446, Section 8): a ticket that allows it has an
 * entry in a store, which its first use takes. The absence of a mark never authorizes anything.
 *
 * @module
 */

import { toHex } from "../../cert/base/runtime.ts";
import type { NssContext } from "../../pkcs11/context/context.ts";
import type { AntiReplayContext, EarlyDataStore } from "../base/anti_replay.ts";
import type { Environment } from "../base/environment.ts";
import type { SslConfig } from "../config/config.ts";
import { attempt } from "./attempt.ts";
import type { EarlyTicket } from "./session_ticket.ts";
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
function antiReplayOf({ antiReplay, context }: SslConfig): AntiReplayContext {
  if (antiReplay !== null) return antiReplay;
  let own = defaults.get(context);
  if (own === undefined) {
    own = { window: DEFAULT_ANTI_REPLAY_WINDOW, store: new MemoryEarlyDataStore() };
    defaults.set(context, own);
  }
  return own;
}

/** The length in bytes of the random name of an entry. */
const ID_LENGTH = 16;

/**
 * Allows early data with a ticket: adds its entry.
 *
 * @param config The configuration of the handshake.
 * @param environment Time and randomness.
 * @param ticket What the ticket says.
 * @param lifetime The lifetime of the ticket in seconds.
 * @returns What the ticket has to contain; `null` if the store failed: then it allows none.
 */
export async function allowEarlyData(
  config: SslConfig,
  environment: Environment,
  ticket: Pick<EarlyTicket, "ageAdd" | "alpnProtocol">,
  lifetime: number,
): Promise<EarlyTicket | null> {
  const { store } = antiReplayOf(config);
  const id = environment.random(ID_LENGTH);
  const expiresAt = environment.now() + lifetime * 1000;
  let isKept = false;
  await attempt(store, countersOf(config.context), async () => {
    await store.put(toHex(id), expiresAt);
    isKept = true;
  });
  return isKept ? { ...ticket, id, maxEarlyData: config.maxEarlyData } : null;
}

/**
 * Takes the entry of a ticket, if its age is the one that the client says.
 *
 * @param config The configuration of the handshake.
 * @param environment The current time.
 * @param ticket What the ticket says.
 * @param age The age in milliseconds by this server's clock.
 * @param obfuscatedAge The age that the client says, with `ageAdd`.
 * @returns Whether the early data is authorized.
 */
export async function takeAuthorization(
  config: SslConfig,
  environment: Environment,
  { id, ageAdd }: EarlyTicket,
  age: number,
  obfuscatedAge: number,
): Promise<boolean> {
  const { store, window } = antiReplayOf(config);
  const said = (obfuscatedAge - ageAdd + 2 ** 32) % 2 ** 32;
  if (Math.abs(age - said) > window) return false;
  const taken = await attempt(
    store,
    countersOf(config.context),
    () => store.take(toHex(id), environment.now()),
  );
  // The application's store may return any value.
  return taken === true;
}
