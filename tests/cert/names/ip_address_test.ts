// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { formatIpAddress, parseIpAddress } from "../../../cert/names/ip_address.ts";

Deno.test("parseIpAddress() reads what formatIpAddress() prints", () => {
  const texts = ["0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "1::", "2001:db8::1"];
  texts.push("2001:db8:0:1:1:1:1:1", "2001:db8::1:0:0:1", "1:2:3:4:5:6:7:8", "2001:0:0:1::1");
  for (const text of texts) assertEquals(formatIpAddress(parseIpAddress(text)!), text);
});

Deno.test("parseIpAddress() reads every form of RFC 4291", () => {
  const canonical = (text: string) => formatIpAddress(parseIpAddress(text)!);
  assertEquals(canonical("2001:0DB8:0000:0000:0000:0000:0000:0001"), "2001:db8::1");
  assertEquals(canonical("::ffff:192.0.2.1"), "::ffff:c000:201");
  assertEquals(canonical("1:2:3:4:5:6:192.0.2.1"), "1:2:3:4:5:6:c000:201");
  assertEquals(canonical("[::1]"), "::1");
  assertEquals(canonical("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
});

Deno.test("parseIpAddress() refuses everything else", () => {
  const bad = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.256",
    "0x7f.0.0.1",
    "1.2.3.4 ",
    "[1.2.3.4]",
  ];
  bad.push(
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "g::",
    "::1%eth0",
  );
  bad.push(
    "1:2:3:4:5:6:7:8::",
    "::1.2.3",
    "1.2.3.4::",
    "[::1",
    "::1]",
    "x::1]",
    "[::1x",
    "fe80::1/64",
    "1:2:3:4:5:6:7:1.2.3.4",
  );
  for (const text of bad) assertEquals(parseIpAddress(text), null, text);
});

Deno.test("formatIpAddress() shortens the first of the longest runs of zeros, not a single one", () => {
  const of = (...groups: number[]) =>
    formatIpAddress(Uint8Array.from(groups.flatMap((g) => [g >> 8, g & 0xff])));
  assertEquals(of(1, 0, 0, 2, 0, 0, 3, 4), "1::2:0:0:3:4");
  assertEquals(of(1, 0, 2, 3, 4, 5, 6, 7), "1:0:2:3:4:5:6:7");
  assertEquals(of(0, 0, 1, 0, 0, 0, 1, 0), "0:0:1::1:0");
  assertEquals(formatIpAddress(Uint8Array.of(1, 2)), "0102");
});
