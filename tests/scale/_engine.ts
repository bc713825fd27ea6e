// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The stores of these tests, opened in each process, and what they are asked. @module */

import {
  openKvSessionStore,
  type RedisCommand,
  RedisSessionStore,
  type SessionStore,
} from "@nss/nss/ssl/session-store";
import { RedisClient, RedisError } from "../support/redis.ts";
import { type Operation, OPERATIONS } from "./_scenario.ts";

/** Where a store is: in a file of Deno KV, or in Redis at a Unix socket. */
export interface Engine {
  readonly kind: "kv" | "redis";
  readonly path: string;
}

/** What a store was asked. */
export interface StoreUse {
  /** How often, by method. */
  readonly operations: Record<Operation, number>;
  /** The bytes of names and values, there and back. */
  bytes: number;
  /** For how long it was waited for, in milliseconds. */
  waited: number;
  /** How often it failed. */
  failures: number;
}

/** Opens a store that counts what it is asked. */
export async function openEngine({ kind, path }: Engine): Promise<MeteredStore> {
  return new MeteredStore(
    kind === "kv"
      ? await openKvSessionStore({ path })
      : new RedisSessionStore({ command: redisCommand(path) }),
  );
}

/** As clients of Redis do: what was lost with a connection fails, the next command connects. */
function redisCommand(path: string): RedisCommand {
  let connecting: Promise<RedisClient> | null = null;
  return async (_key, args) => {
    const mine = connecting ??= RedisClient.connect(path);
    try {
      return await (await mine).send(args);
    } catch (error) {
      if (!(error instanceof RedisError) && connecting === mine) connecting = null;
      throw error;
    }
  };
}

/** A store that counts what it is asked. */
export class MeteredStore implements SessionStore {
  readonly #store: SessionStore;
  readonly patience?: number;
  readonly use: StoreUse = {
    operations: { get: 0, put: 0, replace: 0, epoch: 0 },
    bytes: 0,
    waited: 0,
    failures: 0,
  };

  /** Counts what another store is asked. */
  constructor(store: SessionStore) {
    this.#store = store;
    if (store.patience !== undefined) this.patience = store.patience;
  }

  /** Reads a row. */
  get(name: string): Promise<Uint8Array | undefined> {
    return this.#count("get", [name], async () => await this.#store.get(name));
  }

  /** Writes a row. */
  put(name: string, value: Uint8Array<ArrayBuffer>, lifetime: number): Promise<void> {
    return this.#count("put", [name, value], async () => {
      await this.#store.put(name, value, lifetime);
    });
  }

  /** Replaces a row. */
  replace(
    name: string,
    before: Uint8Array<ArrayBuffer> | null,
    after: Uint8Array<ArrayBuffer> | null,
    lifetime: number,
  ): Promise<boolean> {
    const run = async () => await this.#store.replace(name, before, after, lifetime);
    return this.#count("replace", [name, before ?? "", after ?? ""], run);
  }

  /** Returns the epoch. */
  epoch(name: string): Promise<string | null> {
    return this.#count("epoch", [name], async () => await this.#store.epoch(name));
  }

  /** Closes the store. */
  async close(): Promise<void> {
    await this.#store.close?.();
  }

  async #count<T>(
    operation: Operation,
    sent: readonly { readonly length: number }[],
    run: () => Promise<T>,
  ): Promise<T> {
    const { use } = this;
    use.operations[operation]++;
    use.bytes += sent.reduce((sum, { length }) => sum + length, 0);
    const started = performance.now();
    try {
      const answer = await run();
      if (answer instanceof Uint8Array || typeof answer === "string") use.bytes += answer.length;
      return answer;
    } catch (error) {
      use.failures++;
      throw error;
    } finally {
      use.waited += performance.now() - started;
    }
  }
}

/** Adds what stores were asked. */
export function sumOf(uses: readonly StoreUse[]): StoreUse {
  const sum: StoreUse = {
    operations: { get: 0, put: 0, replace: 0, epoch: 0 },
    bytes: 0,
    waited: 0,
    failures: 0,
  };
  for (const use of uses) {
    for (const operation of OPERATIONS) sum.operations[operation] += use.operations[operation];
    sum.bytes += use.bytes;
    sum.waited += use.waited;
    sum.failures += use.failures;
  }
  return sum;
}
