// Copyright 2026 the NSS for Deno authors. MIT license.

import { firstError, loadRecipe, type Target, testDriver } from "./_driver.ts";
import { redis } from "./servers/redis.ts";

interface Redis {
  connect(): Promise<unknown>;
  ping(): Promise<string>;
  set(key: string, value: string): Promise<string>;
  strLen(key: string): Promise<number>;
  get(key: string): Promise<string | null>;
  destroy(): void;
  on(event: "error", listener: (error: Error) => void): unknown;
}

interface Recipe {
  openRedis(socket: object, ca: string, cert?: string, key?: string): Redis;
}

async function open({ host, port, ca, cert, key }: Target): Promise<Redis> {
  const { openRedis } = await loadRecipe<Recipe>("redis.ts");
  return openRedis({ host, port, reconnectStrategy: 200 }, ca, cert, key);
}

await testDriver({
  driver: "redis",
  server: redis,
  identity: "PONG",
  reconnects: true,
  async open(target) {
    const client = await open(target);
    let failed = firstError(client);
    let connected: Promise<unknown> | undefined;
    const ask = async () => {
      await (connected ??= client.connect());
      return await client.ping();
    };
    return {
      ask: async () => {
        const failing = failed;
        failed = firstError(client);
        return await Promise.race([ask(), failing]);
      },
      async fetch(length) {
        await client.set("large", "x".repeat(length));
        return (await client.get("large"))!.length;
      },
      async send(length) {
        await client.set("large", "x".repeat(length));
        return await client.strLen("large");
      },
      close: () => client.destroy(),
    };
  },
});
