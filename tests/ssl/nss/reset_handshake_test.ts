// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { importFD, resetHandshake } from "@nss/nss/ssl";
import { memoryPair } from "../../support/memory_pair.ts";
import { clientOptions, closeAll, PKI, serverOptions, shake } from "../_support.ts";

Deno.test("resetHandshake() turns a socket into the other end", async () => {
  const [a, b] = memoryPair();
  const client = importFD(a, { ...serverOptions(), ...clientOptions(), role: "server" });
  const server = importFD(b, { ...serverOptions(), role: "client" });
  resetHandshake(client, false);
  resetHandshake(server, true);
  const [info] = await shake({ client, server });
  assertEquals(info.peerCertificates[0], PKI.server.cert);
  await closeAll(client, server);
});
