// Copyright 2026 the NSS for Deno authors. MIT license.

import type tls from "node:tls";
import { assertEquals, assertThrows } from "@std/assert";
import { SslError } from "@nss/nss";
import { createSecureContext, createServer } from "@nss/nss/node";
import { PLACES } from "./_places.ts";

Deno.test("connect(), createServer(), createAgent() and others fit where Node's types are asked for", () => {
  assertEquals(PLACES.filter((place) => typeof place !== "function"), []);
});

Deno.test("addContext() takes contexts of this module, and no native one, which hides its certificates", () => {
  const server = createServer();
  server.addContext("a.test", createSecureContext());
  server.addContext("a.test", {});
  const native: tls.SecureContext = { context: {} };
  const { message } = assertThrows(() => server.addContext("a.test", native), SslError);
  assertEquals(
    message.includes("createSecureContext() of this module has not made"),
    true,
    message,
  );
});
