// Copyright 2026 the NSS for Deno authors. MIT license.

/** A store that others have poisoned: it gives no session, and it is counted and told. @module */

import { assert, assertEquals } from "@std/assert";
import type { NssContext } from "../../pkcs11/context/context.ts";
import type { StoreFault } from "../../ssl/base/session_store.ts";
import { configClientSessionCache } from "../../ssl/nss/client_session_cache.ts";
import { getStatistics } from "../../ssl/nss/get_statistics.ts";
import { MemorySessionStore } from "../../ssl/session/memory_store.ts";
import { SealedRows } from "../../ssl/session/sealed_rows.ts";
import { newContext, resumes, SECRET, servers, VERSIONS } from "./_shared_sessions.ts";
import { RawTls12Client } from "./_raw_tls12_client.ts";
import { HOSTNAME, PKI, serverOptions, socketOver } from "./_support.ts";
import { memoryPair } from "../support/memory_pair.ts";

const LONG = 60_000;

/** What others put into the place of a row. */
const POISONS: Readonly<
  Record<string, (rows: SealedRows, store: MemorySessionStore, row: string) => Promise<void>>
> = {
  "garbage": async (rows, store, row) =>
    store.put(await rows.nameOf(row), crypto.getRandomValues(new Uint8Array(100)), LONG),
  "a row of another secret": async (rows, store, row) => {
    const others = new SealedRows(store, new Uint8Array(32).fill(2));
    await others.put(row, new Uint8Array(100), LONG);
    const name = await others.nameOf(row);
    store.put(await rows.nameOf(row), store.get(name)!, LONG);
  },
  "a row of a newer version": (rows, _, row) => rows.put(row, new Uint8Array(40).fill(255), LONG),
  "a giant": async (rows, store, row) =>
    store.put(await rows.nameOf(row), new Uint8Array(2 ** 20), LONG),
};

/** A process whose store has one row of each kind, and what it was told. */
function setUp() {
  const store = new MemorySessionStore();
  const rows = new SealedRows(store, SECRET);
  const faults: StoreFault[] = [];
  const start = async (): Promise<NssContext> => {
    const [context] = await servers(1, store, {
      singleUse: true,
      maxTickets: 1,
      maxCacheEntries: 1,
      revocationLag: 10,
      onStoreFault: (fault) => void faults.push(fault),
    });
    return context!;
  };
  return { store, rows, faults, start };
}

type SetUp = ReturnType<typeof setUp>;

async function visitById(context: NssContext): Promise<(again: NssContext) => Promise<boolean>> {
  const meet = async <T>(server: NssContext, run: (client: RawTls12Client) => Promise<T>) => {
    const [near, far] = memoryPair();
    const options = serverOptions({ context: server, versions: VERSIONS[1]!, closeTimeout: 1 });
    await using socket = socketOver(far, options);
    const shaking = socket.handshake().catch(() => {});
    const done = await run(new RawTls12Client(near));
    near[Symbol.dispose]();
    await shaking;
    return done;
  };
  const session = await meet(context, (client) => client.handshake());
  return (again) => meet(again, (client) => client.isRefused(session));
}

/** Does what reads a row of a kind that others have written; each returns whether it resumed. */
const READERS: Readonly<
  Record<string, (one: SetUp, poison: (row: string) => Promise<void>) => Promise<boolean>>
> = {
  "the ring of ticket keys": async ({ start }, poison) => {
    const client = newContext();
    await resumes(client, await start());
    await poison("ticket keys 172800 86400");
    return await resumes(client, await start());
  },
  "whose turn it is": async ({ start }, poison) => {
    const client = newContext();
    await poison("ticket keys' turn 172800 86400");
    return await resumes(client, await start());
  },
  "what is forgotten": async ({ start }, poison) => {
    const client = newContext();
    const options = {
      client: { certificates: [PKI.client.credential] },
      server: { clientAuth: "request" },
    } as const;
    await resumes(client, await start(), options);
    await poison("forgotten");
    return await resumes(client, await start(), options);
  },
  "a session by ID": async ({ start }, poison) => {
    const offer = await visitById(await start());
    await poison("session 0");
    return !await offer(await start());
  },
};

for (const [kind, read] of Object.entries(READERS)) {
  for (const [what, write] of Object.entries(POISONS)) {
    Deno.test(`unreadable rows: ${what} in place of ${kind} gives no session, and is counted and told`, async () => {
      const one = setUp();
      const contexts: NssContext[] = [];
      const start = async () => {
        const context = await one.start();
        contexts.push(context);
        return context;
      };
      const poison = (row: string) => write(one.rows, one.store, row);
      assertEquals(await read({ ...one, start }, poison), false);
      const counts = contexts.map((context) => getStatistics({ context }));
      const unreadable = counts.reduce((sum, { unreadableRows }) => sum + unreadableRows, 0);
      assert(unreadable > 0);
      assertEquals(one.faults.map(({ reason }) => reason), one.faults.map(() => "unreadable"));
      assertEquals(one.faults.length, unreadable);
      assertEquals(counts.map(({ storeFailures }) => storeFailures), contexts.map(() => 0));
    });
  }
}

Deno.test("unreadable rows: what is no entry gives no session, and is counted and told; another entry is none", async () => {
  const { store, rows, faults, start } = setUp();
  const server = await start();
  for (const [length, count] of [[15, 1], [16, 0], [17, 1], [2 ** 20, 1]] as const) {
    faults.length = 0;
    const client = newContext();
    await resumes(client, server);
    store.put(await rows.nameOf("once-0"), new Uint8Array(length), LONG);
    assertEquals(await resumes(client, server), false);
    // The client has offered one of its tickets
    assertEquals(faults.map(({ reason }) => reason), count === 1 ? ["unreadable"] : []);
  }
});

Deno.test("unreadable rows: a client's sessions and their generation that others have written give none, and are counted", async () => {
  for (const write of Object.values(POISONS)) {
    const store = new MemorySessionStore();
    const seen = new Set<string>();
    const watched = {
      get: (name: string) => store.get(name),
      put: (...row: Parameters<MemorySessionStore["put"]>) => store.put(...row),
      replace: (...row: Parameters<MemorySessionStore["replace"]>) => {
        seen.add(row[0]);
        return store.replace(...row);
      },
      epoch: () => store.epoch(),
    };
    const rows = new SealedRows(store, SECRET);
    const generation = await rows.nameOf("client sessions");
    const clientOf = () => {
      const context = newContext();
      configClientSessionCache({ context, store: watched, secret: SECRET });
      return context;
    };
    const server = newContext();
    await resumes(clientOf(), server);
    const client = clientOf();
    await write(rows, store, "client sessions");
    assertEquals(await resumes(client, server), false);
    assertEquals(getStatistics({ context: client }).unreadableRows, 1);
    // The row of the sessions has a name that depends on the generation
    seen.delete(generation);
    for (const name of seen) store.put(name, crypto.getRandomValues(new Uint8Array(100)), LONG);
    const next = clientOf();
    assertEquals(await resumes(next, server), false);
    assert(getStatistics({ context: next }).unreadableRows > 0);
    assertEquals(getStatistics({ context: next }).storeFailures, 0);
  }
});

Deno.test("unreadable rows: a token in an application's cache that cannot be decoded does not make the cache rest", async () => {
  const context = newContext();
  configClientSessionCache({
    context,
    cache: {
      take: () => ({ token: new TextEncoder().encode(HOSTNAME), expiresAt: Date.now() + LONG }),
      put: () => {},
      delete: () => {},
      clear: () => {},
    },
  });
  const server = newContext();
  const visits = await Promise.all(Array.from({ length: 6 }, () => resumes(context, server)));
  assertEquals(visits.includes(true), false);
  const { unreadableRows, storeFailures, storeRefusals } = getStatistics({ context });
  assertEquals([unreadableRows, storeFailures, storeRefusals], [6, 0, 0]);
});
