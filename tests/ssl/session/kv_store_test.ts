// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import type { KvStore } from "../../../pkcs11/kv/store.ts";
import {
  EPOCH_IDLE,
  KvSessionStore,
  openKvSessionStore,
} from "../../../ssl/session/store/kv_store.ts";

const value = new Uint8Array([1]);

/** Deno KV in memory that fails so many times with an error, and counts its writes. */
async function failing(failures: number, message = "database is locked") {
  const kv = await Deno.openKv(":memory:");
  let left = failures;
  const counts = { failed: 0, commits: 0 };
  const tryIt = <T>(run: () => Promise<T>): Promise<T> => {
    if (left-- <= 0) return run();
    counts.failed++;
    return Promise.reject(new Error(message));
  };
  const store: KvStore = {
    get: (key) => tryIt(() => kv.get(key)),
    list: (selector) => kv.list(selector),
    close: () => kv.close(),
    atomic: () => {
      const operation = kv.atomic();
      const commit = operation.commit.bind(operation);
      operation.commit = () => {
        counts.commits++;
        return tryIt(commit);
      };
      return operation;
    },
  };
  return { store, counts };
}

Deno.test("KvSessionStore tries a locked store again, for 1 s in all of an operation", async () => {
  const calls: Readonly<Record<string, (store: KvSessionStore) => Promise<unknown>>> = {
    get: (store) => store.get("row"),
    put: (store) => store.put("row", value, 1000),
    replace: (store) => store.replace("row", null, value, 1000),
    epoch: (store) => store.epoch("row"),
  };
  for (const call of Object.values(calls)) {
    const { store: kv, counts } = await failing(3);
    await using store = new KvSessionStore({ kv, ownsKv: true });
    await call(store);
    assertEquals(counts.failed, 3);
  }
  await Promise.all(
    Object.values(calls).map(async (call) => {
      const { store: kv, counts } = await failing(Infinity);
      await using store = new KvSessionStore({ kv, ownsKv: true });
      const error = await assertRejects(
        () => call(store),
        NssError,
        "locked by others for 1000 ms",
      );
      assertEquals(error.name, "SEC_ERROR_IO");
      // The pauses grow from some 6 ms to some 190
      assert(counts.failed >= 6 && counts.failed <= 20, `${counts.failed}`);
    }),
  );
});

Deno.test("KvSessionStore does not repeat what has failed otherwise: it may have been done", async () => {
  const { store: kv, counts } = await failing(1, "the connection is lost");
  await using store = new KvSessionStore({ kv, ownsKv: true });
  const error = await assertRejects(() => store.replace("row", null, value, 1000), NssError);
  assertEquals([error.name, counts.failed], ["SEC_ERROR_IO", 1]);
});

Deno.test("KvSessionStore.epoch() stays while it is asked for, and changes after EPOCH_IDLE or with the option epoch", async () => {
  const { store: kv, counts } = await failing(0);
  let now = 1_000_000_000;
  const open = (epoch?: string) =>
    new KvSessionStore({ kv, now: () => now, ...epoch === undefined ? {} : { epoch } });
  const first = await open().epoch("row");
  assertEquals(first.length, 36);
  assertEquals(await open("b7").epoch("row"), `${first}:b7`);
  assertEquals(counts.commits, 1); // asking alone writes nothing
  for (let i = 0; i < 4; i++) {
    now += EPOCH_IDLE - 1;
    assertEquals(await open().epoch("row"), first);
  }
  now += EPOCH_IDLE;
  const second = await open().epoch("row");
  assertNotEquals(second, first);
  // A backup that is as old gives the old text back to nobody
  const place = ["@nss/nss", "session store", "epoch"];
  await kv.atomic().set(place, { id: first, askedAt: now - EPOCH_IDLE }).commit();
  const third = await open().epoch("row");
  assertEquals(new Set([first, second, third]).size, 3);
  // Nor does what others have written
  for (const planted of [null, 7, "text", {}, { id: 7, askedAt: now }, { id: "", askedAt: now }]) {
    await kv.atomic().set(place, planted).commit();
    const epoch = await open().epoch("row");
    assertEquals([epoch.length, await open().epoch("row")], [36, epoch]);
  }
  // Four who ask at once for the first time are told the same
  await kv.atomic().delete(place).commit();
  const epochs = await Promise.all([1, 2, 3, 4].map(() => open().epoch("row")));
  assertEquals(new Set(epochs).size, 1);
  kv.close();
});

Deno.test("openKvSessionStore() closes what it has opened, and keeps a file that is its owner's alone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nss_store_" });
  try {
    const path = `${folder}/store.kv`;
    const store = await openKvSessionStore({ path });
    await store.put("row", value, 60_000);
    store.close();
    await assertRejects(() => store.get("row"), NssError);
    for (const { name } of Deno.readDirSync(folder)) {
      assertEquals(Deno.statSync(`${folder}/${name}`).mode! & 0o777, 0o600, name);
    }
    using kv = await Deno.openKv(path);
    const given = await openKvSessionStore({ kv });
    assertEquals(await given.get("row"), value);
    given.close();
    assertEquals(await given.get("row"), value);
    assertEquals(await (await openKvSessionStore({ kv, prefix: ["b"] })).get("row"), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
