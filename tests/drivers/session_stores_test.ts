// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The clients of Redis and Valkey that docs/session_stores.md shows pass the suite of stores.
 * @module
 */

import { assert, assertStringIncludes } from "@std/assert";
import type { SessionStore } from "../../ssl/base/session_store.ts";
import { testSessionStore } from "../../ssl/session/session_store_conformance.ts";
import { RedisServer, redisVersion } from "../support/redis.ts";
import { RedisCluster } from "../support/redis_cluster.ts";
import { note, skip } from "../support/skip.ts";
import { inTime, loadRecipe } from "./_driver.ts";

/** A client of npm's, which is of any type. */
interface Client {
  on(event: "error", listener: (error: Error) => void): unknown;
  connect?(): Promise<unknown>;
  close?(): Promise<unknown> | void;
  disconnect?(): Promise<unknown> | void;
}

/** The classes and functions of the packages that make clients. */
interface Package {
  createClient(options: object): Client;
  createCluster(options: object): Client;
  readonly Redis: new (options: object) => Client;
  readonly Cluster: new (nodes: readonly object[], options: object) => Client;
}

type Open = (npm: Package) => Client;

/** How a package connects to a socket, and to a cluster by the port of a node. */
interface Ways {
  single(path: string): Open;
  cluster(port: number): Open;
}

const newer: Ways = {
  single: (path) => (npm) => npm.createClient({ socket: { path } }),
  cluster: (port) => (npm) =>
    npm.createCluster({ rootNodes: [{ socket: { host: "127.0.0.1", port } }] }),
};
const older: Ways = {
  single: (path) => (npm) => new npm.Redis({ path, lazyConnect: true }),
  cluster: (port) => (npm) => new npm.Cluster([{ host: "127.0.0.1", port }], { lazyConnect: true }),
};

const CLIENTS: Readonly<Record<string, Ways>> = { redis: newer, ioredis: older, iovalkey: older };
/** The one that each run tries; a soak tries all. */
const SAMPLE = "ioredis";
const soak = Deno.env.get("NSS_SOAK") === "1";

interface Recipe {
  storeOf(client: Client): SessionStore;
  storeOfCluster?(client: Client): SessionStore;
}

/** Runs the suite as the steps of a test. */
async function trySuite(
  t: Deno.TestContext,
  name: string,
  open: Open,
  storeOf: (recipe: Recipe, client: Client) => SessionStore,
): Promise<void> {
  const text = await Deno.readTextFile(
    new URL(`recipes/session_store/${name}.ts`, import.meta.url),
  );
  const [specifier] = /npm:[\w@.-]+/.exec(text)!;
  const npm: Package = await import(specifier);
  const recipe = await loadRecipe<Recipe>(`session_store/${name}.ts`);
  const client = open(npm);
  client.on("error", () => {}); // a command that fails tells of it
  await inTime(Promise.resolve(client.connect?.()), "connect()");
  try {
    const steps: [string, () => Promise<void>][] = [];
    testSessionStore({
      name,
      test: (title, run) => steps.push([title, run]),
      engine: () => ({
        open: () => storeOf(recipe, client),
        advance: null,
        restart: null,
        spoil: null,
        close: () => {},
      }),
    });
    for (const [title, run] of steps) await t.step(title, () => inTime(run(), title));
    await t.step("it tells an epoch", async () => {
      assert(await storeOf(recipe, client).epoch("row") !== null);
    });
  } finally {
    await (client.disconnect?.() ?? client.close?.());
  }
}

const found = await redisVersion();
for (const [name, ways] of Object.entries(CLIENTS)) {
  const title = `npm's ${name} serves a RedisSessionStore`;
  if (name !== SAMPLE && !soak) {
    note(`left out: ${title}: NSS_SOAK=1 (deno task soak) runs it`);
    continue;
  }
  if (!found.ok) {
    skip(title, `${found.reason} (redis-server)`);
    continue;
  }
  Deno.test(`${title}, of one server`, async (t) => {
    await using server = await RedisServer.start();
    await trySuite(t, name, ways.single(server.path), (it, client) => it.storeOf(client));
  });
  Deno.test(`${title}, of a cluster`, async (t) => {
    await using cluster = await RedisCluster.start();
    await trySuite(
      t,
      name,
      ways.cluster(cluster.ports[0]!),
      (it, client) => (it.storeOfCluster ?? it.storeOf)(client),
    );
  });
}

Deno.test("docs/session_stores.md shows the code that these tests run", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/session_stores.md", import.meta.url));
  for (const name of Object.keys(CLIENTS)) {
    const path = new URL(`recipes/session_store/${name}.ts`, import.meta.url);
    assertStringIncludes(page, await Deno.readTextFile(path));
  }
});
