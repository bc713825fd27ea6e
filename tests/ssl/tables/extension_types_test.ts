// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { ExtensionType, extensionTypeName } from "../../../ssl/tables/extension_types.ts";

Deno.test("extensionTypeName() gives the RFC's names, each once", () => {
  assertEquals(extensionTypeName(0), "server_name");
  assertEquals(extensionTypeName(16), "application_layer_protocol_negotiation");
  assertEquals(extensionTypeName(0xff01), "renegotiation_info");
  const names = Object.values(ExtensionType).map(extensionTypeName);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("extensionTypeName() gives the number of a type that it does not know", () => {
  assertEquals(extensionTypeName(0x0a0a), "extension 0x0a0a");
});
