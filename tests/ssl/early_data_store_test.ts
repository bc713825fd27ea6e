// Copyright 2026 the NSS for Deno authors. MIT license.

/** Early data at servers that share their sessions in a store (RFC 8446, Section 8). @module */

import { assertEquals } from "@std/assert";
import type { NssContext } from "../../pkcs11/context/context.ts";
import type { AntiReplayContext } from "../../ssl/base/anti_replay.ts";
import type { SessionStore } from "../../ssl/base/session_store.ts";
import {
  createAntiReplayContext,
  setAntiReplayContext,
  writeEarlyData,
} from "../../ssl/nss/early_data.ts";
import { getStatistics } from "../../ssl/nss/get_statistics.ts";
import { MemorySessionStore } from "../../ssl/session/memory_store.ts";
import { RedisServer, redisVersion } from "../support/redis.ts";
import {
  acceptedOnce,
  captureFlight,
  replay,
  startEarlyServer,
  visit as visitProcess,
} from "./_early_fleet.ts";
import { skip } from "../support/skip.ts";
import { REQUEST } from "./_early_data.ts";
import { join, ping, shake } from "./_support.ts";
import { newContext, servers } from "./_shared_sessions.ts";

/** One connection; what became of its early data. */
async function send(
  client: NssContext,
  server: NssContext,
  antiReplay: AntiReplayContext | null = null,
): Promise<string> {
  await using joined = join({
    client: { context: client },
    server: { context: server, maxEarlyData: 1000 },
  });
  setAntiReplayContext(joined.server, antiReplay);
  const [{ outcome }] = await Promise.all([
    writeEarlyData(joined.client, REQUEST),
    joined.server.handshake(),
  ]);
  return outcome;
}

async function visit(
  client: NssContext,
  server: NssContext,
  antiReplay: AntiReplayContext | null = null,
) {
  await using joined = join({
    client: { context: client },
    server: { context: server, maxEarlyData: 1000 },
  });
  setAntiReplayContext(joined.server, antiReplay);
  await shake(joined);
  await ping(joined);
}

Deno.test("servers that share their sessions in a store take early data with each other's tickets", async () => {
  const [one, two] = await servers(2, new MemorySessionStore());
  const client = newContext();
  await visit(client, one!);
  assertEquals(await send(client, two!), "accepted");
  assertEquals(await send(client, one!), "accepted"); // the other ticket of the full handshake
  assertEquals(getStatistics({ context: one! }).cacheUnavailable, 0);
});

Deno.test("createAntiReplayContext() keeps entries in a session store, which servers with the same ticket keys share", async () => {
  const store = new MemorySessionStore();
  const [one, two] = await servers(2, new MemorySessionStore());
  const client = newContext();
  const shared = [1, 2].map(() => createAntiReplayContext({ store }));
  await visit(client, one!, shared[0]!);
  assertEquals(await send(client, two!, shared[1]!), "accepted");
  const elsewhere = createAntiReplayContext({ store: new MemorySessionStore() });
  assertEquals(await send(client, two!, elsewhere), "refused");
  // Fewer rows than the others is another place
  await visit(client, one!, shared[0]!);
  const fewer = createAntiReplayContext({ store, maxTickets: 1 });
  assertEquals(await send(client, two!, fewer), "refused");
  // and an entry of a store with epochs is none of an application's store without
  await visit(client, one!, shared[0]!);
  const lax = createAntiReplayContext({ store: { put: () => {}, take: () => true } });
  assertEquals(await send(client, two!, lax), "refused");
});

Deno.test("early data with a ticket from before the store was set back is refused, and the session resumed", async () => {
  let epoch: string | null = "one";
  const store: SessionStore = Object.assign(new MemorySessionStore(), { epoch: () => epoch });
  const [server] = await servers(1, store);
  for (const next of ["two", null, "x".repeat(101), "three"]) {
    const client = newContext();
    await visit(client, server!);
    const before: string | null = epoch;
    epoch = next;
    assertEquals(await send(client, server!), before === null ? "not-allowed" : "refused");
    if (next === "x".repeat(101)) epoch = null; // what is no epoch allows nothing
  }
});

const found = await redisVersion();

/** Registers a test of processes that share a Redis. */
function testRedis(title: string, run: () => Promise<void>): void {
  if (!found.ok) return skip(title, `${found.reason} (redis-server)`);
  Deno.test(title, run);
}

testRedis(
  "a captured first flight that is sent to four processes at once is accepted by one",
  async () => {
    await using redis = await RedisServer.start();
    await using stack = new AsyncDisposableStack();
    const starting = [1, 2, 3, 4].map(() => startEarlyServer(redis.path));
    const all = (await Promise.all(starting)).map((server) => stack.use(server));
    await acceptedOnce(all, 6);
  },
);

testRedis(
  "a captured first flight is accepted by nobody after Redis has restored taken entries from its snapshot",
  async () => {
    await using redis = await RedisServer.start();
    await using stack = new AsyncDisposableStack();
    const starting = [1, 2].map(() => startEarlyServer(redis.path));
    const all = (await Promise.all(starting)).map((server) => stack.use(server));
    const [taken, spare] = await Promise.all((await visitProcess(all[0]!)).map(captureFlight));
    const ask = async (...args: string[]) => {
      using connection = await redis.connect();
      return await connection.send(args);
    };
    await ask("SAVE");
    const size = await ask("DBSIZE");
    const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
    assertEquals(total(await replay(taken!, all)), REQUEST.length);
    await redis.restart("SIGKILL");
    assertEquals(await ask("DBSIZE"), size); // the entry is there again
    for (const flight of [taken!, spare!]) assertEquals(await replay(flight, all), [0, 0]);
    // and not because the store was not reached: tickets of since then are good
    await acceptedOnce(all, 4);
    for (const flight of [taken!, spare!]) assertEquals(await replay(flight, all), [0, 0]);
  },
);

testRedis(
  "a captured first flight is refused where clocks are off, by the window on the ticket's age, and takes no entry",
  async () => {
    await using redis = await RedisServer.start();
    const window = 10_000;
    await using right = await startEarlyServer(redis.path);
    await using ahead = await startEarlyServer(redis.path, window + 5000);
    await using behind = await startEarlyServer(redis.path, -window - 5000);
    const [token] = await visitProcess(right);
    const flight = await captureFlight(token!);
    assertEquals(await replay(flight, [ahead, behind]), [0, 0]);
    assertEquals(await replay(flight, [right]), [REQUEST.length]);
  },
);
