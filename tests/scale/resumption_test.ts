// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `NSS_SOAK=1` (`deno task soak`) has 2,000 clients, otherwise a sample of them.

import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { RedisServer, redisVersion } from "../support/redis.ts";
import { note, skip } from "../support/skip.ts";
import { Clients } from "./_clients.ts";
import { sumOf } from "./_engine.ts";
import { openServers } from "./_servers.ts";

const soak = Deno.env.get("NSS_SOAK") === "1";
const PROCESSES = 4;
const CLIENTS = soak ? 2000 : 40;
const ROUNDS = soak ? 3 : 2;

interface Visit {
  /** The engine; by default Deno KV in a file. */
  readonly redis?: RedisServer;
  readonly singleUse?: boolean;
}

async function visitAll({ redis, singleUse = false }: Visit = {}): Promise<void> {
  await using servers = await openServers({ ...(redis && { redis }), limits: { singleUse } });
  await servers.startAll(PROCESSES);
  await using clients = new Clients(CLIENTS, servers.port, servers.certificate);
  const started = performance.now();
  await clients.each((client) => client.connect());
  for (let round = 0; round < ROUNDS; round++) await clients.reconnect();
  const seconds = (performance.now() - started) / 1000;
  await clients.talk();
  const { tally } = clients;
  const states = await servers.states();
  const { operations } = sumOf(states.map(({ store }) => store));
  const failures = states.reduce((sum, { statistics }) => sum + statistics.storeFailures, 0);
  note(
    `${PROCESSES} processes, ${CLIENTS} clients, ${redis ? "Redis" : "Deno KV"}` +
      `${singleUse ? ", single use" : ""}: ` +
      `${tally.resumed} of ${tally.eligible} resumed, ${tally.elsewhere} of them in another ` +
      `process; ${Math.round(CLIENTS * (1 + ROUNDS) / seconds)} handshakes/s, ` +
      `the store was asked ${JSON.stringify(operations)}, ${failures} failures`,
  );
  assertEquals([tally.refused, tally.lost], [[], []]);
  assertEquals(states.map((state) => state.failures), states.map(() => ({})));
  assertEquals([tally.first, tally.eligible], [CLIENTS, CLIENTS * ROUNDS]);
  assertEquals(failures, 0);
  assertGreaterOrEqual(tally.share, 0.99);
  // All take part, so that most come to another process than before
  assertEquals(states.filter(({ handshakes }) => handshakes === 0), []);
  assertGreaterOrEqual(tally.elsewhere, tally.eligible / 2);
}

const TITLE = (engine: string) =>
  `${PROCESSES} processes that share sessions by ${engine}: at least 99 % of those who come again resume, whichever process answers`;

Deno.test(TITLE("Deno KV"), () => visitAll());

Deno.test("processes that write to one file of Deno KV wait for its lock for as long as the file is tried again: single use resumes, and no store fails", () =>
  visitAll({ singleUse: true }));

const redis = await redisVersion();
if (!redis.ok) skip(TITLE("Redis"), redis.reason);
else {
  Deno.test(TITLE("Redis"), async () => {
    await using server = await RedisServer.start();
    await visitAll({ redis: server });
  });
}
