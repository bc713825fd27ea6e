// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import {
  encodeNewSessionTicket,
  parseNewSessionTicket,
} from "../../../ssl/messages/new_session_ticket.ts";
import { Writer } from "../../../ssl/wire/writer.ts";
import { assertRefused } from "./refused.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("parseNewSessionTicket() takes tickets of 1 byte or more", () => {
  const ticket = (length: number) =>
    new Writer().u32(1).u32(2).vector8(zeros(0)).vector16(zeros(length)).vector16(zeros(0))
      .finish();
  assertEquals(parseNewSessionTicket(ticket(1)).ticket.length, 1);
  assertEquals(parseNewSessionTicket(ticket(0xffff)).ticket.length, 0xffff);
  assertRefused(
    () => parseNewSessionTicket(ticket(0)),
    "SSL_ERROR_RX_MALFORMED_NEW_SESSION_TICKET",
    "decode_error",
    "<1..65535>",
  );
});

Deno.test("parseNewSessionTicket() takes up to 2^16-1 bytes of extensions", () => {
  const ticket = (extensions: number) =>
    new Writer().u32(1).u32(2).vector8(zeros(0)).vector16(zeros(1))
      .vector16((block) => block.u16(0x0a0a).vector16(zeros(extensions - 4))).finish();
  // RFC 9846, Section 4.7.1; RFC 8446 had 2^16-2.
  assertEquals(parseNewSessionTicket(ticket(0xffff)).extensions.types(), [0x0a0a]);
});

Deno.test("encodeNewSessionTicket() refuses what the RFC does not allow", () => {
  const good = {
    ticketLifetime: 2 ** 32 - 1,
    ticketAgeAdd: 2 ** 32 - 1,
    ticketNonce: zeros(255),
    ticket: zeros(1),
    extensions: new ExtensionBlock().addBody(0x0a0a, zeros(0xffff - 4)),
  };
  encodeNewSessionTicket(good);
  for (
    const fields of [
      { ticketLifetime: 2 ** 32 },
      { ticketAgeAdd: -1 },
      { ticketNonce: zeros(256) },
      { ticket: zeros(0) },
      { ticket: zeros(0x10000) },
      { extensions: new ExtensionBlock().addBody(0x0a0a, zeros(0x10000 - 4)) },
    ]
  ) assertThrows(() => encodeNewSessionTicket({ ...good, ...fields }), RangeError);
});
