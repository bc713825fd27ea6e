// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type CachedSession,
  KvSessionCache,
  type KvStore,
  openKvSessionCache,
} from "../../ssl/session/kv_session_cache.ts";
import { NssError } from "../../cert/base/errors.ts";
import { MemorySessionCache } from "../../ssl/session/memory_cache.ts";
import { MemoryServerSessionCache } from "../../ssl/session/memory_server.ts";
import { KvSessionStore } from "../../ssl/session/store/kv_store.ts";
import { MemorySessionStore } from "../../ssl/session/memory_store.ts";
import { SealedRows } from "../../ssl/session/sealed_rows.ts";
import { StoreServerSessionCache } from "../../ssl/session/store_server.ts";
import { testClientSessionCache, testServerSessionCache } from "./session_cache_conformance.ts";

const nothing = { [Symbol.asyncDispose]: () => Promise.resolve() };

testServerSessionCache(
  "MemoryServerSessionCache",
  () => Promise.resolve({ open: (max) => new MemoryServerSessionCache(max), ...nothing }),
);

const openInRows = (rows: SealedRows) => (maxCacheEntries: number) =>
  new StoreServerSessionCache({ rows, maxCacheEntries, lifetime: 1000, clockTolerance: 0 });

testServerSessionCache("StoreServerSessionCache", () => {
  const rows = new SealedRows(new MemorySessionStore(), new Uint8Array(32));
  return Promise.resolve({ open: openInRows(rows), ...nothing });
});

testServerSessionCache("StoreServerSessionCache in Deno KV", async () => {
  const kv = await Deno.openKv(":memory:");
  return {
    open: openInRows(new SealedRows(new KvSessionStore({ kv }), new Uint8Array(32))),
    [Symbol.asyncDispose]: () => Promise.resolve(kv.close()),
  };
});

testClientSessionCache("MemorySessionCache", () => {
  const cache = new MemorySessionCache();
  return Promise.resolve({ open: () => cache, ...nothing });
});

testClientSessionCache("openKvSessionCache() cache", async () => {
  const kv = await Deno.openKv(":memory:");
  const secret = new Uint8Array(32).fill(1);
  return {
    open: () => new KvSessionCache(kv, ["sessions"], false, secret),
    [Symbol.asyncDispose]: () => Promise.resolve(kv.close()),
  };
});

Deno.test("openKvSessionCache() keeps a file that is its owner's alone, shows nothing of its sessions, and finds them in a later run", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nss_sessions_" });
  const path = `${folder}/sessions.kv`;
  const session = { token: new TextEncoder().encode("a secret of a session"), expiresAt: 2 ** 41 };
  {
    await using cache = await openKvSessionCache({ path });
    await cache.put("peer", session);
  }
  const files = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  assertEquals(files.filter((name) => !/-(?:wal|shm)$/.test(name)), [
    "sessions.kv",
    "sessions.kv.key",
  ]);
  for (const name of files) {
    const { mode } = await Deno.stat(`${folder}/${name}`);
    assertEquals(mode! & 0o777, 0o600, name);
    const bytes = (await Deno.readFile(`${folder}/${name}`)).toHex();
    assert(!bytes.includes(session.token.toHex()), name);
  }
  {
    await using cache = await openKvSessionCache({ path });
    assertEquals(await cache.take("peer", 0), session);
  }
  await Deno.writeFile(`${path}.key`, new Uint8Array(31));
  await assertFails("SEC_ERROR_IO", "does not have 32 bytes", () => openKvSessionCache({ path }));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("openKvSessionCache() takes no session that was moved, changed, made by others or not encrypted", async () => {
  using kv = await Deno.openKv(":memory:");
  const session = { token: new Uint8Array(32), expiresAt: 2 ** 41 };
  const secret = (fill: number) => new Uint8Array(32).fill(fill);
  const cache = await openKvSessionCache({ kv, secret: secret(1) });
  const other = await openKvSessionCache({ kv, secret: secret(2) });
  type Row = { readonly bytes: Uint8Array; readonly expiresAt: number };
  const rows = () => Array.fromAsync(kv.list<Row>({ prefix: ["@nss/nss", "sessions", "row"] }));
  assertEquals(await cache.take("peer", 0), undefined); // makes the row of the generation
  const [generation] = await rows();
  await cache.put("peer", session);
  const [sealed] = (await rows()).filter(({ key }) => key[3] !== generation!.key[3]);
  assertEquals(await other.take("peer", 0), undefined);
  await cache.put("another", session);
  const [moved] = (await rows()).filter(({ key, value }) =>
    ![generation, sealed].some((it) => it!.key[3] === key[3]) && value.bytes.length > 60
  );
  await kv.set(moved!.key, sealed!.value);
  assertEquals(await cache.take("another", 0), undefined);
  const { bytes } = sealed!.value;
  for (let i = 0; i < bytes.length; i++) {
    await kv.set(sealed!.key, { ...sealed!.value, bytes: bytes.with(i, bytes[i]! ^ 1) });
    assertEquals(await cache.take("peer", 0), undefined);
  }
  for (const planted of [[session], "text", null, { iv: 1, ciphertext: 2 }, bytes]) {
    await kv.set(sealed!.key, planted);
    assertEquals(await cache.take("peer", 0), undefined);
  }
  await cache.put("peer", session);
  assertEquals(await cache.take("peer", 0), session);
  for (const length of [0, 31, 33]) {
    await assertFails(
      "SEC_ERROR_INVALID_ARGS",
      "its secret is not a Uint8Array of 32 bytes",
      () => openKvSessionCache({ kv, secret: new Uint8Array(length) }),
    );
  }
});

Deno.test("openKvSessionCache() without a secret keeps one in the store, the same for all who open it at once", async () => {
  using kv = await Deno.openKv(":memory:");
  const session = { token: new Uint8Array(32), expiresAt: 2 ** 41 };
  const caches = await Promise.all([1, 2, 3, 4].map(() => openKvSessionCache({ kv })));
  for (const cache of caches) {
    await cache.put("peer", session);
    assertEquals(await caches[0]!.take("peer", 0), session);
  }
  for (const damaged of [new Uint8Array(31), "text", null]) {
    await kv.set(["@nss/nss", "sessions", "secret"], damaged);
    const cache = await openKvSessionCache({ kv });
    await cache.put("peer", session);
    assertEquals(await cache.take("peer", 0), session);
  }
});

async function assertFails(name: string, message: string, run: () => Promise<unknown>) {
  const error = await assertRejects(run, NssError, message);
  assertEquals(error.name, name);
}

Deno.test("openKvSessionCache() keeps to its prefix, and forgets sessions that are too large for the store", async () => {
  using kv = await Deno.openKv(":memory:");
  await kv.set(["mine"], 1);
  const [a, b] = await Promise.all(
    ["a", "b"].map((prefix) => openKvSessionCache({ kv, prefix: [prefix] })),
  );
  const most = 59_960; // of a row, less what encryption and times take
  const put = (length: number) =>
    a!.put("peer", { token: new Uint8Array(length), expiresAt: 2 ** 41 });
  const taken = async () => (await a!.take("peer", 0))?.token.length;
  await put(most - 12);
  await put(1);
  assertEquals(await b!.take("peer", 0), undefined);
  assertEquals([await taken(), await taken()], [1, most - 12]);
  await put(most - 11);
  await put(1);
  assertEquals([await taken(), await taken()], [1, undefined]);
  await put(1);
  await put(most);
  assertEquals([await taken(), await taken()], [most, undefined]);
  await put(1);
  await put(most + 1); // and the others stay
  assertEquals([await taken(), await taken()], [1, undefined]);
  await put(1);
  await a!.clear();
  assertEquals([await taken(), (await kv.get(["mine"])).value], [undefined, 1]);
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
  const cache = await openKvSessionCache({ kv: store, secret: new Uint8Array(32) });
  const now = Date.now();
  const token = new Uint8Array(1);
  assertEquals(await cache.take("peer", now), undefined);
  assertEquals(lifetimes.splice(0).length, 1); // the row of the generation
  await cache.put("peer", { token, expiresAt: now + 2_000_000 });
  await cache.put("peer", { token, expiresAt: now + 1_000_000 }); // the other one lasts longer
  await cache.put("another peer", { token, expiresAt: 1 }); // has ended
  assertEquals(lifetimes.length, 2);
  for (const lifetime of lifetimes) {
    assert(lifetime !== undefined && lifetime <= 2_000_000 && lifetime > 1_000_000);
  }
});

Deno.test("openKvSessionCache() closes the store that it has opened, and no other", async () => {
  using kv = await Deno.openKv(":memory:");
  const session: CachedSession = { token: new Uint8Array(1), expiresAt: 2 ** 41 };
  const [given, own] = [
    await openKvSessionCache({ kv }),
    await openKvSessionCache({ path: ":memory:" }),
  ];
  for (const cache of [given, own]) {
    await cache.put("peer", session);
    await cache[Symbol.asyncDispose]();
  }
  await assertRejects(() => own.take("peer", 0));
  const places = (await Array.fromAsync(kv.list({ prefix: [] }))).map(({ key }) => key);
  assertEquals(places.map((key) => key.slice(0, 3).join(" ")), [
    "@nss/nss sessions row", // the session, and the generation
    "@nss/nss sessions row",
    "@nss/nss sessions secret",
  ]);
});

Deno.test("openKvSessionCache() tries again where somebody else was faster, sixteen times", async () => {
  using kv = await Deno.openKv(":memory:");
  for (const [conflicts, kept] of [[15, true], [16, false]] as const) {
    let commits = 0;
    const store: KvStore = {
      get: (key) => kv.get(key),
      list: (selector) => kv.list(selector),
      close: () => {},
      atomic: () => {
        const operation = kv.atomic();
        const commit = operation.commit.bind(operation);
        operation.commit = () => commits++ < conflicts ? Promise.resolve({ ok: false }) : commit();
        return operation;
      },
    };
    const secret = new Uint8Array(32);
    const cache = await openKvSessionCache({ kv: store, prefix: [`${conflicts}`], secret });
    commits = conflicts;
    assertEquals(await cache.take("peer", 0), undefined);
    commits = 0;
    const outcome = await cache.put("peer", { token: new Uint8Array(1), expiresAt: 2 ** 41 })
      .then(() => true, () => false);
    assertEquals([outcome, commits], [kept, 16]);
  }
});
