// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { authCertificateHook } from "@nss/nss/ssl";
import { join, PKI, shake } from "../_support.ts";

Deno.test("authCertificateHook() decides in place of the default, null restores that", async () => {
  await using joined = join({ client: { caCerts: [] } });
  authCertificateHook(joined.client, (_socket, { chain }) => chain[0]!.equals(PKI.server.cert));
  await shake(joined);

  await using refused = join({ client: { caCerts: [], authCertificate: () => true } });
  authCertificateHook(refused.client, null);
  const [outcome] = await Promise.allSettled([
    refused.client.handshake(),
    refused.server.handshake(),
  ]);
  assertEquals(outcome.status === "rejected" && outcome.reason.name, "SEC_ERROR_UNKNOWN_ISSUER");
});
