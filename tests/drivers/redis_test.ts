// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type ImportOptions, SslError } from "@nss/nss";
import { type Client, firstError, loadRecipe, type Target, testDriver } from "./_driver.ts";
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

function clientOf(redis: Redis): Client {
  let failed = firstError(redis);
  let connected: Promise<unknown> | undefined;
  const ask = async () => {
    await (connected ??= redis.connect());
    return await redis.ping();
  };
  return {
    ask: async () => {
      const failing = failed;
      failed = firstError(redis);
      return await Promise.race([ask(), failing]);
    },
    async fetch(length) {
      await redis.set("large", "x".repeat(length));
      return (await redis.get("large"))!.length;
    },
    async send(length) {
      await redis.set("large", "x".repeat(length));
      return await redis.strLen("large");
    },
    close: () => redis.destroy(),
  };
}

interface Recipe {
  openRedis(socket: object, ca: string, cert?: string, key?: string): Redis;
}

await testDriver({
  driver: "redis",
  server: redis,
  identity: "PONG",
  reconnects: true,
  async open({ host, port, ca, cert, key }) {
    const { openRedis } = await loadRecipe<Recipe>("redis.ts");
    return clientOf(openRedis({ host, port, reconnectStrategy: 200 }, ca, cert, key));
  },
});

interface RelayRecipe {
  openRedis(conn: Deno.Conn, options: ImportOptions): Promise<Redis>;
}

await testDriver({
  driver: "redisRelay",
  server: redis,
  identity: "PONG",
  withoutCertificate: "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT",
  async open({ host: hostname, port, ca, cert, key }: Target) {
    const { openRedis } = await loadRecipe<RelayRecipe>("redis_relay.ts");
    const certificates = cert === undefined || key === undefined ? [] : [{ cert, key }];
    const conn = await Deno.connect({ hostname, port });
    const redis = await openRedis(conn, { hostname, caCerts: [ca], certificates });
    // The driver sees no more than the end of a Unix socket: the reason follows
    const reason = new Promise<Error>((resolve) =>
      redis.on("error", (error) => error.cause instanceof SslError && resolve(error))
    );
    const { ask, ...rest } = clientOf(redis);
    return {
      ...rest,
      ask: () =>
        ask().catch(async () => {
          throw await reason;
        }),
    };
  },
});
