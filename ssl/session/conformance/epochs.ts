// Copyright 2026 the NSS for Deno authors. MIT license.

import { MAX_EPOCH_LENGTH, type SessionStore } from "../../base/session_store.ts";
import { type Bench, bytes, type Criterion, ensure, LONG } from "./engine.ts";

/** How often the engine is restarted. */
const RESTARTS = 3;

async function epochOf({ engine }: Bench, store: SessionStore, row: string): Promise<unknown> {
  const epoch: unknown = await store.epoch(row);
  if (epoch === null) {
    ensure(engine.restart === null, "epoch() returned null, though the engine can be restarted");
    return null;
  }
  ensure(
    typeof epoch === "string" && epoch.length > 0 && epoch.length <= MAX_EPOCH_LENGTH,
    `epoch() returned no text of 1 to ${MAX_EPOCH_LENGTH} characters`,
  );
  return epoch;
}

/** What stores have to do with epochs. */
export const EPOCH_CRITERIA: readonly Criterion[] = [
  ["the epoch of a row is one text, or null, and the same in all stores", async (bench) => {
    const stores = await bench.openAll(4);
    const row = bench.name();
    const epochs = await Promise.all(stores.map((store) => epochOf(bench, store, row)));
    ensure(new Set(epochs).size === 1, "epoch() of the same row differs between stores");
    const [store] = stores;
    for (let i = 0; i < 3; i++) {
      await store!.put(row, bytes(i), LONG);
      await store!.replace(row, bytes(i), i % 2 === 0 ? null : bytes(9), LONG);
      ensure(await epochOf(bench, store!, row) === epochs[0], "epoch() changes with its row");
    }
    const later = await epochOf(bench, await bench.open(), row);
    ensure(later === epochs[0], "epoch() of a store that is opened later differs");
  }],
];

/** What stores have to do with epochs if their engine is restarted. */
export const RESTART_CRITERIA: readonly Criterion[] = [
  [
    "where the engine can restart, each restart gives a new epoch, never an earlier one",
    async (bench) => {
      const row = bench.name();
      const epochs = new Set<unknown>();
      for (let restarts = 0; restarts <= RESTARTS; restarts++) {
        // Stores of an earlier run may have lost their connection
        const store = await bench.open();
        const epoch = await epochOf(bench, store, row);
        ensure(!epochs.has(epoch), "epoch() returned a text again that an earlier run had");
        epochs.add(epoch);
        await store.put(row, bytes(1), LONG);
        ensure(await epochOf(bench, store, row) === epoch, "epoch() changes without a restart");
        if (restarts < RESTARTS) await bench.engine.restart?.();
      }
    },
  ],
];
