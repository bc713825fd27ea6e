// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals } from "@std/assert";
import { type KvStore, openKvSessionCache } from "../../ssl/kv_session_cache.ts";
import { KvServerSessionCache } from "../../ssl/session_cache/kv_server.ts";
import { MemorySessionCache } from "../../ssl/session_cache/memory.ts";
import { MemoryServerSessionCache } from "../../ssl/session_cache/memory_server.ts";
import {
  MIN_RELOAD_INTERVAL,
  SharedTicketKeyring,
} from "../../ssl/session_cache/shared_ticket_keyring.ts";
import { KvSessionCache } from "../../ssl/kv_session_cache.ts";
import {
  testClientSessionCache,
  testServerSessionCache,
  testTicketKeyCache,
} from "./server_session_cache_conformance.ts";

import { TestEnvironment } from "./_support.ts";

const nothing = { [Symbol.asyncDispose]: () => Promise.resolve() };

testServerSessionCache(
  "MemoryServerSessionCache",
  () => Promise.resolve({ open: (max) => new MemoryServerSessionCache(max), ...nothing }),
);

async function kvServerCaches() {
  const store = await Deno.openKv(":memory:");
  const secret = crypto.getRandomValues(new Uint8Array(32));
  return {
    open: (maxCacheEntries: number) =>
      new KvServerSessionCache({ store, secret, maxCacheEntries, ownsStore: false }),
    [Symbol.asyncDispose]: () => Promise.resolve(store.close()),
  };
}

testServerSessionCache("KvServerSessionCache", kvServerCaches);
testTicketKeyCache("KvServerSessionCache", kvServerCaches);

testClientSessionCache("MemorySessionCache", () => {
  const cache = new MemorySessionCache();
  return Promise.resolve({ open: () => cache, ...nothing });
});

testClientSessionCache("openKvSessionCache() cache", async () => {
  const kv = await Deno.openKv(":memory:");
  return {
    open: () => new KvSessionCache(kv, ["sessions"], false),
    [Symbol.asyncDispose]: () => Promise.resolve(kv.close()),
  };
});

Deno.test("openKvSessionCache() keeps to its prefix, and forgets sessions that are too large for the store", async () => {
  using kv = await Deno.openKv(":memory:");
  await kv.set(["mine"], 1);
  const [a, b] = await Promise.all(
    ["a", "b"].map((prefix) => openKvSessionCache({ kv, prefix: [prefix] })),
  );
  await a!.put("peer", { token: new Uint8Array(40_000), expiresAt: 1 });
  await a!.put("peer", { token: new Uint8Array(40_001), expiresAt: 1 });
  assertEquals(await b!.take("peer", 0), undefined);
  await b!.put("peer", { token: new Uint8Array(70_000), expiresAt: 1 });
  assertEquals(await b!.take("peer", 0), undefined);
  assertEquals((await a!.take("peer", 0))?.token.length, 40_001);
  assertEquals(await a!.take("peer", 0), undefined);
  await a!.clear();
  assertEquals((await kv.get(["mine"])).value, 1);
});

Deno.test("SharedTicketKeyring looks for keys that it does not know now and then, however many tickets of such keys come", async () => {
  let reads = 0;
  const cache = {
    readTicketKeys: () => {
      reads++;
      return { keys: [], revision: null };
    },
    writeTicketKeys: () => true,
  };
  const keyring = new SharedTicketKeyring(cache, 1000, { cacheUnavailable: 0 });
  const environment = new TestEnvironment();
  const unknown = () => crypto.getRandomValues(new Uint8Array(16));
  const expected = [1, 1, 1, 2, 2];
  for (const [i, pause] of [0, 0, MIN_RELOAD_INTERVAL - 1, 1, 0].entries()) {
    environment.advance(pause);
    const found = [1, 2, 3].map(() => keyring.find(unknown(), environment));
    assertEquals(await Promise.all(found), [null, null, null]);
    assertEquals(reads, expected[i]);
  }
});

Deno.test("openKvSessionCache() has the store forget sessions at their end, whether anybody asks for them or not", async () => {
  using kv = await Deno.openKv(":memory:");
  const lifetimes: (number | undefined)[] = [];
  const store: KvStore = {
    get: (key) => kv.get(key),
    list: (selector) => kv.list(selector),
    close: () => {},
    atomic: () => {
      const operation = kv.atomic();
      const set = operation.set.bind(operation);
      operation.set = (key, value, options) => {
        lifetimes.push(options?.expireIn);
        return set(key, value, options);
      };
      return operation;
    },
  };
  const cache = await openKvSessionCache({ kv: store });
  const now = Date.now();
  const token = new Uint8Array(1);
  await cache.put("peer", { token, expiresAt: now + 2_000_000 });
  await cache.put("peer", { token, expiresAt: now + 1_000_000 }); // the other one lasts longer
  assertEquals(lifetimes.length, 2);
  for (const lifetime of lifetimes) {
    assert(lifetime !== undefined && lifetime <= 2_000_000 && lifetime > 1_000_000);
  }
});

Deno.test("KvServerSessionCache shows nothing of what it keeps, and takes nothing that was moved, changed or made by others", async () => {
  using store = await Deno.openKv(":memory:");
  const open = (secret: number, maxCacheEntries = 1000) =>
    new KvServerSessionCache({
      store,
      secret: new Uint8Array(32).fill(secret),
      maxCacheEntries,
      ownsStore: false,
    });
  const [cache, other] = [open(1), open(2)];
  const session = new TextEncoder().encode("the master secret of a session");
  await cache.put("id", session, 1000);
  const key = { name: new Uint8Array(16), secret: session.slice(0, 30), createdAt: 0 };
  const secret = new Uint8Array(32);
  secret.set(key.secret);
  await cache.writeTicketKeys([{ ...key, secret }], null);
  const entries = await Array.fromAsync(store.list<Record<string, Uint8Array>>({ prefix: [] }));
  assertEquals(entries.length, 2);
  for (const { key, value } of entries) {
    const text = JSON.stringify(key) +
      Object.values(value).map((it) => new TextDecoder("latin1").decode(it));
    assert(!text.includes("master") && !text.includes('"id"'), text);
  }
  assertEquals(await other.get("id", 0), undefined);
  assertEquals((await other.readTicketKeys()).keys, []);
  const [one, two] = entries;
  await store.set(one!.key, two!.value);
  await store.set(two!.key, one!.value);
  assertEquals(await cache.get("id", 0), undefined);
  assertEquals((await cache.readTicketKeys()).keys, []);
  for (const { key, value } of entries) {
    value.ciphertext![3]! ^= 1;
    await store.set(key, value);
  }
  assertEquals(await cache.get("id", 0), undefined);
  assertEquals((await cache.readTicketKeys()).keys, []);
});
