// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { exportKeyingMaterial, SslError } from "@nss/nss/ssl";
import { connected, join } from "../_support.ts";

Deno.test("exportKeyingMaterial() gives both ends the same bytes, by label and context", async () => {
  await using joined = await connected();
  const context = new Uint8Array([1, 2, 3]);
  const [mine, yours] = await Promise.all([
    exportKeyingMaterial(joined.client, "EXPORTER-test", 100, context),
    exportKeyingMaterial(joined.server, "EXPORTER-test", 100, context),
  ]);
  assertEquals(mine, yours);
  assertEquals(mine.length, 100);
  assertNotEquals(mine, await exportKeyingMaterial(joined.client, "EXPORTER-test", 100));
  assertNotEquals(mine, await exportKeyingMaterial(joined.client, "EXPORTER-other", 100, context));
});

Deno.test("exportKeyingMaterial() fails before the handshake is complete", async () => {
  await using joined = join();
  const error = await assertRejects(() => exportKeyingMaterial(joined.client, "x", 32), SslError);
  assertEquals(error.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
});
