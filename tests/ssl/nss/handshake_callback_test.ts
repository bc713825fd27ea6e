// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { type ChannelInfo, handshakeCallback } from "@nss/nss/ssl";
import { join, shake } from "../_support.ts";

Deno.test("handshakeCallback() is told once what was negotiated", async () => {
  await using joined = join();
  const told: ChannelInfo[] = [];
  handshakeCallback(joined.client, (socket, info) => {
    assertEquals(socket, joined.client);
    told.push(info);
  });
  const [info] = await shake(joined);
  assertEquals(told, [info]);
});
