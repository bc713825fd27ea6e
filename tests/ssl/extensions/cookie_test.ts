// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { cookie } from "../../../ssl/extensions/cookie.ts";
import { refusesSyntax } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("cookie refuses to be empty", () => {
  refusesSyntax(cookie, zeros(2));
  assertThrows(() => encodeWith(cookie, zeros(0)), RangeError);
  assertEquals(parseWith(cookie, encodeWith(cookie, zeros(0xffff))).length, 0xffff);
  assertThrows(() => encodeWith(cookie, zeros(0x10000)), RangeError);
});
