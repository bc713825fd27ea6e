// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { certificateStatus, statusRequest } from "../../../ssl/extensions/status_request.ts";
import { refusesSyntax } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

Deno.test("statusRequest takes types to come for what they are, and nothing", () => {
  assertEquals(parseWith(statusRequest, Uint8Array.of(2, 1, 2, 3)), { statusType: null });
  assertThrows(() => encodeWith(statusRequest, { statusType: null }), RangeError);
  refusesSyntax(statusRequest, Uint8Array.of(1, 0, 2, 0, 0, 0, 0));
});

Deno.test("certificateStatus takes OCSP responses of 1 byte or more, and no other type", () => {
  refusesSyntax(certificateStatus, Uint8Array.of(1, 0, 0, 0));
  refusesSyntax(certificateStatus, Uint8Array.of(2, 0, 0, 1, 9));
  assertEquals(parseWith(certificateStatus, Uint8Array.of(1, 0, 0, 1, 9)), Uint8Array.of(9));
});

Deno.test("certificateStatus copies the response, which is kept when the message is not", () => {
  const { buffer } = parseWith(certificateStatus, Uint8Array.of(1, 0, 0, 1, 9));
  assertEquals(buffer.byteLength, 1);
});
