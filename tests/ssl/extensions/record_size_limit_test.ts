// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { recordSizeLimit } from "../../../ssl/extensions/record_size_limit.ts";
import { assertRefused } from "../messages/refused.ts";
import { encodeWith, parseWith } from "./samples.ts";

Deno.test("recordSizeLimit takes 64 and nothing below", () => {
  assertEquals(parseWith(recordSizeLimit, Uint8Array.of(0, 64)), 64);
  assertRefused(
    () => parseWith(recordSizeLimit, Uint8Array.of(0, 63)),
    "SSL_ERROR_RX_MALFORMED_HANDSHAKE",
    "illegal_parameter",
    "63 is below 64",
  );
  assertThrows(() => encodeWith(recordSizeLimit, 63), RangeError);
});
