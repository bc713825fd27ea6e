// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  CIPHER_SUITES,
  cipherSuiteById,
  cipherSuiteByName,
} from "../../../ssl/tables/cipher_suites.ts";

Deno.test("cipherSuiteById() and cipherSuiteByName() find each row", () => {
  for (const suite of CIPHER_SUITES) {
    assertStrictEquals(cipherSuiteById(suite.id), suite);
    assertStrictEquals(cipherSuiteByName(suite.name), suite);
  }
  assertEquals(cipherSuiteById(0x1304), undefined);
  assertEquals(cipherSuiteByName("TLS_NULL"), undefined);
});

Deno.test("CIPHER_SUITES have the lengths that their names tell", () => {
  for (const suite of CIPHER_SUITES) {
    const [, , bits] = /^TLS_(AES_(\d+)_GCM|CHACHA20_POLY1305)_SHA/.exec(suite.name)!;
    assertEquals(suite.keyLength, bits === undefined ? 32 : Number(bits) / 8);
    assertEquals(suite.aead, bits === undefined ? "ChaCha20-Poly1305" : "AES-GCM");
    assertEquals(suite.hash.replace("-", ""), suite.name.split("_").at(-1)!);
    assertEquals(suite.hashLength, Number(suite.hash.slice(4)) / 8);
  }
});

Deno.test("CIPHER_SUITES stop AES-GCM at 2^24.5 records", () => {
  // RFC 8446, Section 5.5.
  assertEquals(cipherSuiteById(0x1301)!.maxRecords, 23726566);
  assertEquals(cipherSuiteById(0x1302)!.maxRecords, 23726566);
  assertEquals(cipherSuiteById(0x1303)!.maxRecords, 2 ** 48);
});
