// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { dataPending } from "@nss/nss/ssl";
import { connected } from "../_support.ts";

Deno.test("dataPending() counts what was decrypted and not read", async () => {
  await using joined = await connected();
  assertEquals(dataPending(joined.client), 0);
  await joined.server.write(new Uint8Array(100));
  assertEquals(await joined.client.read(new Uint8Array(30)), 30);
  assertEquals(dataPending(joined.client), 70);
});
