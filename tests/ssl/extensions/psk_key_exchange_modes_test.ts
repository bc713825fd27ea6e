// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertThrows } from "@std/assert";
import { pskKeyExchangeModes } from "../../../ssl/extensions/psk_key_exchange_modes.ts";
import { refusesSyntax } from "./bodies.ts";
import { encodeWith } from "./samples.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("pskKeyExchangeModes refuses an empty list", () => {
  refusesSyntax(pskKeyExchangeModes, zeros(1));
  assertThrows(() => encodeWith(pskKeyExchangeModes, []), RangeError);
  assertThrows(() => encodeWith(pskKeyExchangeModes, Array(256).fill(0)), RangeError);
});
