// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { getClientAuthDataHook, peerCertificate } from "@nss/nss/ssl";
import { join, PKI, shake } from "../_support.ts";

Deno.test("getClientAuthDataHook() chooses what the client shows", async () => {
  await using joined = join({ server: { clientAuth: "require" } });
  getClientAuthDataHook(joined.client, (_socket, { caNames }) => {
    assertEquals(caNames.map(String), [String(PKI.root.cert.subject)]);
    return PKI.client.credential;
  });
  await shake(joined);
  assertEquals(peerCertificate(joined.server), PKI.client.cert);
});
