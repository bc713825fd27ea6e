// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { encryptThenMac } from "../../../ssl/extensions/flags.ts";
import { refusesSyntax } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

Deno.test("encryptThenMac says all by being there", () => {
  assertEquals(encodeWith(encryptThenMac, true), new Uint8Array(0));
  assertEquals(parseWith(encryptThenMac, new Uint8Array(0)), true);
  refusesSyntax(encryptThenMac, Uint8Array.of(0));
});
