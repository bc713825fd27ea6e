// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { sessionTicket, sessionTicketPromise } from "../../../ssl/extensions/session_ticket.ts";
import { refusesSyntax } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

Deno.test("sessionTicket is the whole body, without a length of its own", () => {
  for (const ticket of [new Uint8Array(0), Uint8Array.of(0, 1, 7)]) {
    assertEquals(encodeWith(sessionTicket, ticket), ticket);
    assertEquals(parseWith(sessionTicket, ticket), ticket);
  }
});

Deno.test("sessionTicketPromise has no body", () => {
  assertEquals(encodeWith(sessionTicketPromise, true), new Uint8Array(0));
  refusesSyntax(sessionTicketPromise, Uint8Array.of(0));
});
