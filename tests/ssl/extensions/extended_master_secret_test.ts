// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { extendedMasterSecret } from "../../../ssl/extensions/flags.ts";
import { refusesSyntax } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

Deno.test("extendedMasterSecret says all by being there", () => {
  assertEquals(encodeWith(extendedMasterSecret, true), new Uint8Array(0));
  assertEquals(parseWith(extendedMasterSecret, new Uint8Array(0)), true);
  refusesSyntax(extendedMasterSecret, Uint8Array.of(0));
});
