// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  encodeServerEcdhParams,
  encodeServerKeyExchange,
  NAMED_CURVE,
  parseServerKeyExchange,
} from "../../../ssl/messages/server_key_exchange.ts";
import { assertRefused } from "./refused.ts";

const EXCHANGE = {
  params: { namedCurve: 0x001d, point: new Uint8Array(32).fill(9) },
  algorithm: 0x0804,
  signature: new Uint8Array(256).fill(7),
};

Deno.test("encodeServerKeyExchange() writes what RFC 8422 says", () => {
  const body = encodeServerKeyExchange(EXCHANGE);
  const expected = [3, 0, 0x1d, 32, ...EXCHANGE.params.point, 8, 4, 1, 0, ...EXCHANGE.signature];
  assertEquals(body, Uint8Array.from(expected));
});

Deno.test("encodeServerEcdhParams() gives the bytes that came", () => {
  const body = encodeServerKeyExchange(EXCHANGE);
  const { params } = parseServerKeyExchange(body);
  assertEquals(encodeServerEcdhParams(params), body.slice(0, 4 + 32));
});

Deno.test("parseServerKeyExchange() refuses curves that the server spells out", () => {
  const body = encodeServerKeyExchange(EXCHANGE);
  for (const curveType of [0, 1, 2, 4, 255]) {
    body[0] = curveType;
    assertRefused(
      () => parseServerKeyExchange(body),
      "SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH",
      "illegal_parameter",
      `the type of its curve is ${curveType}`,
    );
  }
  body[0] = NAMED_CURVE;
  assertEquals(parseServerKeyExchange(body), EXCHANGE);
});

Deno.test("parseServerKeyExchange() and encodeServerKeyExchange() want points of 1 to 255 bytes", () => {
  assertRefused(
    () => parseServerKeyExchange(Uint8Array.of(3, 0, 0x1d, 0, 8, 4, 0, 0)),
    "SSL_ERROR_RX_MALFORMED_SERVER_KEY_EXCH",
    "decode_error",
    "<1..255>",
  );
  const exchange = (length: number) =>
    encodeServerKeyExchange({
      ...EXCHANGE,
      params: { namedCurve: 0x1d, point: new Uint8Array(length) },
    });
  assertEquals(parseServerKeyExchange(exchange(1)).params.point.length, 1);
  assertEquals(parseServerKeyExchange(exchange(255)).params.point.length, 255);
  for (const length of [0, 256]) assertThrows(() => exchange(length), RangeError);
});
