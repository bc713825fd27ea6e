// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { FRAMING_FACTOR, MAX_WASTE, REQUEST_ALLOWANCE, Waste } from "../../../ssl/http/waste.ts";

Deno.test("Waste takes MAX_WASTE bytes, and REQUEST_ALLOWANCE for each request in progress, and no more", () => {
  for (const inProgress of [0, 1, 100]) {
    const waste = new Waste();
    waste.receive(MAX_WASTE + inProgress * REQUEST_ALLOWANCE);
    assertEquals(waste.isTooMuch(inProgress, 0), false);
    waste.receive(1);
    assertEquals(waste.isTooMuch(inProgress, 0), true);
  }
});

Deno.test("Waste is paid for by requests, bodies and what is delivered, and not ahead", () => {
  const useful: readonly ((waste: Waste) => unknown)[] = [
    (waste) => waste.begin(),
    (waste) => waste.read(REQUEST_ALLOWANCE / FRAMING_FACTOR),
    (waste) => waste.isTooMuch(100, REQUEST_ALLOWANCE / FRAMING_FACTOR),
  ];
  for (const pay of useful) {
    const waste = new Waste();
    pay(waste);
    waste.receive(MAX_WASTE + 1);
    pay(waste);
    const delivered = pay === useful[2] ? REQUEST_ALLOWANCE / FRAMING_FACTOR : 0;
    assertEquals(waste.isTooMuch(0, delivered), pay === useful[2], String(pay));
    waste.receive(REQUEST_ALLOWANCE);
    assertEquals(waste.isTooMuch(0, delivered), true, String(pay));
  }
});
