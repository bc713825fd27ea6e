// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { localCertificate } from "@nss/nss/ssl";
import { connected, PKI } from "../_support.ts";

Deno.test("localCertificate() is what this end has shown", async () => {
  await using joined = await connected({
    client: { certificates: [PKI.client.credential] },
    server: { clientAuth: "request" },
  });
  assertEquals(localCertificate(joined.client), PKI.client.cert);
  assertEquals(localCertificate(joined.server), PKI.server.cert);
});
