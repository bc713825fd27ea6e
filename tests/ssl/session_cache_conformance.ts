// Copyright 2026 the NSS for Deno authors. MIT license.

/** What every cache of server sessions, and every cache of client sessions, has to do. @module */

import { assert, assertEquals } from "@std/assert";
import type { ServerSessionCache, TicketKeyRecord } from "../../ssl/base/server_session_cache.ts";
import type { CachedSession, SessionCache } from "../../ssl/base/session_cache.ts";
import { SharedTicketKeyring } from "../../ssl/session/shared_ticket_keyring.ts";
import { TicketKeys } from "../../ssl/session/session_ticket.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import { TestEnvironment } from "./_support.ts";

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

function makeKey(n: number): TicketKeyRecord {
  return { name: new Uint8Array(16).fill(n), secret: new Uint8Array(32).fill(n), createdAt: n };
}

const LIFETIME = 100;

/** Registers the tests of a cache that shares the keys of tickets. */
export function testTicketKeyCache(
  name: string,
  caches: () => Promise<Caches<Required<ServerSessionCache>>>,
): void {
  Deno.test(`${name}.writeTicketKeys() decides between two who write at once`, async () => {
    await using all = await caches();
    const [a, b] = [all.open(10), all.open(10)];
    const { keys, revision } = await a.readTicketKeys();
    assertEquals([keys, revision], [[], null]);
    const won = await Promise.all([
      a.writeTicketKeys([makeKey(1)], null),
      b.writeTicketKeys([makeKey(2)], null),
    ]);
    assertEquals(won.filter((it) => it).length, 1);
    const list = await b.readTicketKeys();
    assertEquals(list.keys, [makeKey(won[0] ? 1 : 2)]);
    assertEquals(await a.writeTicketKeys([makeKey(4), makeKey(3)], list.revision), true);
    assertEquals(await b.writeTicketKeys([makeKey(5)], list.revision), false);
    assertEquals((await b.readTicketKeys()).keys, [makeKey(4), makeKey(3)]);
  });

  Deno.test(`${name} rotates the keys of tickets for all who share them`, async () => {
    await using all = await caches();
    const environment = new TestEnvironment();
    const counters = { cacheUnavailable: 0 };
    const ends = [1, 2, 3].map(() =>
      new TicketKeys(LIFETIME, new SharedTicketKeyring(all.open(10), LIFETIME, counters))
    );
    const seal = async (keys: TicketKeys) => {
      const content = {
        version: TLS_1_3,
        cipherSuite: 0x1301,
        createdAt: environment.now(),
        authenticatedAt: environment.now(),
        psk: new Uint8Array(32),
        alpnProtocol: null,
        serverName: null,
        peerChain: [],
        peerRawPublicKey: null,
        localCredential: 0,
      };
      return (await keys.seal(content, bytes(1), environment))!;
    };
    const opens = async (ticket: Uint8Array<ArrayBuffer>) => {
      const opened = await Promise.all(
        ends.map((keys) => keys.open(ticket, bytes(1), environment)),
      );
      return opened.map((content) => content !== null);
    };
    const nameOf = (ticket: Uint8Array) => ticket.slice(0, 16).toHex();
    // All at once: one key comes out of it.
    const first = await Promise.all(ends.map(seal));
    assertEquals(new Set(first.map(nameOf)).size, 1);
    for (const ticket of first) assertEquals(await opens(ticket), [true, true, true]);
    environment.advance(LIFETIME * 1000 - 1);
    const late = await seal(ends[0]!);
    assertEquals(nameOf(late), nameOf(first[0]!));
    environment.advance(1);
    const second = await Promise.all(ends.slice(0, 2).map(seal));
    assertEquals(new Set(second.map(nameOf)).size, 1);
    assert(nameOf(second[0]!) !== nameOf(late));
    // The third has not sealed since: it learns of the new key from a ticket, and keeps the one
    // before.
    assertEquals(await opens(second[0]!), [true, true, true]);
    assertEquals(await opens(late), [true, true, true]);
    assertEquals(nameOf(await seal(ends[2]!)), nameOf(second[0]!));
    environment.advance(LIFETIME * 1000);
    await Promise.all(ends.map(seal));
    assertEquals(await opens(late), [false, false, false]);
    assertEquals(counters.cacheUnavailable, 0);
  });
}

/** Registers the tests of a cache of client sessions. */
export function testClientSessionCache(
  name: string,
  caches: () => Promise<Caches<SessionCache>>,
): void {
  const session = (n: number, expiresAt = 1000): CachedSession => ({ token: bytes(n), expiresAt });

  Deno.test(`${name}.take() gives each session once, the newest first, and none that has expired`, async () => {
    await using all = await caches();
    const cache = all.open(10);
    for (const n of [1, 2]) await cache.put("peer", session(n));
    await cache.put("peer", session(3, 500));
    assertEquals(await cache.take("other", 0), undefined);
    assertEquals((await cache.take("peer", 500))?.token, bytes(2));
    assertEquals((await cache.take("peer", 999))?.token, bytes(1));
    assertEquals(await cache.take("peer", 0), undefined);
    await cache.put("peer", session(4));
    assertEquals(await cache.take("peer", 1000), undefined);
  });

  Deno.test(`${name}.take() gives a session to one of those who ask at once`, async () => {
    await using all = await caches();
    const [a, b] = [all.open(10), all.open(10)];
    for (const n of [1, 2]) await a.put("peer", session(n));
    const taken = await Promise.all([a, b, a].map((cache) => cache.take("peer", 0)));
    assertEquals(taken.map((it) => it?.token[0] ?? 0).sort(), [0, 1, 2]);
  });

  Deno.test(`${name} keeps four sessions of a peer`, async () => {
    await using all = await caches();
    const cache = all.open(10);
    for (let n = 0; n < 6; n++) await cache.put("peer", session(n));
    const taken: number[] = [];
    for (let it; (it = await cache.take("peer", 0)) !== undefined;) taken.push(it.token[0]!);
    assertEquals(taken, [5, 4, 3, 2]);
  });

  Deno.test(`${name}.delete() forgets a peer, clear() all`, async () => {
    await using all = await caches();
    const cache = all.open(10);
    for (const key of ["a", "b", "c"]) await cache.put(key, session(1));
    await cache.delete("a");
    assertEquals(await cache.take("a", 0), undefined);
    assert(await cache.take("b", 0) !== undefined);
    await cache.clear();
    assertEquals(await cache.take("c", 0), undefined);
  });
}
