// Copyright 2026 the NSS for Deno authors. MIT license.

/** Processes with clocks of their own that share ticket keys in a store with another. @module */

import type { Environment } from "../../../ssl/base/environment.ts";
import type { SessionStore } from "../../../ssl/base/session_store.ts";
import { setStorePolicy } from "../../../ssl/session/attempt.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { SealedRows } from "../../../ssl/session/sealed_rows.ts";
import { MAX_CLOCK_SKEW, TicketKeys } from "../../../ssl/session/session_ticket.ts";
import { TicketKeyRing } from "../../../ssl/session/ticket_key_ring.ts";
import { TLS_1_3 } from "../../../ssl/tables/versions.ts";

const SECRET = new Uint8Array(32).fill(19);
const BINDING = new Uint8Array([1]);

/** The right time, and a store that goes by it. */
export class World {
  now = Date.UTC(2026, 0, 1);
  store = new MemorySessionStore(1000, () => this.now);
  /** Whether the store is gone. */
  isAway = false;

  /** Replaces the store by one that has nothing. */
  loseRows(): void {
    this.store = new MemorySessionStore(1000, () => this.now);
  }
}

/** What a store does with a call: it fails before or after it has done it, or answers. */
export type Fate = "fails" | "loses the answer" | "answers";

/** What happens to the calls of a process; by default all are answered at once. */
export interface Network {
  /** Decides about the next call. */
  fate?(): Fate;
  /** Delays a call. */
  delay?(): Promise<void>;
}

/** A way to the store, which counts. */
class Handle implements SessionStore {
  readonly counts = { get: 0, put: 0, replace: 0, epoch: 0 };
  readonly #world: World;
  readonly #network: Network;

  constructor(world: World, network: Network) {
    this.#world = world;
    this.#network = network;
  }

  get(...args: Parameters<SessionStore["get"]>) {
    return this.#call("get", () => this.#world.store.get(...args));
  }

  put(...args: Parameters<SessionStore["put"]>) {
    return this.#call("put", () => this.#world.store.put(...args));
  }

  replace(...args: Parameters<SessionStore["replace"]>) {
    return this.#call("replace", () => this.#world.store.replace(...args));
  }

  epoch() {
    return this.#call("epoch", () => this.#world.store.epoch());
  }

  async #call<T>(name: keyof Handle["counts"], run: () => T): Promise<T> {
    this.counts[name]++;
    await this.#network.delay?.();
    const fate = this.#world.isAway ? "fails" : this.#network.fate?.() ?? "answers";
    if (fate === "fails") throw new Error("the store is away");
    const answer = run();
    await this.#network.delay?.();
    if (fate === "loses the answer") throw new Error("the answer is lost");
    return answer;
  }
}

/** A process that seals and opens tickets. */
export class Process implements Environment {
  /** How far its clock is ahead, in milliseconds. */
  skew: number;
  readonly counters = {
    cacheUnavailable: 0,
    storeFailures: 0,
    storeRefusals: 0,
    unreadableRows: 0,
  };
  readonly handle: Handle;
  readonly ring: TicketKeyRing;
  readonly #world: World;
  readonly #keys: TicketKeys;

  /** Starts a process. */
  constructor(
    world: World,
    { lifetime, rotation }: { lifetime: number; rotation: number },
    skew = 0,
    network: Network = {},
    onLoss?: () => Promise<void>,
  ) {
    this.#world = world;
    this.skew = skew;
    this.handle = new Handle(world, network);
    this.ring = new TicketKeyRing({
      rows: new SealedRows(this.handle, SECRET),
      lifetime,
      rotation,
      counters: this.counters,
      ...onLoss && { onLoss },
    });
    // What is simulated takes no time, and what the machine takes does not count
    setStorePolicy(this.counters, { timeout: 60_000 });
    this.#keys = new TicketKeys(lifetime, this.ring, 2 * MAX_CLOCK_SKEW);
  }

  /** The time of its clock. */
  now(): number {
    return this.#world.now + this.skew;
  }

  /** Unpredictable bytes. */
  random(length: number): Uint8Array<ArrayBuffer> {
    return crypto.getRandomValues(new Uint8Array(length));
  }

  /** The number of calls of the store. */
  get calls(): number {
    const { get, put, replace, epoch } = this.handle.counts;
    return get + put + replace + epoch;
  }

  /** Makes a ticket; `null` if there is no key. */
  async seal(): Promise<Uint8Array<ArrayBuffer> | null> {
    const now = this.now();
    const content = {
      version: TLS_1_3,
      cipherSuite: 0x1301,
      createdAt: now,
      authenticatedAt: now,
      psk: new Uint8Array(32),
      serverName: null,
      peerChain: [],
      peerRawPublicKey: null,
      localCredential: 0,
      origin: { family: new Uint8Array(16), known: null },
    };
    return await this.#keys.seal(content, BINDING, this);
  }

  /** Returns whether it takes a ticket. */
  async opens(ticket: Uint8Array<ArrayBuffer>): Promise<boolean> {
    return await this.#keys.open(ticket, BINDING, this) !== null;
  }

  /** Waits for what {@linkcode Process.seal} has begun in the background. */
  async settle(): Promise<void> {
    await this.ring.find(new Uint8Array(16), this);
  }
}

/** The name of a ticket's key. */
export function keyOf(ticket: Uint8Array | null): string {
  return ticket === null ? "none" : ticket.slice(0, 16).toHex();
}
