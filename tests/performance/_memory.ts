// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Prints how much memory of V8, heap and buffers, a connection takes from its beginning to its
 * first bytes, and how much of that it keeps while it idles. A program of its own, run with
 * `--expose-gc` and room for all that is made, so that nothing is collected meanwhile.
 *
 * What the runtime keeps elsewhere, such as the secrets of keys, is not in it: the soak measures
 * the process.
 *
 * @module
 */

import { importFD } from "../../mod.ts";
import { connector, type Setup } from "./_native_peer.ts";

/** The memory of one connection, in KiB. */
export interface Memory {
  /** What its handshake and first bytes take, garbage included. */
  readonly taken: number;
  /** What is kept while it waits for data. */
  readonly kept: number;
}

/** For code that is compiled at last, and pools that have grown. */
const WARM_UP = 100;
/** More would be collected meanwhile. */
const TAKEN = 40;
const KEPT = 200;

const BUFFER = new Uint8Array(4096);

function usedMemory(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

async function settledMemory(): Promise<number> {
  const gc: unknown = Reflect.get(globalThis, "gc");
  if (typeof gc !== "function") throw new Error("Cannot measure: run with --expose-gc");
  for (let i = 0; i < 3; i++) {
    gc({ type: "major", execution: "sync", flavor: "last-resort" });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return usedMemory();
}

async function measure(setup: Setup): Promise<Memory> {
  const connect = connector(importFD, setup);
  const alive: unknown[] = [];
  const open = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const [own, peer] = await connect();
      own.read(BUFFER).catch(() => {}); // it idles until the program ends
      alive.push(own, peer);
    }
  };
  await open(WARM_UP);
  const before = await settledMemory();
  await open(TAKEN);
  const taken = (usedMemory() - before) / TAKEN;
  const settled = await settledMemory();
  await open(KEPT);
  const kept = (await settledMemory() - settled) / KEPT;
  if (alive.length !== 2 * (WARM_UP + TAKEN + KEPT)) throw new Error("Cannot measure: some ended");
  const kib = (bytes: number) => Math.round(bytes / 102.4) / 10;
  return { taken: kib(taken), kept: kib(kept) };
}

if (import.meta.main) {
  const measured = await measure(JSON.parse(Deno.args[0] ?? ""));
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(measured)));
  Deno.exit();
}
