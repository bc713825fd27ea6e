// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { keyUpdate } from "@nss/nss/ssl";
import { connected, ping } from "../_support.ts";

Deno.test("keyUpdate() renews the keys of either direction without a break in the data", async () => {
  await using joined = await connected();
  for (const requestUpdate of [false, true, true]) {
    await keyUpdate(joined.client, requestUpdate);
    await ping(joined);
    await joined.client.write(new Uint8Array([1]));
    assertEquals(await joined.server.read(new Uint8Array(8)), 1);
  }
});
