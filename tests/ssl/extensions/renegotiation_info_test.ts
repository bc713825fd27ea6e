// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { renegotiationInfo } from "../../../ssl/extensions/renegotiation_info.ts";
import { refusesSyntax } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

Deno.test("renegotiationInfo is one vector, empty in a first handshake", () => {
  assertEquals(encodeWith(renegotiationInfo, new Uint8Array(0)), Uint8Array.of(0));
  assertEquals(parseWith(renegotiationInfo, Uint8Array.of(2, 8, 9)), Uint8Array.of(8, 9));
  refusesSyntax(renegotiationInfo, new Uint8Array(0));
  assertEquals(encodeWith(renegotiationInfo, new Uint8Array(255)).length, 256);
  assertThrows(() => encodeWith(renegotiationInfo, new Uint8Array(256)), RangeError);
});
