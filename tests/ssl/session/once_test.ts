// Copyright 2026 the NSS for Deno authors. MIT license.

/** Entries that authorize what may happen once. @module */

import { assertEquals, assertRejects } from "@std/assert";
import { MAX_EPOCH_LENGTH, type SessionStore } from "../../../ssl/base/session_store.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { OnceEntries } from "../../../ssl/session/once.ts";

const HOUR = 3_600_000;
const id = (n: number) => new Uint8Array(16).fill(n);

/** A store in memory with another epoch. */
function withEpoch(epoch: () => unknown): SessionStore {
  const store = new MemorySessionStore();
  return {
    get: (name) => store.get(name),
    put: (...row) => store.put(...row),
    replace: (...row) => store.replace(...row),
    epoch: () => epoch() as string,
  };
}

Deno.test("OnceEntries: of many who take an entry at the same time, one gets it", async () => {
  const entries = new OnceEntries(new MemorySessionStore());
  const epoch = (await entries.add(id(1), HOUR))!;
  const taken = await Promise.all(
    Array.from({ length: 20 }, () => entries.take({ id: id(1), epoch })),
  );
  assertEquals(taken.filter((it) => it).length, 1);
  assertEquals(await entries.take({ id: id(1), epoch }), false);
  assertEquals(await entries.take({ id: id(2), epoch }), false);
});

Deno.test("OnceEntries: a newer entry takes the row of an older one, which then authorizes nothing", async () => {
  const entries = new OnceEntries(new MemorySessionStore(), undefined, 1);
  const epoch = (await entries.add(id(1), HOUR))!;
  await entries.add(id(2), HOUR);
  assertEquals(await entries.take({ id: id(1), epoch }), false);
  assertEquals(await entries.take({ id: id(2), epoch }), true);
});

Deno.test("OnceEntries: an entry of before the store was set back authorizes nothing, although it is there", async () => {
  let epoch: unknown = "one";
  const entries = new OnceEntries(withEpoch(() => epoch));
  const before = (await entries.add(id(1), HOUR))!;
  await entries.add(id(2), HOUR);
  epoch = "two";
  assertEquals(await entries.take({ id: id(1), epoch: before }), false);
  for (const unknown of [null, undefined, "", 5, {}, "x".repeat(MAX_EPOCH_LENGTH + 1)]) {
    epoch = unknown;
    await new Promise((resolve) => resolve(null));
    assertEquals(await entries.take({ id: id(2), epoch: before }), false);
    assertEquals(await entries.add(id(3), HOUR), null); // nothing is promised either
    epoch = "one";
    assertEquals(await entries.take({ id: id(3), epoch: "one" }), false);
    await entries.add(id(2), HOUR);
  }
  epoch = "x".repeat(MAX_EPOCH_LENGTH);
  assertEquals(await entries.add(id(1), HOUR), epoch);
  assertEquals(await entries.take({ id: id(1), epoch: "x".repeat(MAX_EPOCH_LENGTH) }), true);
});

Deno.test("OnceEntries: the epoch is read before an entry is put, and again after it was taken", async () => {
  const calls: string[] = [];
  const store = new MemorySessionStore();
  const entries = new OnceEntries({
    get: (name) => store.get(name),
    put: (...row) => (calls.push("put"), store.put(...row)),
    replace: (...row) => (calls.push("replace"), store.replace(...row)),
    epoch: () => (calls.push("epoch"), "one"),
  });
  await entries.add(id(1), HOUR);
  await entries.take({ id: id(1), epoch: "one" });
  assertEquals(calls, ["epoch", "put", "replace", "epoch"]);
});

Deno.test("OnceEntries: an answer that is neither true nor false is a failure, and gives nothing to a store but the entry", async () => {
  const secrets = new Uint8Array(64).fill(5);
  let seen: Uint8Array | null = null;
  const entries = new OnceEntries({
    get: () => undefined,
    put: () => {},
    replace: (_, before) => ((seen = before), "OK" as unknown as boolean),
    epoch: () => "one",
  });
  const entry = { id: secrets.subarray(8, 24), epoch: "one" };
  await assertRejects(() => entries.take(entry), TypeError, "replace()");
  assertEquals(seen!, id(5));
  assertEquals(seen!.buffer.byteLength, 16);
});
