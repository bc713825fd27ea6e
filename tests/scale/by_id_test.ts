// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `NSS_SOAK=1` (`deno task soak`) has 500 clients, otherwise a sample of them.

import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { RawTls12Client } from "../ssl/_raw_tls12_client.ts";
import { RedisServer, redisVersion } from "../support/redis.ts";
import { note, skip } from "../support/skip.ts";
import { sumOf } from "./_engine.ts";
import { openServers } from "./_servers.ts";

const PROCESSES = 4;
const CLIENTS = Deno.env.get("NSS_SOAK") === "1" ? 500 : 24;
/** How many shake hands at once. */
const AT_ONCE = 8;
/** So many that two sessions rarely meet in one place. */
const PLACES = 2 ** 20;
const CLOSE_NOTIFY = Uint8Array.of(1, 0);

/** Clients without tickets begin in each process in turn, and go on in the next two. */
async function visitAll(redis?: RedisServer): Promise<void> {
  await using servers = await openServers({
    ...(redis && { redis }),
    limits: { maxCacheEntries: PLACES },
    ownPorts: true,
  });
  await servers.startAll(PROCESSES);
  const ports = await Promise.all(servers.running.map((index) => servers.portOf(index)));
  const meet = async <T>(place: number, shake: (client: RawTls12Client) => Promise<T>) => {
    using conn = await Deno.connect({
      hostname: "127.0.0.1",
      port: ports[place % PROCESSES]!,
    });
    const client = new RawTls12Client(conn);
    const done = await shake(client);
    await client.send(ContentType.alert, CLOSE_NOTIFY);
    await conn.read(new Uint8Array(100)); // its close_notify
    return done;
  };
  const numbers = Array.from({ length: CLIENTS }, (_, i) => i).values();
  const visit = async (): Promise<void> => {
    for (const i of numbers) {
      const session = await meet(i, (client) => client.handshake());
      for (const later of [1, 2]) {
        await meet(i + later, (client) => client.resume(session)).catch((error) => {
          misses.push(error);
        });
      }
    }
  };
  const misses: unknown[] = [];
  const started = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, visit));
  const seconds = (performance.now() - started) / 1000;
  const states = await servers.states();
  const resumed = states.reduce((sum, state) => sum + state.resumed, 0);
  const { operations } = sumOf(states.map(({ store }) => store));
  const failures = states.reduce((sum, { statistics }) => sum + statistics.storeFailures, 0);
  note(
    `sessions by ID, ${PROCESSES} processes, ${CLIENTS} clients, ${redis ? "Redis" : "Deno KV"}: ` +
      `${resumed} of ${2 * CLIENTS} resumed, each in another process; ` +
      `${Math.round(3 * CLIENTS / seconds)} handshakes/s, the store was asked ` +
      `${JSON.stringify(operations)}, ${failures} failures`,
  );
  assertEquals([misses.length, failures], [2 * CLIENTS - resumed, 0]);
  assertGreaterOrEqual(resumed, 0.99 * 2 * CLIENTS);
  assertEquals(operations.put, CLIENTS);
  assertEquals(states.filter((state) => state.resumed === 0), []);
}

const TITLE = (engine: string) =>
  `${PROCESSES} processes that share sessions by ${engine}: at least 99 % of the sessions by ID resume in other processes than theirs`;

Deno.test(TITLE("Deno KV"), () => visitAll());

const redis = await redisVersion();
if (!redis.ok) skip(TITLE("Redis"), redis.reason);
else {
  Deno.test(TITLE("Redis"), async () => {
    await using server = await RedisServer.start();
    await visitAll(server);
  });
}
