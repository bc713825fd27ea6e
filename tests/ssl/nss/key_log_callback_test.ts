// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertMatch } from "@std/assert";
import { keyLogCallback } from "@nss/nss/ssl";
import { join, shake } from "../_support.ts";

Deno.test("keyLogCallback() gets the lines that Wireshark wants, the same at both ends", async () => {
  await using joined = join();
  const lines: string[][] = [[], []];
  keyLogCallback(joined.client, (line) => lines[0]!.push(line));
  keyLogCallback(joined.server, (line) => lines[1]!.push(line));
  await shake(joined);
  assertEquals(lines[0]!.toSorted(), lines[1]!.toSorted());
  assertEquals(lines[0]!.map((line) => line.split(" ")[0]).toSorted(), [
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_TRAFFIC_SECRET_0",
  ]);
  for (const line of lines[0]!) assertMatch(line, /^[A-Z_0]+ [0-9a-f]{64} [0-9a-f]{64}$/);
});
