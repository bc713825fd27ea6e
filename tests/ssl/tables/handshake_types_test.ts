// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { HandshakeType, handshakeTypeName } from "../../../ssl/tables/handshake_types.ts";

Deno.test("handshakeTypeName() gives the RFC's names, each once", () => {
  assertEquals(handshakeTypeName(HandshakeType.clientHello), "client_hello");
  assertEquals(handshakeTypeName(HandshakeType.endOfEarlyData), "end_of_early_data");
  const names = Object.values(HandshakeType).map(handshakeTypeName);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("handshakeTypeName() gives the number of a type that it does not know", () => {
  assertEquals(handshakeTypeName(99), "handshake message 99");
});
