// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Early data that is replayed to four processes at once, many times. @module */

import { acceptedOnce, startEarlyServer } from "../ssl/_early_fleet.ts";
import { RedisServer, redisVersion } from "../support/redis.ts";
import { note, skip } from "../support/skip.ts";

const TITLE =
  "1,000 captured first flights, each sent to four processes at once, are accepted once";
const found = await redisVersion();

if (!found.ok) skip(TITLE, `${found.reason} (redis-server)`);
else if (Deno.env.get("NSS_SOAK") === undefined) skip(TITLE, "set NSS_SOAK=1");
else {
  Deno.test(TITLE, async () => {
    await using redis = await RedisServer.start();
    await using stack = new AsyncDisposableStack();
    const starting = [1, 2, 3, 4].map(() => startEarlyServer(redis.path));
    const all = (await Promise.all(starting)).map((server) => stack.use(server));
    const begun = performance.now();
    await acceptedOnce(all, 1000);
    note(`4,000 connections in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  });
}
