// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Early data that is replayed to four processes at once; with `NSS_SOAK=1` alone. @module */

import { acceptedOnce, startEarlyServer } from "../ssl/_early_fleet.ts";
import { RedisServer, redisVersion } from "../support/redis.ts";
import { note } from "../support/skip.ts";

if (Deno.env.get("NSS_SOAK") === "1" && (await redisVersion()).ok) {
  Deno.test("1,000 captured first flights, each sent to four processes at once, are accepted once", async () => {
    await using redis = await RedisServer.start();
    await using stack = new AsyncDisposableStack();
    const starting = [1, 2, 3, 4].map(() => startEarlyServer(redis.path));
    const all = (await Promise.all(starting)).map((server) => stack.use(server));
    const begun = performance.now();
    await acceptedOnce(all, 1000);
    note(`4,000 connections in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  });
}
