// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { MAX_HOST_NAME_LENGTH, serverName } from "../../../ssl/extensions/server_name.ts";
import type { Writer } from "../../../ssl/wire/writer.ts";
import { assertRefused } from "../messages/refused.ts";
import { refusesSyntax, vector16 } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("serverName takes one host name and skips names of types to come", () => {
  const host = (name: string) => (w: Writer) => w.u8(0).vector16(new TextEncoder().encode(name));
  const other = (type: number) => (w: Writer) => w.u8(type).vector16(zeros(3));
  const list = (...names: ((w: Writer) => unknown)[]) =>
    vector16((w) => names.forEach((name) => name(w)));
  assertEquals(parseWith(serverName, list(host("a.example"))), "a.example");
  assertEquals(parseWith(serverName, list(other(1), host("a.example"), other(2))), "a.example");
  assertEquals(parseWith(serverName, list(other(1))), null);
  assertEquals(parseWith(serverName, list(host("a.example."))), "a.example.");
  for (const twice of [list(host("a"), host("b")), list(other(7), other(7))]) {
    assertRefused(
      () => parseWith(serverName, twice),
      "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO",
      "illegal_parameter",
      "two names are of type",
    );
  }
  refusesSyntax(serverName, list());
  refusesSyntax(serverName, list(host("")));
});

Deno.test("serverName refuses a host name that is no printable ASCII", () => {
  for (const name of ["a\0.example", "a b", "b\u00fccher.example", "a\n", "\x7f"]) {
    const body = vector16((w) => w.u8(0).vector16(new TextEncoder().encode(name)));
    assertRefused(
      () => parseWith(serverName, body),
      "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO",
      "illegal_parameter",
      "printable ASCII",
    );
    assertThrows(() => encodeWith(serverName, name), RangeError);
  }
  assertThrows(() => encodeWith(serverName, ""), RangeError);
  assertThrows(() => encodeWith(serverName, null), RangeError);
});

Deno.test("serverName takes a name of MAX_HOST_NAME_LENGTH and none longer", () => {
  const body = (length: number) => vector16((w) => w.u8(0).vector16(zeros(length).fill(0x61)));
  assertEquals(parseWith(serverName, body(MAX_HOST_NAME_LENGTH))?.length, MAX_HOST_NAME_LENGTH);
  refusesSyntax(serverName, body(MAX_HOST_NAME_LENGTH + 1));
  encodeWith(serverName, "a".repeat(MAX_HOST_NAME_LENGTH));
  assertThrows(() => encodeWith(serverName, "a".repeat(MAX_HOST_NAME_LENGTH + 1)), RangeError);
});
