// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertThrows } from "@std/assert";
import {
  keyShareClientHello,
  keyShareHelloRetryRequest,
  keyShareServerHello,
} from "../../../ssl/extensions/key_share.ts";
import { assertRefused } from "../messages/refused.ts";
import { refusesSyntax, vector16, write } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("keyShareClientHello refuses two shares of one group, even if they are equal", () => {
  const share = (group: number) => ({ group, keyExchange: Uint8Array.of(1) });
  const body = encodeWith(keyShareClientHello, [share(0x1d), share(0x17), share(0x1d)]);
  assertRefused(
    () => parseWith(keyShareClientHello, body),
    "SSL_ERROR_RX_MALFORMED_KEY_SHARE",
    "illegal_parameter",
    "two shares are of group 0x1d",
  );
});

Deno.test("keyShareClientHello and keyShareServerHello refuse an empty key_exchange", () => {
  refusesSyntax(keyShareClientHello, vector16((w) => w.u16(0x1d).u16(0)));
  refusesSyntax(keyShareServerHello, write((w) => w.u16(0x1d).u16(0)));
  const empty = { group: 0x1d, keyExchange: zeros(0) };
  assertThrows(() => encodeWith(keyShareServerHello, empty), RangeError);
  assertThrows(() => encodeWith(keyShareClientHello, [empty]), RangeError);
  // A HelloRetryRequest has the group and nothing else.
  refusesSyntax(keyShareHelloRetryRequest, write((w) => w.u16(0x1d).vector16(zeros(1))));
});
