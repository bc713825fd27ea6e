// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { MAX_DNS_NAME_LENGTH, normalizeDnsName } from "../../../cert/names/dns_name.ts";

Deno.test("normalizeDnsName() takes the preferred name syntax, lower-cased", () => {
  const names = ["a", "localhost", "example.com", "xn--bcher-kva.example", "1.example", "a-b.c"];
  for (const name of names) assertEquals(normalizeDnsName(name.toUpperCase()), name);
});

Deno.test("normalizeDnsName() refuses what is no host name", () => {
  const bad = ["", ".", "a.", ".a", "a..b", "-a.b", "a-.b", "a_b", "*.a", "a b", "ü.de", "1.2.3.4"];
  // To systems each is an address
  const numbers = ["a.1", "127.0.0.0x1", "127.0.0.0X7F", "0x7f000001", "0177.0.0.01", "1.0x"];
  for (const name of [...bad, ...numbers, "a\0.b", "b*.a"]) {
    assertEquals(normalizeDnsName(name), null);
  }
});

Deno.test("normalizeDnsName() takes underscores, wildcards and final dots where allowed", () => {
  assertEquals(normalizeDnsName("_a.b_c", { underscore: true }), "_a.b_c");
  assertEquals(normalizeDnsName("*.A", { wildcard: true }), "*.a");
  assertEquals(normalizeDnsName("*", { wildcard: true }), null);
  assertEquals(normalizeDnsName("a.*.b", { wildcard: true }), null);
  assertEquals(normalizeDnsName("a.b.", { finalDot: true }), "a.b");
  assertEquals(normalizeDnsName("a.b..", { finalDot: true }), null);
});

Deno.test("normalizeDnsName() bounds labels at 63 and names at 253 characters", () => {
  assertEquals(normalizeDnsName("a".repeat(63)), "a".repeat(63));
  assertEquals(normalizeDnsName("a".repeat(64)), null);
  const name = (length: number) => "a.".repeat(200).slice(0, length - 1) + "b";
  assertEquals(normalizeDnsName(name(MAX_DNS_NAME_LENGTH))?.length, MAX_DNS_NAME_LENGTH);
  assertEquals(normalizeDnsName(name(MAX_DNS_NAME_LENGTH + 1)), null);
});
