// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertStrictEquals } from "@std/assert";
import { forceHandshake } from "@nss/nss/ssl";
import { join } from "../_support.ts";

Deno.test("forceHandshake() completes the handshake once, for all who ask", async () => {
  await using joined = join();
  const [first, second] = await Promise.all([
    forceHandshake(joined.client),
    forceHandshake(joined.client),
    forceHandshake(joined.server),
  ]);
  assertStrictEquals(first, second);
});
