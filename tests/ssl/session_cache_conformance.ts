// Copyright 2026 the NSS for Deno authors. MIT license.

/** What every cache of server sessions, and every cache of client sessions, has to do. @module */

import { assert, assertEquals } from "@std/assert";
import type { ServerSessionCache } from "../../ssl/base/server_session_cache.ts";
import type { CachedSession, ClientSessionCache } from "../../ssl/base/session_cache.ts";

/** Opens caches over one memory or store: what one keeps, the others find. */
export interface Caches<C> extends AsyncDisposable {
  /** Opens one, with room for so much. */
  open(maxEntries: number): C;
}

const bytes = (...values: number[]) => new Uint8Array(values);

/** Registers the tests of a cache of server sessions. */
export function testServerSessionCache(
  name: string,
  caches: () => Promise<Caches<ServerSessionCache>>,
): void {
  Deno.test(`${name}.get() gives a session as often as it is wanted, until it expires`, async () => {
    await using all = await caches();
    const cache = all.open(1000);
    assertEquals(await cache.get("a", 0), undefined);
    await cache.put("a", bytes(1, 2, 3), 1000);
    await cache.put("b", bytes(), 2000);
    for (const now of [0, 999]) assertEquals(await cache.get("a", now), bytes(1, 2, 3));
    assertEquals(await cache.get("b", 0), bytes());
    assertEquals(await cache.get("ab", 0), undefined);
    assertEquals(await cache.get("a", 1000), undefined);
  });

  Deno.test(`${name}.put() replaces, delete() forgets, and neither touches another`, async () => {
    await using all = await caches();
    const cache = all.open(1000);
    for (const id of ["a", "b"]) await cache.put(id, bytes(1), 1000);
    await cache.put("a", bytes(2), 1000);
    assertEquals(await cache.get("a", 0), bytes(2));
    await cache.delete("a");
    await cache.delete("a");
    assertEquals([await cache.get("a", 0), await cache.get("b", 0)], [undefined, bytes(1)]);
  });

  Deno.test(`${name} has room for so many sessions and no more`, async () => {
    await using all = await caches();
    for (const room of [1, 4]) {
      const cache = all.open(room);
      const ids = Array.from({ length: 10 * room }, (_, i) => `${room} ${i}`);
      for (const id of ids) await cache.put(id, bytes(1), 1000);
      const found = await Promise.all(ids.map((id) => cache.get(id, 0)));
      const kept = found.filter((session) => session !== undefined).length;
      assert(kept >= 1 && kept <= room, `${kept} of ${room}`);
      assertEquals(await cache.get(ids.at(-1)!, 0), bytes(1)); // the newest
    }
  });

  Deno.test(`${name} keeps a session as large as they get`, async () => {
    await using all = await caches();
    const cache = all.open(10);
    const session = crypto.getRandomValues(new Uint8Array(20_000));
    await cache.put("large", session, 1000);
    assertEquals(await cache.get("large", 0), session);
  });
}

/** Registers the tests of a cache of client sessions. */
export function testClientSessionCache(
  name: string,
  caches: () => Promise<Caches<ClientSessionCache>>,
): void {
  // Stores forget by the real time what has expired
  const START = Date.now() + 3_600_000;
  const session = (n: number, end = 1000): CachedSession => ({
    token: bytes(n),
    expiresAt: START + end,
  });

  Deno.test(`${name}.take() gives each session once, the newest first, and none that has expired`, async () => {
    await using all = await caches();
    const cache = all.open(10);
    for (const n of [1, 2]) await cache.put("peer", session(n));
    await cache.put("peer", session(3, 500));
    assertEquals(await cache.take("other", START), undefined);
    assertEquals((await cache.take("peer", START + 500))?.token, bytes(2));
    assertEquals((await cache.take("peer", START + 999))?.token, bytes(1));
    assertEquals(await cache.take("peer", START), undefined);
    await cache.put("peer", session(4));
    assertEquals(await cache.take("peer", START + 1000), undefined);
  });

  Deno.test(`${name}.take() gives a session to one of those who ask at once`, async () => {
    await using all = await caches();
    const [a, b] = [all.open(10), all.open(10)];
    for (const n of [1, 2]) await a.put("peer", session(n));
    const taken = await Promise.all([a, b, a].map((cache) => cache.take("peer", START)));
    assertEquals(taken.map((it) => it?.token[0] ?? 0).sort(), [0, 1, 2]);
  });

  Deno.test(`${name} keeps four sessions of a peer`, async () => {
    await using all = await caches();
    const cache = all.open(10);
    for (let n = 0; n < 6; n++) await cache.put("peer", session(n));
    const taken: number[] = [];
    for (let it; (it = await cache.take("peer", START)) !== undefined;) taken.push(it.token[0]!);
    assertEquals(taken, [5, 4, 3, 2]);
  });

  Deno.test(`${name}.delete() forgets a peer, clear() all`, async () => {
    await using all = await caches();
    const cache = all.open(10);
    for (const key of ["a", "b", "c"]) await cache.put(key, session(1));
    await cache.delete("a");
    assertEquals(await cache.take("a", START), undefined);
    assert(await cache.take("b", START) !== undefined);
    await cache.clear();
    assertEquals(await cache.take("c", START), undefined);
  });
}
