// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { clearSessionCache } from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { session } from "../_support.ts";

Deno.test("clearSessionCache() makes the next handshake a full one", async () => {
  const context = new NssContext({ trustAnchors: [] });
  const serverContext = new NssContext({ trustAnchors: [] });
  const options = { client: { context }, server: { context: serverContext } };
  const resumed = async () => (await session(options))[0].resumed;
  assertEquals([await resumed(), await resumed()], [false, true]);
  clearSessionCache({ context });
  assertEquals([await resumed(), await resumed()], [false, true]);
});
