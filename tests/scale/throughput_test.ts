// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `NSS_SOAK=1` (`deno task soak`) measures for longer. The clients run on the same processors as
// the servers, so that more processes than free processors shake hands no faster: what a handshake
// takes of a processor is what can be carried to another machine.

import { assertEquals, assertGreater } from "@std/assert";
import { RedisServer, redisVersion } from "../support/redis.ts";
import { note, skip } from "../support/skip.ts";
import { Clients } from "./_clients.ts";
import { sumOf } from "./_engine.ts";
import { openServers, processorTime } from "./_servers.ts";

const soak = Deno.env.get("NSS_SOAK") === "1";
const COUNTS = soak ? [1, 2, 4] : [1, 2];
const SECONDS = soak ? 30 : 2;
const CLIENTS = 48;

/** One run, in which each handshake of a client that comes again is a resumption, once. */
async function measure(processes: number): Promise<string> {
  await using redis = await RedisServer.start();
  await using servers = await openServers({ redis, limits: { singleUse: true } });
  await servers.startAll(processes);
  await using clients = new Clients(CLIENTS, servers.port, servers.certificate);
  await clients.reconnect(); // code is compiled, keys are read
  const work = () => servers.running.reduce((sum, one) => sum + servers.processorTime(one), 0);
  const look = async () => ({
    time: performance.now(),
    handshakes: clients.tally.first + clients.tally.eligible,
    work: work(),
    store: processorTime(redis.pid),
    use: sumOf((await servers.states()).map(({ store }) => store)),
  });
  const before = await look();
  await clients.reconnectUntil(new Promise((go) => setTimeout(go, 1000 * SECONDS)));
  const after = await look();
  assertEquals([clients.tally.refused, clients.tally.lost], [[], []]);
  const count = after.handshakes - before.handshakes;
  assertGreater(count, 0);
  const seconds = (after.time - before.time) / 1000;
  const worked = 1000 * (after.work - before.work) / count;
  const stored = 1000 * (after.store - before.store) / count;
  const waited = (after.use.waited - before.use.waited) / count;
  const cores = navigator.hardwareConcurrency;
  return `${processes} ${processes === 1 ? "process" : "processes"}, ${cores} processors: ` +
    `${Math.round(count / seconds)} handshakes/s; a handshake takes ${worked.toFixed(2)} ms of a ` +
    `server's processor and ${stored.toFixed(2)} ms of Redis's ` +
    `(${(100 * stored / (worked + stored)).toFixed(1)} %), and its 4 questions wait ` +
    `${waited.toFixed(2)} ms in all`;
}

const TITLE = `handshakes a second of ${COUNTS.join(", ")} processes, and the store's share`;
const version = await redisVersion();
if (!version.ok) skip(TITLE, version.reason);
else {
  Deno.test(TITLE, async () => {
    for (const count of COUNTS) note(await measure(count));
  });
}
