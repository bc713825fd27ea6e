// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `NSS_SOAK=1` (`deno task soak`) has more clients and longer failures.

import { assert, assertEquals, assertGreater } from "@std/assert";
import { RedisServer, redisVersion } from "../support/redis.ts";
import { note, skip } from "../support/skip.ts";
import { Clients, type Tally } from "./_clients.ts";
import { sumOf } from "./_engine.ts";
import { openServers, type Servers } from "./_servers.ts";

const soak = Deno.env.get("NSS_SOAK") === "1";
const PROCESSES = 4;
/** Those who stay, and those who come again and again. */
const [STAYING, COMING] = soak ? [500, 500] : [12, 12];
/** For how long each failure lasts, in milliseconds. */
const OUTAGE = soak ? 10_000 : 1000;
const HOUR = 60 * 60 * 1000;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What living processes may not have done: to refuse a handshake, or to lose a connection. */
async function assertServed(servers: Servers, tally: Tally, victims: readonly number[]) {
  const states = await servers.states();
  assertEquals(states.map(({ failures }) => failures), states.map(() => ({})));
  assertEquals(tally.lost.filter(({ by }) => !victims.includes(by)), []);
  return states;
}

/** With single use each handshake asks the store, and those that cannot are full ones. */
async function failByTurns(singleUse: boolean): Promise<void> {
  await using redis = await RedisServer.start();
  await using servers = await openServers({ redis, limits: { singleUse } });
  await servers.startAll(PROCESSES);
  const victim = servers.running[1]!;
  const late = await servers.start(-HOUR);
  const early = await servers.start(HOUR);
  await using staying = new Clients(STAYING, servers.port, servers.certificate);
  await using coming = new Clients(COMING, servers.port, servers.certificate);
  await staying.each((client) => client.connect());
  const over = Promise.withResolvers<void>();
  const reconnecting = coming.reconnectUntil(over.promise);
  const told: string[] = [];
  const { tally } = coming;

  /** A failure lasts until all have come again, and for its time. */
  const comeAgain = async (): Promise<void> => {
    const before = tally.eligible;
    await pause(OUTAGE);
    for (let waits = 0; tally.eligible < before + COMING; waits++) {
      assert(waits < 600, "nobody comes any more");
      await pause(100);
    }
  };

  /** What comes of clients while something fails. */
  const during = async (what: string, fail: () => Promise<void>): Promise<void> => {
    const before = { eligible: tally.eligible, resumed: tally.resumed };
    await fail();
    await staying.talk();
    const [eligible, resumed] = [tally.eligible - before.eligible, tally.resumed - before.resumed];
    told.push(`${what}: ${resumed} of ${eligible} resumed`);
  };

  try {
    await during("all well, two clocks an hour off", comeAgain);
    await during("a process killed", async () => {
      await servers.kill(victim);
      await comeAgain();
    });
    const refused = tally.refused.length; // by the process that was killed, and by nobody after it
    await during("Redis stopped", async () => {
      Deno.kill(redis.pid, "SIGSTOP");
      try {
        await comeAgain();
      } finally {
        Deno.kill(redis.pid, "SIGCONT");
      }
    });
    await during("Redis killed and started again, empty", async () => {
      await redis.restart("SIGKILL");
      await comeAgain();
    });
    // It finds no ticket keys, and makes some, unless the others have put theirs back before
    await during("a process that starts after that", async () => {
      await servers.start();
      await comeAgain();
    });
    assertEquals(tally.refused.slice(refused), []);
  } finally {
    over.resolve();
    await reconnecting;
  }
  const states = await assertServed(servers, staying.tally, [victim]);
  await assertServed(servers, tally, [victim]);
  const { failures } = sumOf(states.map(({ store }) => store));
  note(
    [
      `${
        singleUse ? "single use: " : ""
      }${PROCESSES} processes and 2 with wrong clocks, ${STAYING} clients that stay, ${COMING} that come again:`,
      ...told,
      `${tally.refused.length} refused and ${staying.tally.lost.length} lost by the process that was killed`,
      `${failures} failures of the store`,
    ].join("\n  "),
  );
  // Of a sample's few, each that came while a process was killed counts much
  if (!singleUse) assertGreater(tally.share, soak ? 0.99 : 0.9);
  // Those with the wrong clocks take part as the others do
  for (const index of [late, early]) assertGreater((await servers.state(index)).resumed, 0);
}

async function rotateEachSecond(): Promise<void> {
  await using redis = await RedisServer.start();
  const limits = { ticketLifetime: 60, ticketKeyRotation: 1 };
  await using servers = await openServers({ redis, limits });
  await servers.startAll(PROCESSES);
  await using clients = new Clients(COMING, servers.port, servers.certificate);
  await clients.each((client) => client.connect());
  const seconds = soak ? 60 : 5;
  await clients.reconnectUntil(pause(seconds * 1000));
  const { tally } = clients;
  const states = await assertServed(servers, tally, []);
  const { operations } = sumOf(states.map(({ store }) => store));
  note(
    `ticket keys rotated each second for ${seconds} s: ${tally.resumed} of ${tally.eligible} ` +
      `resumed; the store was asked ${JSON.stringify(operations)}`,
  );
  assertEquals([tally.refused, tally.eligible - tally.resumed], [[], 0]);
  assertGreater(tally.eligible, COMING);
  assertGreater(operations.replace, seconds, "the keys were not rotated");
}

const IN_FAILURES = (how: string) =>
  `processes that share sessions by Redis lose no connection and refuse no handshake while one of them is killed, Redis is stopped, killed and started again, and two clocks are an hour off: ${how}`;
const IN_ROTATION =
  "processes that share sessions by Redis: with ticket keys rotated each second, all who come again resume";

const version = await redisVersion();
if (version.ok) {
  Deno.test(IN_FAILURES("tickets"), () => failByTurns(false));
  Deno.test(IN_FAILURES("single use"), () => failByTurns(true));
  Deno.test(IN_ROTATION, rotateEachSecond);
} else {
  skip(IN_FAILURES("tickets"), version.reason);
  skip(IN_FAILURES("single use"), version.reason);
  skip(IN_ROTATION, version.reason);
}
