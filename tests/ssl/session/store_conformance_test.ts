// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { openKv } from "../../../pkcs11/kv/open.ts";
import { testSessionStore } from "../../../ssl/session/session_store_conformance.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { KvSessionStore, openKvSessionStore } from "../../../ssl/session/store/kv_store.ts";
import { RedisSessionStore } from "../../../ssl/session/store/redis_store.ts";
import { valkey81 } from "../../support/newer_peers.ts";
import { RedisServer, redisVersion } from "../../support/redis.ts";
import { RedisCluster } from "../../support/redis_cluster.ts";
import { skip } from "../../support/skip.ts";
import { StoreProcess } from "../../support/store_process.ts";

testSessionStore({
  name: "MemorySessionStore",
  test: Deno.test,
  engine: () => {
    let now = 1_000_000;
    const store = new MemorySessionStore(undefined, () => now);
    const advance = (milliseconds: number) => void (now += milliseconds);
    return { open: () => store, advance, restart: null, spoil: null, close: () => {} };
  },
});

const PREFIX = ["a test"];

/** What others may have written in Deno KV. */
const KV_GARBAGE: readonly unknown[] = [
  ...["text", "", 7, 7n, true, null, [], {}, new Map(), new Date(0), /x/, [1, 2]],
  ...[new Uint8Array(0), new Uint8Array(60_000), { bytes: "AQI", expiresAt: 9e15 }],
  ...[{ bytes: new Uint8Array(1) }, { bytes: new Uint8Array(1), expiresAt: "9e15" }],
  ...[{ bytes: new Uint8Array(1), expiresAt: NaN }, { bytes: [1], expiresAt: 9e15 }],
  { bytes: new Uint8Array(0), expiresAt: 9e15 },
];

testSessionStore({
  name: "KvSessionStore in memory",
  test: Deno.test,
  engine: async () => {
    let now = Date.now();
    const kv = await openKv(":memory:");
    return {
      open: () => new KvSessionStore({ kv, prefix: PREFIX, now: () => now }),
      advance: (milliseconds) => void (now += milliseconds),
      restart: null,
      spoil: KV_GARBAGE.map((value) => async (name) => {
        await kv.atomic().set([...PREFIX, "row", name], value).commit();
      }),
      close: () => kv.close(),
    };
  },
});

/** One suite's processes, which its tests share as starting one takes a while. */
class Processes {
  #running: Promise<StoreProcess[]> | null = null;
  readonly #start: () => Promise<StoreProcess>;
  #next = 0;

  constructor(start: () => Promise<StoreProcess>) {
    this.#start = start;
  }

  /** Returns one of four processes. */
  async any(): Promise<StoreProcess> {
    const running = await (this.#running ??= Promise.all([1, 2, 3, 4].map(() => this.#start())));
    return running[this.#next++ % running.length]!;
  }

  async close(): Promise<void> {
    const running = await this.#running ?? [];
    await Promise.all(running.map((process) => process[Symbol.asyncDispose]()));
  }
}

async function inFolder<T>(open: (folder: string) => T): Promise<[T, () => Promise<void>]> {
  const folder = await Deno.makeTempDir({ prefix: "nss_store_" });
  return [open(folder), () => Deno.remove(folder, { recursive: true })];
}

/**
 * What can be wrong where stores are apart, though it is right where they are not. The soak
 * (`NSS_SOAK=1`) runs the others there, too, as does CI for each kind of store once.
 */
const APART = [
  ...["of many", "of those", "of counts", "what put() writes", "what one store writes"],
  ...["values may have any length", "a row of put()", "a row of replace()", "the epoch"],
  ...["a closed store", "where the engine can restart", "rows are on all nodes"],
];
const soak = Deno.env.get("NSS_SOAK") === "1";

/** Runs the suite, or what of it stores have to pass that are apart, as the steps of one test. */
function testInSteps(
  name: string,
  what: "all" | "apart",
  run: (test: (title: string, run: () => Promise<void>) => void) => Promise<() => Promise<void>>,
): void {
  Deno.test(name, async (t) => {
    const steps: [string, () => Promise<void>][] = [];
    const close = await run((title, step) => {
      const isApart = APART.some((begin) => title.split(": ").at(-1)!.startsWith(begin));
      if (soak || what === "all" || isApart) steps.push([title, step]);
    });
    try {
      for (const [title, step] of steps) await t.step(title, step);
    } finally {
      await close();
    }
  });
}

testInSteps("KvSessionStore in a file passes the suite", "apart", async (test) => {
  const [path, remove] = await inFolder((folder) => `${folder}/store.kv`);
  testSessionStore({
    name: "KvSessionStore in a file",
    test,
    engine: () => ({
      open: () => openKvSessionStore({ path }),
      advance: null,
      restart: null,
      spoil: null,
      close: () => {},
    }),
  });
  return remove;
});

testInSteps(
  "KvSessionStore in four processes on one file passes the suite",
  "apart",
  async (test) => {
    const [path, remove] = await inFolder((folder) => `${folder}/store.kv`);
    const processes = new Processes(() => StoreProcess.start("kv", path));
    testSessionStore({
      name: "KvSessionStore in four processes",
      test,
      engine: () => ({
        open: () => processes.any(),
        advance: null,
        restart: null,
        spoil: null,
        close: () => {},
      }),
    });
    return async () => {
      await processes.close();
      await remove();
    };
  },
);

const REDIS_GARBAGE: readonly (readonly string[])[] = [
  ...["A", "AAF", "AQ==", "A/8", "AQI\n", "ö", "x".repeat(80_001), "x".repeat(1 << 20), ""]
    .map((text) => ["SET", text]),
  ["LPUSH", "AQI"],
  ["SADD", "AQI"],
  ["HSET", "AQI", "AQI"],
  ["ZADD", "1", "AQI"],
  ["XADD", "*", "AQI", "AQI"],
];

/** Runs the suite by one server, of which each store has a connection of its own. */
function testOneServer(name: string, start: () => Promise<RedisServer>): void {
  testInSteps(`RedisSessionStore in ${name} passes the suite`, "all", async (test) => {
    const server = await start();
    testSessionStore({
      name: `RedisSessionStore in ${name}`,
      test,
      engine: () => {
        const clients: Disposable[] = [];
        const connect = async () => {
          const client = await server.connect();
          clients.push(client);
          return client;
        };
        return {
          open: async () => {
            const client = await connect();
            return new RedisSessionStore({ command: (_, args) => client.send(args) });
          },
          advance: null,
          restart: async () => {
            const client = await connect();
            await client.send(["SAVE"]);
            await server.restart("SIGKILL");
          },
          spoil: REDIS_GARBAGE.map(([command, ...args]) => async (name) => {
            const client = await connect();
            await client.send(["DEL", `nss:{${name}}`]);
            await client.send([command!, `nss:{${name}}`, ...args]);
          }),
          close: () => clients.forEach((client) => client[Symbol.dispose]()),
        };
      },
    });
    return async () => await server[Symbol.asyncDispose]();
  });
}

/** Runs the suite by four processes that share a server. */
function testFourProcesses(name: string, start: () => Promise<RedisServer>): void {
  testInSteps(
    `RedisSessionStore in ${name}, from four processes, passes the suite`,
    "apart",
    async (test) => {
      const server = await start();
      const processes = new Processes(() => StoreProcess.start("redis", server.path));
      testSessionStore({
        name: `RedisSessionStore in ${name}, from four processes`,
        test,
        engine: () => ({
          open: () => processes.any(),
          advance: null,
          restart: null,
          spoil: null,
          close: () => {},
        }),
      });
      return async () => {
        await processes.close();
        await server[Symbol.asyncDispose]();
      };
    },
  );
}

const redis = await redisVersion();
if (!redis.ok) {
  skip("RedisSessionStore in Redis passes the suite", `${redis.reason} (redis-server)`);
} else {
  testOneServer("Redis", () => RedisServer.start());
  testFourProcesses("Redis", () => RedisServer.start());

  testInSteps(
    "RedisSessionStore in a cluster of three nodes passes the suite",
    "apart",
    async (test) => {
      const cluster = await RedisCluster.start();
      testSessionStore({
        name: "RedisSessionStore in a cluster",
        test,
        engine: () => ({
          open: () => new RedisSessionStore({ command: (_, args) => cluster.send(args) }),
          advance: null,
          restart: null,
          spoil: REDIS_GARBAGE.map(([command, ...args]) => async (name) => {
            await cluster.send(["DEL", `nss:{${name}}`]);
            await cluster.send([command!, `nss:{${name}}`, ...args]);
          }),
          close: () => {},
        }),
      });
      test("rows are on all nodes", () => {
        assertEquals(cluster.asked.size, 3);
        return Promise.resolve();
      });
      return async () => await cluster[Symbol.asyncDispose]();
    },
  );
}

const valkey = await valkey81();
if (!valkey.ok) {
  skip("RedisSessionStore in Valkey passes the suite", valkey.reason, valkey.optional);
} else {
  const start = () => RedisServer.startProgram(valkey.commands["valkey-server"]);
  testOneServer("Valkey", start);
  if (soak) testFourProcesses("Valkey", start);
}
