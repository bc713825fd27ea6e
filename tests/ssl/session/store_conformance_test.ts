// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { openKv } from "../../../pkcs11/kv/open.ts";
import { testSessionStore } from "../../../ssl/session/session_store_conformance.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { KvSessionStore, openKvSessionStore } from "../../../ssl/session/store/kv_store.ts";
import { RedisSessionStore } from "../../../ssl/session/store/redis_store.ts";
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

async function inFolder<T>(open: (folder: string) => T): Promise<[T, () => Promise<void>]> {
  const folder = await Deno.makeTempDir({ prefix: "nss_store_" });
  return [open(folder), () => Deno.remove(folder, { recursive: true })];
}

testSessionStore({
  name: "KvSessionStore in a file",
  test: Deno.test,
  engine: async () => {
    const [path, close] = await inFolder((folder) => `${folder}/store.kv`);
    return {
      open: () => openKvSessionStore({ path }),
      advance: null,
      restart: null,
      spoil: null,
      close,
    };
  },
});

/** One suite's processes, which its tests share as starting one takes a while. */
class Processes {
  readonly #running: StoreProcess[] = [];
  readonly #start: () => Promise<StoreProcess>;
  #next = 0;

  constructor(start: () => Promise<StoreProcess>) {
    this.#start = start;
  }

  /** Returns one of four processes. */
  async any(): Promise<StoreProcess> {
    while (this.#running.length < 4) this.#running.push(await this.#start());
    return this.#running[this.#next++ % 4]!;
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.map((process) => process[Symbol.asyncDispose]()));
  }
}

/** Runs the suite as the steps of one test. */
function testInSteps(
  name: string,
  run: (test: (title: string, run: () => Promise<void>) => void) => Promise<() => Promise<void>>,
): void {
  Deno.test(name, async (t) => {
    const steps: [string, () => Promise<void>][] = [];
    const close = await run((title, step) => steps.push([title, step]));
    try {
      for (const [title, step] of steps) await t.step(title, step);
    } finally {
      await close();
    }
  });
}

testInSteps("KvSessionStore in four processes on one file passes the suite", async (test) => {
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
});

const found = await redisVersion();
const REDIS_GARBAGE: readonly (readonly string[])[] = [
  ...["A", "AAF", "AQ==", "A/8", "AQI\n", "ö", "x".repeat(80_001), "x".repeat(1 << 20), ""]
    .map((text) => ["SET", text]),
  ["LPUSH", "AQI"],
  ["SADD", "AQI"],
  ["HSET", "AQI", "AQI"],
  ["ZADD", "1", "AQI"],
  ["XADD", "*", "AQI", "AQI"],
];

if (!found.ok) skip("RedisSessionStore passes the suite", `${found.reason} (redis-server)`);
else {
  testInSteps("RedisSessionStore passes the suite", async (test) => {
    const server = await RedisServer.start();
    testSessionStore({
      name: "RedisSessionStore",
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

  testInSteps("RedisSessionStore in a cluster of three nodes passes the suite", async (test) => {
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
  });

  testInSteps("RedisSessionStore in four processes passes the suite", async (test) => {
    const server = await RedisServer.start();
    const processes = new Processes(() => StoreProcess.start("redis", server.path));
    testSessionStore({
      name: "RedisSessionStore in four processes",
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
  });
}
