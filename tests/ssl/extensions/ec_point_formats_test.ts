// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { ecPointFormats } from "../../../ssl/extensions/ec_point_formats.ts";
import { assertRefused } from "../messages/refused.ts";
import { refusesSyntax } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

Deno.test("ecPointFormats holds 1 to 255 formats", () => {
  refusesSyntax(ecPointFormats, Uint8Array.of(0));
  assertThrows(() => encodeWith(ecPointFormats, []), RangeError);
  assertEquals(encodeWith(ecPointFormats, [0]), Uint8Array.of(1, 0));
  const most = new Array<number>(255).fill(0);
  assertEquals(parseWith(ecPointFormats, encodeWith(ecPointFormats, most)), most);
  assertThrows(() => encodeWith(ecPointFormats, [...most, 0]), RangeError);
});

Deno.test("ecPointFormats refuses a list without uncompressed", () => {
  assertEquals(parseWith(ecPointFormats, Uint8Array.of(3, 1, 2, 0)), [1, 2, 0]);
  for (const formats of [[1], [1, 2], [255]]) {
    assertRefused(
      () => parseWith(ecPointFormats, Uint8Array.of(formats.length, ...formats)),
      "SSL_ERROR_RX_MALFORMED_HANDSHAKE",
      "illegal_parameter",
      "uncompressed is not among them",
    );
  }
});
