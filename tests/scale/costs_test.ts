// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertMatch } from "@std/assert";
import { withoutLayout } from "../support/generated_page.ts";
import { measure, WAYS } from "./_costs.ts";
import { RedisSessionStore } from "@nss/nss/ssl/session-store";
import { RedisServer, redisVersion } from "../support/redis.ts";
import { note, skip } from "../support/skip.ts";
import { COSTS, type Mode, MODES, type Operation, OPERATIONS, STORE_WORK } from "./_scenario.ts";
import { processorTime } from "./_servers.ts";
import { LENGTHS } from "./_store_model.ts";
import { PAGE, writtenPage } from "./page.ts";

const soak = Deno.env.get("NSS_SOAK") === "1";
const ROWS = soak ? 20_000 : 2000;

/** The way that each mode of the simulation stands for. */
const WAY_OF_MODE: Readonly<Record<Mode, string>> = {
  tickets: "tickets of TLS 1.3",
  once: "tickets with `singleUse`",
  ids: "sessions by ID, of TLS 1.2",
};

/** So many times what is asked. */
function count(operations: readonly Operation[], times: number, more: readonly Operation[] = []) {
  const all = [...Array.from({ length: times }, () => operations).flat(), ...more];
  const counted = OPERATIONS.map((name) => [name, all.filter((one) => one === name).length]);
  return Object.fromEntries(counted);
}

Deno.test("the simulation asks the store for each handshake what real ones ask", async () => {
  for (const mode of MODES) {
    const { full, resumed, bytes } = await measure(WAYS[WAY_OF_MODE[mode]]!);
    const { keep, tickets, find } = COSTS[mode];
    assertEquals(full, count(keep, tickets.full), mode);
    assertEquals(resumed, count(keep, tickets.resumed, find), mode);
    // The epoch of the store in memory is shorter than that of Redis
    const epochs = full.epoch * (LENGTHS.epoch - MEMORY_EPOCH);
    const length = mode === "ids" ? LENGTHS.session : LENGTHS.entry;
    const expected = full.put * (LENGTHS.name + length) +
      full.epoch * (LENGTHS.name + LENGTHS.epoch);
    assertEquals(bytes + epochs, expected, mode);
  }
});

/** The length of the epoch of the store in memory. */
const MEMORY_EPOCH = 32;

Deno.test("early data costs the store as much as single use, when it is allowed", async () => {
  const early = await measure(WAYS["tickets that allow early data"]!);
  const once = await measure(WAYS["tickets with `singleUse`"]!);
  assertEquals(early.full, once.full);
});

Deno.test("docs/scaling.md tells what sessions cost", async () => {
  const page = await Deno.readTextFile(PAGE);
  assertEquals(withoutLayout(page), withoutLayout(await writtenPage(page, soak)));
});

/** What one question for both would cost: it leaves out what `replace` checks. */
const TAKE_AND_EPOCH = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then redis.call('DEL', KEYS[1]) end
local info = redis.call('INFO', 'replication')
return info:match('role:master') and info:match('master_replid:(%x+)')`;

/** What a store asks of Redis: its memory, and its time. */
async function measureRedis(): Promise<void> {
  await using server = await RedisServer.start();
  using client = await server.connect();
  const store = new RedisSessionStore({ command: (_key, args) => client.send(args) });
  const names = Array.from({ length: ROWS }, (_, i) => String(i).padStart(LENGTHS.name, "0"));
  const page = await Deno.readTextFile(PAGE);
  assertEquals((await store.epoch(names[0]!))?.length, LENGTHS.epoch);
  for (
    const [what, length] of [["an entry", LENGTHS.entry], ["a session", LENGTHS.session]] as const
  ) {
    await store.put(names[0]!, new Uint8Array(length), 60_000);
    const used = await client.send(["MEMORY", "USAGE", `nss:{${names[0]}}`]);
    assertMatch(page, new RegExp(`${what} takes\\s+${used}\\s+bytes`));
  }
  const value = new Uint8Array(LENGTHS.entry);
  const runs: Record<Operation, (name: string) => Promise<unknown>> = {
    put: (name) => store.put(name, value, 60_000),
    get: (name) => store.get(name),
    epoch: (name) => store.epoch(name),
    replace: (name) => store.replace(name, value, null, 60_000),
  };
  const both = async (name: string) => {
    await client.send(["EVAL", TAKE_AND_EPOCH, "1", `nss:{${name}}`, "A"]);
  };
  const told: string[] = [];
  for (
    const [what, run] of [
      ...Object.entries(runs),
      ["put again", runs.put],
      ["replace and epoch in one script at best", both],
    ] as const
  ) {
    const before = processorTime(server.pid);
    await Promise.all(names.map(run));
    const work = 1e6 * (processorTime(server.pid) - before) / ROWS;
    told.push(`${what} ${work.toFixed(1)}`);
  }
  note(
    `microseconds of Redis's processor: ${told.join(", ")}; in the simulation ${
      OPERATIONS.map((name) => `${name} ${1000 * STORE_WORK[name]}`).join(", ")
    }`,
  );
}

const IN_REDIS = "docs/scaling.md tells how many bytes of Redis a row takes";
const version = await redisVersion();
if (version.ok) Deno.test(IN_REDIS, measureRedis);
else skip(IN_REDIS, version.reason);
