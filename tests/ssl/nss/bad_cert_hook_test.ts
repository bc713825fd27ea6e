// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { badCertHook } from "@nss/nss/ssl";
import { join, shake } from "../_support.ts";

Deno.test("badCertHook() overrides a refusal", async () => {
  await using joined = join({ client: { caCerts: [] } });
  const refusals: string[] = [];
  badCertHook(joined.client, (_socket, error) => {
    refusals.push(error.name);
    return true;
  });
  const [info] = await shake(joined);
  assertEquals(refusals, ["SEC_ERROR_UNKNOWN_ISSUER"]);
  assertEquals(info.badCertAccepted, true);
});
