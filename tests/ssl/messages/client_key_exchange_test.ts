// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  encodeClientKeyExchange,
  parseClientKeyExchange,
} from "../../../ssl/messages/client_key_exchange.ts";
import { assertRefused } from "./refused.ts";

Deno.test("parseClientKeyExchange() and encodeClientKeyExchange() want points of 1 to 255 bytes", () => {
  const exchange = (length: number) => encodeClientKeyExchange({ point: new Uint8Array(length) });
  assertEquals(exchange(2), Uint8Array.of(2, 0, 0));
  for (const length of [1, 255]) {
    assertEquals(parseClientKeyExchange(exchange(length)).point.length, length);
  }
  for (const length of [0, 256]) assertThrows(() => exchange(length), RangeError);
  assertRefused(
    () => parseClientKeyExchange(Uint8Array.of(0)),
    "SSL_ERROR_RX_MALFORMED_CLIENT_KEY_EXCH",
    "decode_error",
    "<1..255>",
  );
});
