// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { MAX_ROW_LENGTH } from "../../../ssl/base/session_store.ts";
import { type RedisCommand, RedisSessionStore } from "../../../ssl/session/store/redis_store.ts";
import { freePort } from "../../examples/_unprivileged.ts";
import { type RedisClient, RedisServer, redisVersion } from "../../support/redis.ts";
import { skip } from "../../support/skip.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const found = await redisVersion();

function testRedis(title: string, fn: (server: RedisServer) => Promise<void>): void {
  if (!found.ok) return skip(title, `${found.reason} (redis-server)`);
  Deno.test(title, async () => {
    await using server = await RedisServer.start();
    await fn(server);
  });
}

testRedis(
  "RedisSessionStore keeps rows as base64url text under prefix:{name}, which expire",
  async (server) => {
    using client = await server.connect();
    const store = new RedisSessionStore({ command: (_, args) => client.send(args), prefix: "p" });
    const all = new Uint8Array(256).map((_, i) => i);
    await store.put("row", all, 60_000);
    assertEquals(await store.get("row"), all);
    assertEquals(
      await client.send(["GET", "p:{row}"]),
      all.toBase64({ alphabet: "base64url", omitPadding: true }),
    );
    const left = Number(await client.send(["PTTL", "p:{row}"]));
    assert(left > 50_000 && left <= 60_000, `${left}`);
    const longest = new Uint8Array(MAX_ROW_LENGTH).fill(255);
    assertEquals(await store.replace("row", all, longest, 60_000), true);
    assertEquals(await store.get("row"), longest);
    assertEquals(await store.replace("row", all, null, 60_000), false);
    assertEquals(await store.replace("row", longest, null, 60_000), true);
    assertEquals(await store.get("row"), undefined);
    const won = await Promise.all([1, 2].map((n) => store.replace("row", null, bytes(n), 60_000)));
    assertEquals(won.toSorted(), [false, true]);
  },
);

testRedis(
  "RedisSessionStore: what others have written under a key is no row, and is replaced",
  async (server) => {
    using client = await server.connect();
    const store = new RedisSessionStore({ command: (_, args) => client.send(args) });
    const key = "nss:{row}";
    const texts = [
      "A",
      "AB",
      "AAF",
      "AQ==",
      "A/8",
      "AQI\n",
      "ö",
      "-",
      "x".repeat(80_001),
      "x".repeat(1 << 20),
    ];
    const garbage = [
      ...texts.map((text) => ["SET", key, text]),
      ["LPUSH", key, "AQI"],
      ["HSET", key, "AQI", "AQI"],
      ["SET", key, ""],
    ];
    for (const command of garbage) {
      await client.send(["DEL", key]);
      await client.send(command);
      assertEquals(await store.get("row"), undefined, command.join(" ").slice(0, 100));
      assertEquals(await store.replace("row", bytes(1), bytes(2), 1000), false);
      assertEquals(await store.replace("row", null, bytes(2), 1000), true);
      assertEquals(await store.get("row"), bytes(2));
    }
  },
);

testRedis(
  "RedisSessionStore.epoch() changes when the server is killed and gives taken rows back",
  async (server) => {
    const epochs: (string | null)[] = [];
    for (const signal of ["SIGKILL", "SIGTERM", null] as const) {
      using client = await server.connect();
      const command: RedisCommand = (_, args) => client.send(args);
      const store = new RedisSessionStore({ command });
      const labelled = new RedisSessionStore({ command, epoch: "after-backup.2" });
      const epoch = await store.epoch("row");
      assertMatch(epoch!, /^[0-9a-f]{40}$/);
      assertEquals(await store.epoch("another"), epoch);
      assertEquals(await labelled.epoch("row"), `${epoch}:after-backup.2`);
      epochs.push(epoch);
      if (epochs.length === 1) {
        await store.put("row", bytes(1), 60_000);
        await client.send(["SAVE"]);
      } else assertEquals(await store.get("row"), bytes(1));
      assertEquals(await store.replace("row", bytes(1), null, 1), true);
      assertEquals(store.problem, null);
      if (signal !== null) await server.restart(signal);
    }
    assertEquals(new Set(epochs).size, 3);
  },
);

testRedis(
  "RedisSessionStore.epoch() changes with a failover, and is not the old one after a failover back",
  async (a) => {
    await using b = await RedisServer.start();
    using first = await a.connect();
    using second = await b.connect();
    const [onA, onB] = [first, second].map((client) =>
      new RedisSessionStore({ command: (_, args) => client.send(args) })
    );
    const follow = async (replica: RedisClient, master: RedisClient) => {
      // Redis replicates over TCP alone
      const port = freePort();
      await master.send(["CONFIG", "SET", "bind", "127.0.0.1", "port", `${port}`]);
      await replica.send(["REPLICAOF", "127.0.0.1", `${port}`]);
      for (let tries = 0;; tries++) {
        const info = String(await replica.send(["INFO", "replication"]));
        if (/master_link_status:up/.test(info)) return;
        if (tries === 200) throw new Error(`The replica does not follow: ${info}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const epochs = [await onA!.epoch("row")];
    await follow(second, first);
    await second.send(["REPLICAOF", "NO", "ONE"]);
    epochs.push(await onB!.epoch("row"));
    await follow(first, second);
    await first.send(["REPLICAOF", "NO", "ONE"]);
    epochs.push(await onA!.epoch("row"));
    assertEquals(new Set(epochs).size, 3);
  },
);

testRedis(
  "RedisSessionStore.epoch() is null where INFO is forbidden, and says so once",
  async (server) => {
    using client = await server.connect();
    await client.send(["ACL", "SETUSER", "default", "-info"]);
    const told: NssError[] = [];
    const store = new RedisSessionStore({
      command: (_, args) => client.send(args),
      onProblem: (problem) => told.push(problem),
    });
    assertEquals(await store.epoch("row"), null);
    assertEquals(await store.epoch("row"), null);
    assertEquals([told.length, told[0]], [1, store.problem]);
    assertMatch(told[0]!.message, /ACL: \+info/);
  },
);

Deno.test("RedisSessionStore: an answer of a wrong type is a failure, never a yes or a row", async () => {
  const answers = [
    undefined,
    null,
    true,
    false,
    {},
    [1],
    ["1"],
    2,
    -1,
    1n << 70n,
    NaN,
    "2",
    "true!",
    new Date(),
    "x".repeat(80_002),
    new Uint8Array(80_002),
    Promise.resolve,
    Symbol("1"),
  ];
  for (const answer of answers) {
    const store = new RedisSessionStore({ command: () => Promise.resolve(answer) });
    const calls = {
      put: () => store.put("row", bytes(1), 1),
      replace: () => store.replace("row", bytes(1), null, 1),
      get: () => store.get("row"),
      epoch: () => store.epoch("row"),
    };
    for (const [name, call] of Object.entries(calls)) {
      if (
        typeof answer === "string" && answer.length < 10 && name !== "put" && name !== "replace"
      ) {
        assertEquals(await call() ?? null, null);
        continue;
      }
      const error = await assertRejects(call, NssError, "Cannot ");
      assertEquals(error.name, "SEC_ERROR_IO", name);
    }
  }
});

Deno.test("RedisSessionStore takes numbers as clients return them, and bytes for text", async () => {
  const yes = [1, 1n, "1", new TextEncoder().encode("1")];
  for (const answer of yes) {
    const store = new RedisSessionStore({ command: () => Promise.resolve(answer) });
    assertEquals(await store.replace("row", null, bytes(1), 1), true);
  }
  const store = new RedisSessionStore({
    command: (_, [name]) =>
      Promise.resolve(new TextEncoder().encode(name === "SET" ? "OK" : "AQI")),
  });
  await store.put("row", bytes(1), 1);
  assertEquals(await store.get("row"), bytes(1, 2));
});

Deno.test("RedisSessionStore: a command that fails is an error with its cause, and no key is odd", async () => {
  const cause = new Error("the connection is lost");
  const store = new RedisSessionStore({
    command: () => {
      throw cause;
    },
  });
  const error = await assertRejects(() => store.get("row"), NssError, "Cannot read row");
  assertEquals([error.name, error.cause], ["SEC_ERROR_IO", cause]);
  for (const name of ["", "a".repeat(65), "a{b}", "a:b", "ä", "a\n"]) {
    await assertRejects(() => store.get(name), NssError, "Cannot read row: its name");
  }
  assertNotEquals(error.message, "");
});
