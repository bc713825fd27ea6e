// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { peerCertificate, sniSocketConfigHook } from "@nss/nss/ssl";
import { join, PKI, shake } from "../_support.ts";

Deno.test("sniSocketConfigHook() chooses the server's certificate by name", async () => {
  await using joined = join({ client: { hostname: "other.test" } });
  sniSocketConfigHook(joined.server, (_socket, { serverName }) => {
    return serverName === "other.test" ? { certificates: [PKI.otherServer.credential] } : null;
  });
  await shake(joined);
  assertEquals(peerCertificate(joined.client), PKI.otherServer.cert);
});
