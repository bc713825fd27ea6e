// Copyright 2026 the NSS for Deno authors. MIT license.

/** How long a handshake waits, in all, for stores; the clock goes on by hand. @module */

import { assertEquals } from "@std/assert";
import { configClientSessionCache } from "../../ssl/nss/client_session_cache.ts";
import type { MPServerSessionCacheOptions } from "../../ssl/nss/config_mp_server_sid_cache.ts";
import type { CachedSession } from "../../ssl/base/session_cache.ts";
import type { SessionStore } from "../../ssl/base/session_store.ts";
import { attempt, setStorePolicy, STORE_TIMEOUT, StoreWait } from "../../ssl/session/attempt.ts";
import { attemptTogether } from "../../ssl/session/attempt_together.ts";
import { MemorySessionStore } from "../../ssl/session/memory_store.ts";
import { countersOf } from "../../ssl/session/statistics.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { withTimeByHand } from "../support/without_time.ts";
import { newContext, resumes, servers, VERSIONS } from "./_shared_sessions.ts";
import { RawTls12Client } from "./_raw_tls12_client.ts";
import { join, PKI, serverOptions, session, shake, socketOver } from "./_support.ts";

const TIMEOUT = 40;

function counted(timeout: number) {
  const counters = countersOf(newContext());
  setStorePolicy(counters, { timeout });
  return counters;
}

Deno.test("attempt(): a call that begins within storeTimeout is made, and one that begins at its end is not", async () => {
  await withTimeByHand(async (advance) => {
    for (const [waited, isMade] of [[TIMEOUT - 1, true], [TIMEOUT, false]] as const) {
      const counters = counted(TIMEOUT);
      const wait = new StoreWait();
      await attempt({}, counters, () => advance(waited), wait);
      let calls = 0;
      assertEquals(await attempt({}, counters, () => ++calls, wait), isMade ? 1 : null);
      const { storeFailures, storeRefusals } = counters;
      assertEquals([calls, storeFailures, storeRefusals], isMade ? [1, 0, 0] : [0, 0, 1]);
    }
  });
  assertEquals(STORE_TIMEOUT, 500);
});

Deno.test("attempt(): a call that does not end has what earlier ones have left of storeTimeout", async () => {
  const counters = counted(TIMEOUT);
  const wait = new StoreWait();
  const never = () => new Promise<void>(() => {});
  await withTimeByHand(async (advance) => {
    await attempt({}, counters, () => advance(TIMEOUT - 1), wait);
    assertEquals(await attempt({}, counters, never, wait), null);
  });
  assertEquals([counters.storeFailures, counters.storeRefusals], [1, 0]);
});

Deno.test("attempt(): calls at the same time count once", async () => {
  await withTimeByHand(async (advance) => {
    const counters = counted(TIMEOUT);
    const wait = new StoreWait();
    const answers = [1, 2, 3].map(() => Promise.withResolvers<void>());
    const calls = answers.map(({ promise }) => attempt({}, counters, () => promise, wait));
    for (const [i, { resolve }] of answers.entries()) {
      advance(TIMEOUT / 4);
      resolve();
      await calls[i];
    }
    assertEquals(wait.until(performance.now()), TIMEOUT * 3 / 4);
    advance(TIMEOUT); // nobody waits
    assertEquals(wait.until(performance.now()), TIMEOUT * 3 / 4);
  });
});

Deno.test("attemptTogether(): whose time is over leaves the others waiting, and the store has not failed", async () => {
  await withTimeByHand(async (advance) => {
    const counters = counted(TIMEOUT);
    const answer = Promise.withResolvers<number>();
    const [old, fresh] = [new StoreWait(), new StoreWait()];
    await attempt({}, counters, () => advance(TIMEOUT - 1), old);
    const waiting = attemptTogether(counters, () => answer.promise, fresh);
    assertEquals(await attemptTogether(counters, () => answer.promise, old), null);
    answer.resolve(5);
    assertEquals(await waiting, 5);
    const over = new StoreWait();
    await attempt({}, counters, () => advance(TIMEOUT), over);
    let joins = 0;
    const join = () => Promise.resolve(++joins);
    assertEquals([await attemptTogether(counters, join, over), joins], [null, 0]);
    assertEquals([counters.storeFailures, counters.storeRefusals], [0, 2]);
  });
});

/** The time in milliseconds that each call takes by the clock, and none in truth. */
const STEP = 1000;
/** What is left for one more question, whose timer is that of the machine. */
const MORE = STEP / 2;

/** A store of which each call takes its time, and is noted. */
function slowStore(advance: (milliseconds: number) => void) {
  const memory = new MemorySessionStore();
  const calls: string[] = [];
  const note = <T>(name: string, answer: T): T => {
    calls.push(name);
    advance(STEP);
    return answer;
  };
  const store: SessionStore = {
    get: (name) => note("get", memory.get(name)),
    put: (...row) => note("put", memory.put(...row)),
    replace: (...row) => note("replace", memory.replace(...row)),
    epoch: () => note("epoch", memory.epoch()),
  };
  return { store, calls };
}

type Calls = readonly string[];

/** Does something with a server whose store takes its time; returns what the store was asked. */
async function askedBy(
  storeTimeout: number,
  run: (servers: readonly [first: Server, second: Server]) => Promise<void>,
): Promise<Calls> {
  return await withTimeByHand(async (advance) => {
    const { store, calls } = slowStore(advance);
    const options: MPServerSessionCacheOptions = { singleUse: true };
    const [first] = await servers(1, store, { ...options, storeTimeout: 10 * STEP });
    const [second] = await servers(1, store, { ...options, storeTimeout });
    await run([first!, second!].map((context) => ({ context, calls })) as [Server, Server]);
    return calls;
  });
}

interface Server {
  readonly context: ReturnType<typeof newContext>;
  readonly calls: string[];
}

const ENTRY = ["epoch", "put"];
const LIST = ["get", "epoch"];
const RING = ["get", "get", "replace", "replace"];

/** A client by ID connects, or offers its session, which may be refused. */
async function visitById({ context }: Server, offered?: KnownSession): Promise<KnownSession> {
  const [near, far] = memoryPair();
  const options = serverOptions({ context, versions: VERSIONS[1]!, closeTimeout: 1 });
  await using socket = socketOver(far, options);
  const shaking = socket.handshake().catch(() => {}); // one that offers is not completed
  const client = new RawTls12Client(near);
  const session = offered ?? await client.handshake();
  if (offered === undefined) await shaking;
  else await client.isRefused(offered);
  near[Symbol.dispose]();
  await shaking;
  return session;
}

type KnownSession = Awaited<ReturnType<RawTls12Client["handshake"]>>;

Deno.test("storeTimeout covers the keys of tickets, entries, what is forgotten and sessions by ID, and what begins at its end is not asked (TLSv1.2)", async () => {
  const versions = VERSIONS[1]!;
  const byTicket = (timeout: number) =>
    askedBy(timeout, async ([, server]) => {
      await session({
        client: { context: newContext(), versions },
        server: { context: server.context, versions },
      });
    });
  assertEquals(await byTicket(2 * STEP), ENTRY);
  assertEquals(await byTicket(2 * STEP + MORE), [...ENTRY, ...RING]);

  const byId = (timeout: number) =>
    askedBy(timeout, async ([, server]) => void await visitById(server));
  assertEquals(await byId(2 * STEP), ENTRY);
  assertEquals(await byId(2 * STEP + MORE), [...ENTRY, "put"]);

  const again = (timeout: number) =>
    askedBy(timeout, async ([first, second]) => {
      const session = await visitById(first);
      second.calls.splice(0);
      await visitById(second, session);
    });
  assertEquals(await again(STEP), ["get"]);
  assertEquals(await again(STEP + MORE), ["get", ...LIST]);
  assertEquals(await again(3 * STEP + MORE), ["get", ...LIST, "replace", "epoch"]);
});

Deno.test("storeTimeout covers the keys of tickets, entries and what is forgotten, and what begins at its end is not asked (TLSv1.3)", async () => {
  const versions = VERSIONS[0]!;
  const full = (timeout: number) =>
    askedBy(timeout, async ([, server]) => {
      await session({
        client: { context: newContext(), versions, certificates: [PKI.client.credential] },
        server: { context: server.context, versions, clientAuth: "request" },
      });
    });
  assertEquals(await full(2 * STEP), LIST);
  const entries = [...LIST, ...ENTRY, ...ENTRY].toSorted();
  assertEquals((await full(2 * STEP + MORE)).toSorted(), entries);
  assertEquals((await full(9 * STEP)).toSorted(), [...entries, ...RING].toSorted());

  const again = (timeout: number) =>
    askedBy(timeout, async ([first, second]) => {
      const client = newContext();
      await resumes(client, first.context);
      second.calls.splice(0);
      await resumes(client, second.context);
    });
  // The keys, then what is forgotten, then the entry, each if there is time
  assertEquals(await again(STEP), ["get"]);
  assertEquals(await again(STEP + MORE), ["get", ...LIST]);
  assertEquals((await again(3 * STEP + MORE)).slice(0, 5), ["get", ...LIST, "replace", "epoch"]);
});

Deno.test("storeTimeout covers the cache of a client", async () => {
  for (const [step, puts] of [[STORE_TIMEOUT, 0], [STORE_TIMEOUT - 1, 1]] as const) {
    const calls = await withTimeByHand(async (advance) => {
      const calls: string[] = [];
      const context = newContext();
      configClientSessionCache({
        context,
        cache: {
          take: () => {
            calls.push("take");
            advance(step);
            return undefined;
          },
          put: (_key: string, _session: CachedSession) => {
            calls.push("put");
            advance(step);
          },
          delete: () => {},
          clear: () => {},
        },
      });
      await using joined = join({ client: { context }, server: { context: newContext() } });
      await shake(joined);
      await joined.server.write(new Uint8Array(1));
      await joined.client.read(new Uint8Array(1));
      return calls;
    });
    assertEquals(calls, ["take", ...Array.from({ length: puts }, () => "put")]);
  }
});

Deno.test("attempt(): answers that lie unread while the process is busy are no failures of the store", async () => {
  const code = "onmessage = ({ data }) => postMessage(data)";
  const worker = new Worker(`data:application/javascript,${code}`, { type: "module" });
  try {
    const ask = () =>
      new Promise<void>((resolve) => {
        worker.onmessage = () => resolve();
        worker.postMessage(1);
      });
    await ask();
    const timeout = 5 * TIMEOUT; // the other thread waits for a processor, too
    const counters = counted(timeout);
    const store = {};
    for (let i = 0; i < 3; i++) {
      const asking = attempt(store, counters, async () => {
        await ask();
        await ask();
      });
      for (const until = performance.now() + 1.5 * timeout; performance.now() < until;) {
        /* busy */
      }
      await asking;
    }
    assertEquals([counters.storeFailures, counters.storeRefusals], [0, 0]);
  } finally {
    worker.terminate();
  }
});
