// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  alpnProtocol,
  alpnProtocols,
} from "../../../ssl/extensions/application_layer_protocol_negotiation.ts";
import { refusesSyntax, vector16 } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("alpnProtocols refuses empty lists and empty names", () => {
  const list = (...lengths: number[]) =>
    vector16((w) => lengths.forEach((length) => w.vector8(zeros(length).fill(0x61))));
  refusesSyntax(alpnProtocols, list());
  refusesSyntax(alpnProtocols, list(0));
  refusesSyntax(alpnProtocols, list(2, 0, 2));
  assertEquals(parseWith(alpnProtocols, list(1, 255)), ["a", "a".repeat(255)]);
  assertThrows(() => encodeWith(alpnProtocols, []), RangeError);
  assertThrows(() => encodeWith(alpnProtocols, ["h2", ""]), RangeError);
  assertThrows(() => encodeWith(alpnProtocols, ["a".repeat(256)]), RangeError);
});

Deno.test("alpnProtocol refuses any number of protocols but one", () => {
  refusesSyntax(alpnProtocol, encodeWith(alpnProtocols, ["h2", "http/1.1"]));
  refusesSyntax(alpnProtocol, zeros(2));
  assertEquals(parseWith(alpnProtocol, encodeWith(alpnProtocols, ["h2"])), "h2");
});
