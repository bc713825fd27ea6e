// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertFalse,
  assertNotEquals,
  assertStrictEquals,
} from "@std/assert";
import { type Certificate, parseCertificate } from "../../cert/certificate/certificate.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import { clientSessionCache, clientSessionKey } from "../../ssl/session/client_cache.ts";
import {
  ENTRY_COST,
  identityOf,
  MAX_TEXTS_COST,
  RecentTexts,
  shorten,
} from "../../ssl/session/identity.ts";
import {
  MAX_AVERAGE_COST,
  MAX_COST_PER_PEER,
  MemorySessionCache,
} from "../../ssl/session/memory_cache.ts";
import type { ClientSession } from "../../ssl/base/session_cache.ts";
import { CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import { PKI } from "./_support.ts";

/** A session that can be told from others by its ticket. */
function makeSession(id: number, expiresAt = 1000): ClientSession {
  return {
    version: TLS_1_3,
    ticket: new Uint8Array([id]),
    psk: new Uint8Array(32),
    cipherSuite: CIPHER_SUITES[0]!,
    ticketAgeAdd: 0,
    maxEarlyData: 0,
    receivedAt: 0,
    authenticatedAt: 0,
    expiresAt,
    alpnProtocol: null,
    peerRawPublicKey: null,
    stapledOcspResponse: null,
    signedCertTimestamps: null,
    peerChain: [],
    localChain: [],
  };
}

Deno.test("MemorySessionCache.take() gives each session once, the newest first", () => {
  const cache = new MemorySessionCache<ClientSession>();
  const [a, b] = [makeSession(1), makeSession(2)];
  cache.put("peer", a);
  cache.put("peer", b);
  assertEquals(cache.take("other", 0), undefined);
  assertStrictEquals(cache.take("peer", 0), b);
  assertStrictEquals(cache.take("peer", 0), a);
  assertEquals(cache.take("peer", 0), undefined);
  assertEquals(cache.size, 0);
});

Deno.test("MemorySessionCache.take() forgets what has expired", () => {
  const cache = new MemorySessionCache<ClientSession>();
  cache.put("peer", makeSession(1, 1000));
  cache.put("peer", makeSession(2, 2000));
  cache.put("peer", makeSession(3, 1000));
  assertEquals(cache.take("peer", 1000)?.ticket[0], 2); // at its end a session is over
  assertEquals(cache.take("peer", 0), undefined);
  cache.put("peer", makeSession(4, 1000));
  assertEquals(cache.take("peer", 999)?.ticket[0], 4);
});

Deno.test("MemorySessionCache keeps the newest four sessions of a peer", () => {
  for (const extra of [0, 1]) {
    const cache = new MemorySessionCache<ClientSession>();
    const count = 4 + extra;
    for (let i = 0; i < count; i++) cache.put("peer", makeSession(i));
    const taken: number[] = [];
    for (let it; (it = cache.take("peer", 0)) !== undefined;) taken.push(it.ticket[0]!);
    const newestFirst = Array.from({ length: count }, (_, i) => count - 1 - i);
    assertEquals(taken, newestFirst.slice(0, 4));
  }
});

Deno.test("MemorySessionCache remembers 1,000 peers and forgets the longest unused", () => {
  const cache = new MemorySessionCache<ClientSession>();
  for (let i = 0; i < 1000; i++) cache.put(`peer ${i}`, makeSession(i % 256));
  assertEquals(cache.size, 1000);
  cache.put("peer 0", makeSession(0)); // peer 1 is the longest unused now
  assertEquals(cache.size, 1000);
  cache.put("one more", makeSession(1));
  assertEquals(cache.size, 1000);
  assertEquals(cache.take("peer 1", 0), undefined);
  assertNotEquals(cache.take("peer 0", 0), undefined);
  assertNotEquals(cache.take("peer 2", 0), undefined);
});

Deno.test("MemorySessionCache has the bound that it is made with", () => {
  const cache = new MemorySessionCache<ClientSession>(2);
  for (const key of ["a", "b"]) cache.put(key, makeSession(1));
  assertEquals(cache.size, 2);
  cache.put("c", makeSession(1));
  assertEquals([cache.size, cache.take("a", 0)], [2, undefined]);
});

Deno.test("MemorySessionCache.resize() forgets the longest unused peers, and keeps to its new bound", () => {
  const cache = new MemorySessionCache<ClientSession>();
  for (const key of ["a", "b", "c"]) cache.put(key, makeSession(1));
  cache.resize(3);
  assertEquals(cache.size, 3);
  cache.resize(2);
  assertEquals(cache.size, 2);
  cache.put("d", makeSession(1));
  assertEquals(["a", "b", "c", "d"].map((key) => cache.take(key, 0) !== undefined), [
    false,
    false,
    true,
    true,
  ]);
});

/** A cache of sessions that cost what their tickets' first bytes say, in units. */
function costly(maxPeers: number, unit: number): MemorySessionCache<ClientSession> {
  return new MemorySessionCache<ClientSession>(
    maxPeers,
    (sessions) => sessions.reduce((sum, { ticket }) => sum + ticket[0]! * unit, 0),
  );
}

Deno.test("MemorySessionCache keeps MAX_COST_PER_PEER of a peer, and drops its oldest sessions beyond it", () => {
  const cache = costly(1000, MAX_COST_PER_PEER / 4);
  for (const parts of [1, 2, 1]) cache.put("peer", makeSession(parts));
  assertEquals([cache.size, cache.cost], [1, MAX_COST_PER_PEER]);
  cache.put("peer", makeSession(2)); // in the place of 1 and 2
  assertEquals(cache.cost, 3 * MAX_COST_PER_PEER / 4);
  assertEquals([1, 2, 3].map(() => cache.take("peer", 0)?.ticket[0]), [2, 1, undefined]);
  assertEquals(cache.cost, 0);
  cache.put("peer", makeSession(4));
  assertEquals(cache.size, 1);
  cache.put("peer", makeSession(5));
  assertEquals([cache.size, cache.cost], [0, 0]);
});

Deno.test("MemorySessionCache keeps MAX_AVERAGE_COST for each peer that it may have, and drops the longest unused beyond it", () => {
  const peers = 8;
  const cache = costly(peers, MAX_AVERAGE_COST * peers / 4);
  for (const key of ["a", "b", "c", "d"]) cache.put(key, makeSession(1));
  assertEquals([cache.size, cache.cost], [4, MAX_AVERAGE_COST * peers]);
  cache.take("a", 0);
  cache.put("a", makeSession(1));
  cache.put("e", makeSession(1));
  assertEquals([cache.size, cache.cost], [4, MAX_AVERAGE_COST * peers]);
  assertEquals(["a", "b", "c"].map((key) => cache.take(key, 0) !== undefined), [true, false, true]);
  cache.put("one", makeSession(2));
  cache.resize(1); // room for one peer that is as costly as a peer may be
  assertEquals([cache.size, cache.cost], [1, MAX_COST_PER_PEER]);
});

Deno.test("clientSessionCache() counts tickets, certificates and what is stapled, and what sessions share once", () => {
  const cache = clientSessionCache(new NssContext({ trustAnchors: [] }));
  const session = { ...makeSession(1), ticket: new Uint8Array(100), peerChain: [PKI.server.cert] };
  const { length } = PKI.server.cert.der;
  cache.put("peer", session);
  assertEquals(cache.cost, 4096 + 100 + 4096 + length);
  cache.put("peer", { ...session });
  assertEquals(cache.cost, 2 * (4096 + 100) + 4096 + length);
  const stapledOcspResponse = new Uint8Array(1000);
  cache.put("peer", { ...session, stapledOcspResponse });
  assertEquals(cache.cost, 3 * (4096 + 100) + 4096 + length + 1000);
  // As `createCertificate` makes it of a thousand names: 16 times what is more than usual.
  const der = new Uint8Array(20_000);
  const stuffed: Certificate = Object.create(PKI.server.cert, { der: { value: der } });
  cache.put("stuffed", { ...session, peerChain: [stuffed] });
  assertEquals(cache.size, 1);
});

Deno.test("MemorySessionCache.delete() and clear() forget", () => {
  const cache = new MemorySessionCache<ClientSession>();
  for (const key of ["a", "b", "c"]) cache.put(key, makeSession(1));
  cache.delete("a");
  assertEquals([cache.take("a", 0), cache.size], [undefined, 2]);
  cache.clear();
  assertEquals([cache.take("b", 0), cache.size], [undefined, 0]);
});

Deno.test("clientSessionCache() is each context's own", () => {
  const [a, b] = [new NssContext(), new NssContext()];
  assertStrictEquals(clientSessionCache(a), clientSessionCache(a));
  assertNotEquals(clientSessionCache(a) === clientSessionCache(b), true);
});

Deno.test("clientSessionKey() is short however many anchors there are, and still tells them from each other", () => {
  const key = (...caCerts: Certificate[]) => {
    const made = clientSessionKey(resolveConfig({ hostname: "a.test", caCerts }), "")!;
    assert(made.length < 8192, `${made.length}`);
    return made;
  };
  const { cert: a } = PKI.root;
  const { cert: b } = PKI.otherRoot;
  const many = Array<Certificate>(100).fill(a);
  assertEquals(key(...many), key(...many.map(({ der }) => parseCertificate(der))));
  const keys = [key(...many), key(...many, a), key(...many, b), key(b, ...many), key(a), key(b)];
  assertEquals(new Set(keys).size, keys.length);
});

Deno.test("shorten() has a number for each long text, as long as it remembers it", () => {
  const text = (length: number, end = "") => "x".repeat(length - end.length) + end;
  assertEquals(shorten(text(4096)), text(4096));
  const first = shorten(text(4097));
  assertEquals(shorten(text(4097)), first);
  assertEquals(typeof first, "number");
  // As many as fit, and one
  const length = MAX_TEXTS_COST / 16 - ENTRY_COST;
  const others = Array.from({ length: 16 }, (_, i) => shorten(text(length / 2, `y${i}`)));
  assertEquals(new Set([first, ...others]).size, 17);
  // Forgotten meanwhile: no other text ever gets its number, nor does it itself.
  const again = shorten(text(4097));
  assertFalse([first, ...others].includes(again));
  assertEquals(shorten(text(length / 2, "y1")), others[1]);
  assertNotEquals(shorten(text(length / 2, "y0")), others[0]);
});

Deno.test("RecentTexts counts what texts take, and drops those that were not used longest", () => {
  const texts = new RecentTexts<number>(3 * (ENTRY_COST + 20));
  const text = (end: string) => end.padStart(10, "x");
  const known = () => ["a", "b", "c", "d"].filter((end) => texts.get(text(end)) !== undefined);
  for (const [i, end] of ["a", "b", "c"].entries()) texts.set(text(end), i);
  assertEquals(known(), ["a", "b", "c"]); // n
  texts.get(text("a"));
  texts.set(text("d"), 3); // and one
  assertEquals(known(), ["a", "c", "d"]);
  texts.set(text("d"), 4); // counted once
  assertEquals(known(), ["a", "c", "d"]);
  texts.delete(text("c"));
  texts.delete(text("c"));
  texts.set(text("b"), 1);
  assertEquals(known(), ["a", "b", "d"]);
  // One takes the place of several; what is too long takes none
  const free = (ENTRY_COST + 20) * 3 - ENTRY_COST;
  texts.set("y".repeat(free / 2), 5);
  assertEquals([known(), texts.get("y".repeat(free / 2))], [[], 5]);
  texts.set("y".repeat(free / 2 + 1), 6);
  assertEquals(texts.get("y".repeat(free / 2 + 1)), undefined);
  assertEquals(texts.get("y".repeat(free / 2)), 5);
});

Deno.test("clientSessionKey() is null where nothing must be cached", () => {
  assertEquals(
    clientSessionKey(resolveConfig({ hostname: "a.test", sessionTickets: false }), ""),
    null,
  );
  assertEquals(clientSessionKey(resolveConfig({}), ""), null);
});

Deno.test("identityOf() tells objects from each other", () => {
  const [a, b] = [() => {}, () => {}];
  assertEquals(identityOf(a), identityOf(a));
  assertNotEquals(identityOf(a), identityOf(b));
  assertEquals(identityOf(null), 0);
});
