// Copyright 2026 the NSS for Deno authors. MIT license.

/** What servers remember of the sessions that they have to forget. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import type { SessionStore } from "../../../ssl/base/session_store.ts";
import { NssContext } from "../../../pkcs11/context/context.ts";
import { FORGET_TIMEOUT, ForgottenSessions } from "../../../ssl/session/forgotten.ts";
import { countUnreadable, StoreWait } from "../../../ssl/session/attempt.ts";
import {
  certificateDigest,
  type Condition,
  digestsOf,
  ForgottenList,
  MAX_FORGOTTEN_LENGTH,
} from "../../../ssl/session/forgotten_list.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { openKvSessionStore } from "../../../ssl/session/store/kv_store.ts";
import { SealedRows } from "../../../ssl/session/sealed_rows.ts";
import {
  type KnownList,
  MAX_CLOCK_SKEW,
  type TicketContent,
} from "../../../ssl/session/session_ticket.ts";
import { countersOf } from "../../../ssl/session/statistics.ts";
import { PKI } from "../_support.ts";

const family = (n: number) => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
};

function content(change: Partial<TicketContent> = {}): TicketContent {
  return {
    version: 0x0304,
    cipherSuite: 0x1301,
    createdAt: 0,
    authenticatedAt: 1e12,
    psk: new Uint8Array(32),
    serverName: "a.test",
    peerChain: [],
    peerRawPublicKey: null,
    localCredential: 0,
    origin: { family: family(0), known: null },
    ...change,
  };
}

const has = (list: ForgottenList, suspect: TicketContent) =>
  list.has({ content: suspect, certificates: () => digestsOf(suspect.peerChain) });

Deno.test("ForgottenList: all members of a condition have to be met", async () => {
  const known = (generation: number): KnownList => ({ generation, epoch: null });
  const mine = content({ peerChain: [PKI.client.cert] });
  const certificate = await certificateDigest(PKI.client.cert);
  const other = await certificateDigest(PKI.server.cert);
  const rows: readonly [Condition, boolean][] = [
    [{}, true],
    [{ serverName: "a.test" }, true],
    [{ serverName: "b.test" }, false],
    [{ certificate }, true],
    [{ certificate: other }, false],
    [{ certificate, serverName: "a.test" }, true],
    [{ certificate, serverName: "b.test" }, false],
    [{ certificate: other, serverName: "a.test" }, false],
    [{ family: family(0) }, true],
    [{ family: family(1) }, false],
    [{ before: 1e12 + 1 }, true],
    [{ before: 1e12 + 1 - 2 * MAX_CLOCK_SKEW }, true],
    [{ before: 1e12 - 2 * MAX_CLOCK_SKEW }, false],
  ];
  for (const [condition, expected] of rows) {
    const list = new ForgottenList();
    list.add(condition, 5000);
    assertEquals(await has(list, mine), expected, JSON.stringify(condition));
    if (condition.family !== undefined) continue;
    // A session that has begun under the new list is not meant
    const later = content({ ...mine, origin: { family: family(9), known: known(5000) } });
    assertEquals(await has(list, later), false);
    const earlier = content({ ...mine, origin: { family: family(9), known: known(4999) } });
    assertEquals(await has(list, earlier), expected);
  }
});

Deno.test("ForgottenList has room for so many sessions; with one more, all that is older than the oldest is forgotten", async () => {
  const list = new ForgottenList();
  const room = Math.floor((MAX_FORGOTTEN_LENGTH - 17) / 25);
  assertEquals(room, 2398);
  for (let i = 1; i <= room; i++) list.add({ family: family(i) }, 1e12 + i);
  const sessionOf = (generation: number) =>
    content({ origin: { family: family(0), known: { generation, epoch: null } } });
  assertEquals([list.size, list.encode().length], [room, 17 + 25 * room]);
  assertEquals(await has(list, sessionOf(0)), false);
  list.add({ family: family(room + 1) }, 1e12 + room + 1);
  assertEquals([list.size, list.encode().length <= MAX_FORGOTTEN_LENGTH], [room, true]);
  assertEquals(await has(list, sessionOf(1e12)), true); // the first one is no entry any more
  assertEquals(await has(list, sessionOf(1e12 + 1)), false);
  list.add({ family: family(5) }, 1e12 + room + 2); // what is there already needs no room
  assertEquals(list.size, room);
});

Deno.test("ForgottenList: clocks that are wrong forget more, never less", async () => {
  const list = new ForgottenList();
  const suspect = content({ origin: { family: family(1), known: null } });
  list.add({ family: family(1) }, 1e12);
  const year = 365 * 86_400_000;
  list.add({ serverName: "b.test" }, 1e12 + year); // a process that is a year ahead
  assertEquals(await has(list, suspect), true);
  const { generation } = list;
  list.add({ serverName: "c.test" }, 1e12 - year); // and one behind
  assertEquals(list.generation, generation + 1);
  const known = { generation, epoch: null };
  const suspects = ["b.test", "c.test"].map((serverName) =>
    content({ serverName, origin: { family: family(2), known } })
  );
  assertEquals(await Promise.all(suspects.map((each) => has(list, each))), [false, true]);
});

Deno.test("ForgottenList.merge() keeps what either knows, and says whether the other lacks something", async () => {
  const [a, b] = [new ForgottenList(), new ForgottenList()];
  a.add({ family: family(1) }, 1000);
  b.add({ family: family(2) }, 2000);
  assertEquals(a.merge(b, 2000), true);
  assertEquals([a.size, a.generation], [2, 2000]);
  assertEquals(b.merge(a, 2000), false);
  assertEquals(a.merge(b, 2000), false);
  b.addAll(3000);
  assertEquals(a.merge(b, 3000), false);
  assertEquals(a.size, 0); // the floor stands for them
  assertEquals(await has(a, content({ origin: { family: family(7), known: null } })), true);
});

Deno.test("ForgottenList.decode() takes what encode() makes, and nothing that is cut or of another version", async () => {
  const list = new ForgottenList();
  const digest = await certificateDigest(PKI.client.cert);
  list.add({ family: family(1) }, 1000);
  list.add({ certificate: digest, authority: digest, serverName: "é.test", before: 5 }, 1001);
  list.add({}, 1002);
  const bytes = list.encode();
  assertEquals(ForgottenList.decode(bytes)!.encode(), bytes);
  const ends = new Set([17, 42]); // where an entry ends
  const last = bytes.length - 9;
  for (let length = 0; length < bytes.length; length++) {
    const isWhole = ends.has(length) || length === last;
    assertEquals(ForgottenList.decode(bytes.slice(0, length)) !== null, isWhole, `${length}`);
  }
  assertEquals(ForgottenList.decode(bytes.with(0, 2)), null);
  assertEquals(ForgottenList.decode(bytes.with(-1, 32)), null);
  for (let times = 0; times < 2000; times++) {
    const noise = crypto.getRandomValues(new Uint8Array(times % 100));
    if (times % 100 > 17) noise.set(bytes.subarray(0, 17));
    ForgottenList.decode(noise); // never throws
  }
});

interface Setup {
  readonly store: SessionStore;
  /** Makes the list of a process. */
  process(options?: { lag?: number; timeout?: number }): ForgottenSessions;
  clock: number;
  readonly counters: ReturnType<typeof countersOf>;
}

function setUp(store: SessionStore): Setup {
  const counters = countersOf(new NssContext({ trustAnchors: [] }));
  const own: Setup = {
    store,
    clock: 0,
    counters,
    process: ({ lag = 1000 } = {}) =>
      new ForgottenSessions({
        rows: new SealedRows(store, new Uint8Array(32), () => countUnreadable(counters)),
        counters,
        lag,
        clock: () => own.clock,
      }),
  };
  return own;
}

const wait = () => new StoreWait();
const known = (epoch: string | null) => ({
  family: family(1),
  known: { generation: 0, epoch },
});

Deno.test("ForgottenSessions: a process reads the list when revocationLag is over, and not a moment before", async () => {
  let reads = 0;
  const memory = new MemorySessionStore();
  const store = Object.assign(memory, {
    get: (name: string) => (reads++, MemorySessionStore.prototype.get.call(memory, name)),
  });
  const at = setUp(store);
  const [a, b] = [at.process(), at.process()];
  const suspect = content();
  assertEquals([await a.refuses(suspect, wait()), reads], [false, 1]);
  await b.forget({ serverName: "a.test" });
  reads = 0;
  at.clock = 999;
  assertEquals([await a.refuses(suspect, wait()), reads], [false, 0]);
  at.clock = 1000;
  const all = await Promise.all([1, 2, 3].map(() => a.refuses(suspect, wait())));
  assertEquals([all, reads], [[true, true, true], 1]); // one read for all
});

Deno.test("ForgottenSessions: while the store is away, no session with a client's certificate is resumed; others are, by what is known", async () => {
  let isAway = false;
  const memory = new MemorySessionStore();
  const store: SessionStore = {
    get: (name) => isAway ? Promise.reject(new Error("away")) : memory.get(name),
    put: (...row) => memory.put(...row),
    replace: (...row) => isAway ? Promise.reject(new Error("away")) : memory.replace(...row),
    epoch: () => memory.epoch(),
  };
  const at = setUp(store);
  const a = at.process();
  const plain = content({ origin: known(memory.epoch()) });
  const named = content({ ...plain, peerChain: [PKI.client.cert] });
  const keyed = content({ ...plain, peerRawPublicKey: PKI.client.cert.subjectPublicKeyInfo });
  const refused = () => Promise.all([plain, named, keyed].map((each) => a.refuses(each, wait())));
  assertEquals(await refused(), [false, false, false]);
  isAway = true;
  at.clock = 999;
  assertEquals(await refused(), [false, false, false]);
  at.clock = 1000;
  assertEquals(await refused(), [false, true, true]);
  const error = await assertRejects(() => a.forget({ serverName: "a.test" }), SslError);
  assertEquals(error.name, "SEC_ERROR_IO");
  assertEquals(await refused(), [true, true, true]); // this process has forgotten it
  const b = at.process();
  isAway = false;
  assertEquals(await b.refuses(plain, wait()), false); // another one not
  at.clock = 2000;
  await a.refresh(wait()); // but what was not promised is made up for when the store is back
  at.clock = 3000;
  assertEquals(await b.refuses(plain, wait()), true);
});

Deno.test("ForgottenSessions: where the store was away, one handshake waits to find out whether it is back, and the others do not", async () => {
  const memory = new MemorySessionStore();
  let answer = (): Promise<undefined> => Promise.reject(new Error("away"));
  const store = Object.assign(memory, { get: () => answer() });
  const at = setUp(store);
  const a = at.process({ lag: 0 });
  assertEquals(await a.refresh(wait()), false);
  const back = Promise.withResolvers<undefined>();
  answer = () => back.promise;
  const finding = a.refresh(wait());
  assertEquals(await a.refresh(wait()), false); // though nothing has been answered
  assertEquals([at.counters.storeFailures, at.counters.storeRefusals], [1, 1]);
  back.resolve(undefined);
  assertEquals(await finding, true);
  const together = [a.refresh(wait()), a.refresh(wait())];
  assertEquals(await Promise.all(together), [true, true]);
});

Deno.test("ForgottenSessions: what a store has lost, a process that knows it puts there again", async () => {
  const memory = new MemorySessionStore();
  const at = setUp(memory);
  const a = at.process();
  await a.forget({ serverName: "a.test" });
  const name = await new SealedRows(memory, new Uint8Array(32)).nameOf("forgotten");
  memory.replace(name, memory.get(name)!, null, 1);
  const fresh = at.process();
  assertEquals(await fresh.refuses(content(), wait()), false);
  at.clock = 1000;
  await a.refresh(wait());
  at.clock = 2000;
  assertEquals(await fresh.refuses(content(), wait()), true);
});

Deno.test("ForgottenSessions: after the store was set back, no session with a certificate from before is resumed", async () => {
  let epoch = "one";
  const store = Object.assign(new MemorySessionStore(), { epoch: () => epoch });
  const at = setUp(store);
  const a = at.process();
  const named = () => content({ peerChain: [PKI.client.cert], origin: known("one") });
  assertEquals(await a.refuses(named(), wait()), false);
  epoch = "two";
  at.clock = 1000;
  assertEquals(await a.refuses(named(), wait()), true);
  assertEquals(a.known.epoch, "two");
  const since = content({ ...named(), origin: { family: family(2), known: a.known } });
  assertEquals(await a.refuses(since, wait()), false);
});

Deno.test("ForgottenSessions: a row that cannot be read is a fault for resumption, and gone with the next call that forgets", async () => {
  const memory = new MemorySessionStore();
  const at = setUp(memory);
  const a = at.process({ lag: 0 });
  const rows = new SealedRows(memory, new Uint8Array(32));
  const named = content({ peerChain: [PKI.client.cert], origin: known(memory.epoch()) });
  for (const bad of [new Uint8Array(5), new Uint8Array(60_000)]) {
    memory.put(await rows.nameOf("forgotten"), bad, 10_000);
    assertEquals(await a.refuses(named, wait()), true);
  }
  await rows.put("forgotten", new Uint8Array([2]), 10_000); // of a newer version
  assertEquals(await a.refuses(named, wait()), true);
  assertEquals(at.counters.unreadableRows, 3);
  await a.forget({ serverName: "b.test" });
  // What it said is lost: all that was there before is forgotten
  assertEquals(await at.process().refuses(content(), wait()), true);
});

Deno.test("ForgottenSessions: a row that is full takes one more session, and all processes forget what is older than its oldest", async () => {
  const store = await openKvSessionStore({ path: ":memory:" });
  await using _ = store;
  const at = setUp(store);
  const rows = new SealedRows(store, new Uint8Array(32));
  const full = new ForgottenList();
  const now = Date.now();
  const room = 2398;
  for (let n = 0; n < room; n++) full.add({ family: family(n + 1) }, now);
  const first = full.generation - room + 1;
  await rows.put("forgotten", full.encode(), 60_000);
  const of = (generation: number) =>
    content({ origin: { family: family(9999), known: { generation, epoch: null } } });
  const refusals = async () => {
    const fresh = at.process();
    return await Promise.all([first - 1, first].map((known) => fresh.refuses(of(known), wait())));
  };
  assertEquals(await refusals(), [false, false]);
  await at.process().forget({ family: family(5000) });
  assertEquals(await refusals(), [true, false]);
  // Each session began before it was forgotten; the first one has no entry any more
  for (const gone of [1, 2, room, 5000]) {
    const known = { generation: first - 1, epoch: null };
    const suspect = content({ origin: { family: family(gone), known } });
    assertEquals(await at.process().refuses(suspect, wait()), true);
  }
  assertEquals(at.counters.storeFailures, 0);
});

Deno.test("ForgottenSessions: many processes that forget at the same time lose nothing", async () => {
  const at = setUp(new MemorySessionStore());
  const names = Array.from({ length: 12 }, (_, i) => `${i}.test`);
  await Promise.all(names.map((serverName) => at.process().forget({ serverName })));
  const fresh = at.process();
  for (const serverName of names) {
    assertEquals(await fresh.refuses(content({ serverName }), wait()), true);
  }
});

Deno.test("ForgottenSessions.forget() gives up on a store that never answers", async () => {
  const memory = new MemorySessionStore();
  const store = Object.assign(memory, { get: () => new Promise<never>(() => {}) });
  const at = setUp(store);
  const original = globalThis.setTimeout;
  const waits: number[] = [];
  // deno-lint-ignore no-explicit-any
  (globalThis as any).setTimeout = (run: () => void, time: number) => {
    waits.push(time);
    return original(run, 1);
  };
  try {
    const error = await assertRejects(() => at.process().forget({}), SslError);
    assert(error.message.includes("call again"), error.message);
    assertEquals(waits.reduce((sum, time) => sum + time, 0), FORGET_TIMEOUT);
  } finally {
    globalThis.setTimeout = original;
  }
});
