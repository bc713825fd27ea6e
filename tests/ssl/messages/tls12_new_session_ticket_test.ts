// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  encodeTls12NewSessionTicket,
  parseTls12NewSessionTicket,
} from "../../../ssl/messages/tls12_new_session_ticket.ts";

Deno.test("encodeTls12NewSessionTicket() writes what RFC 5077 says", () => {
  const message = { ticketLifetimeHint: 0xfffefdfc, ticket: Uint8Array.of(7) };
  const body = Uint8Array.of(0xff, 0xfe, 0xfd, 0xfc, 0, 1, 7);
  assertEquals(encodeTls12NewSessionTicket(message), body);
  assertEquals(parseTls12NewSessionTicket(body), message);
});

Deno.test("encodeTls12NewSessionTicket() takes tickets of 0 to 2^16-1 bytes", () => {
  const encode = (length: number) =>
    encodeTls12NewSessionTicket({ ticketLifetimeHint: 0, ticket: new Uint8Array(length) });
  for (const length of [0, 0xffff]) {
    assertEquals(parseTls12NewSessionTicket(encode(length)).ticket.length, length);
  }
  assertThrows(() => encode(0x10000), RangeError);
});
