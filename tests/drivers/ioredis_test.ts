// Copyright 2026 the NSS for Deno authors. MIT license.

import { firstError, loadRecipe, type Target, testDriver } from "./_driver.ts";
import { redis } from "./servers/redis.ts";

interface Redis {
  ping(): Promise<string>;
  set(key: string, value: string): Promise<string>;
  strlen(key: string): Promise<number>;
  get(key: string): Promise<string | null>;
  disconnect(): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  once(event: "close", listener: () => void): unknown;
  readonly status: string;
}

interface Recipe {
  openRedis(options: object, ca: string, cert?: string, key?: string): Redis;
}

async function open({ host, port, ca, cert, key }: Target): Promise<Redis> {
  const { openRedis } = await loadRecipe<Recipe>("ioredis.ts");
  return openRedis(
    { host, port, retryStrategy: () => 200, maxRetriesPerRequest: 0 },
    ca,
    cert,
    key,
  );
}

await testDriver({
  driver: "ioredis",
  server: redis,
  identity: "PONG",
  reconnects: true,
  async open(target) {
    const client = await open(target);
    let failed = firstError(client);
    return {
      ask: async () => {
        const failing = failed;
        failed = firstError(client);
        return await Promise.race([client.ping(), failing]);
      },
      async fetch(length) {
        await client.set("large", "x".repeat(length));
        return (await client.get("large"))!.length;
      },
      async send(length) {
        await client.set("large", "x".repeat(length));
        return await client.strlen("large");
      },
      close: () => client.disconnect(),
    };
  },
});
