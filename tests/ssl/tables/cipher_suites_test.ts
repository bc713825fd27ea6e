// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  CIPHER_SUITES,
  cipherSuiteById,
  MAX_RECORDS_AES_CBC,
  TLS12_CIPHER_SUITES,
  tls12CipherSuiteById,
  TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
  TLS_FALLBACK_SCSV,
} from "../../../ssl/tables/cipher_suites.ts";

Deno.test("cipherSuiteById() finds each row", () => {
  for (const suite of CIPHER_SUITES) {
    assertStrictEquals(cipherSuiteById(suite.id), suite);
  }
  assertEquals(cipherSuiteById(0x1304), undefined);
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

Deno.test("tls12CipherSuiteById() finds each row, and none of TLS 1.3", () => {
  for (const suite of TLS12_CIPHER_SUITES) {
    assertStrictEquals(tls12CipherSuiteById(suite.id), suite);
    assertEquals(cipherSuiteById(suite.id), undefined);
  }
  for (const { id } of CIPHER_SUITES) {
    assertEquals(tls12CipherSuiteById(id), undefined);
  }
  for (const scsv of [TLS_EMPTY_RENEGOTIATION_INFO_SCSV, TLS_FALLBACK_SCSV]) {
    assertEquals(tls12CipherSuiteById(scsv), undefined);
  }
});

Deno.test("TLS12_CIPHER_SUITES have NSS's order, and IANA's numbers", () => {
  assertEquals(TLS12_CIPHER_SUITES.map(({ id, name }) => `${id.toString(16)} ${name}`), [
    "c02b TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "c02f TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "cca9 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "cca8 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "c02c TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "c030 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "c00a TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "c009 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "c013 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "c023 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "c027 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "c014 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "c024 TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    "c028 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    "ccac TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", // NSS has none with pre-shared keys
  ]);
});

Deno.test("TLS12_CIPHER_SUITES have the columns that their names tell", () => {
  const fixedIvLengths = { "AES-GCM": 4, "ChaCha20-Poly1305": 12, "AES-CBC": 0 };
  const limits = {
    "AES-GCM": 23726566,
    "ChaCha20-Poly1305": 2 ** 48,
    "AES-CBC": MAX_RECORDS_AES_CBC,
  };
  for (const suite of TLS12_CIPHER_SUITES) {
    const [, auth, , bits, mode, hash] =
      /^TLS_ECDHE_(ECDSA|RSA|PSK)_WITH_(AES_(\d+)_(GCM|CBC)|CHACHA20_POLY1305)_(SHA\d*)$/
        .exec(suite.name)!;
    const bulk = mode === undefined ? "ChaCha20-Poly1305" : `AES-${mode}`;
    assertEquals(suite.auth, auth!.toLowerCase());
    assertEquals(suite.bulk, bulk);
    assertEquals(suite.keyLength, bits === undefined ? 32 : Number(bits) / 8);
    assertEquals(suite.fixedIvLength, fixedIvLengths[suite.bulk]);
    assertEquals(suite.maxRecords, limits[suite.bulk]);
    assertEquals(suite.enabledByDefault, bulk !== "AES-CBC" && auth !== "PSK");
    const macLengths: Readonly<Record<string, number>> = { SHA: 20, SHA256: 32, SHA384: 48 };
    assertEquals(suite.macLength, bulk === "AES-CBC" ? macLengths[hash!] : 0);
    const mac = hash === "SHA" ? "SHA-1" : hash!.replace("SHA", "SHA-");
    assertEquals(suite.mac, bulk === "AES-CBC" ? mac : null);
    // RFC 5246, Section 5: no suite has a weaker PRF than that of SHA-256.
    assertEquals(suite.hash, hash === "SHA384" ? "SHA-384" : "SHA-256");
    assertEquals(suite.hashLength, Number(suite.hash.slice(4)) / 8);
  }
});

Deno.test("TLS_EMPTY_RENEGOTIATION_INFO_SCSV and TLS_FALLBACK_SCSV are those of the RFCs", () => {
  assertEquals([TLS_EMPTY_RENEGOTIATION_INFO_SCSV, TLS_FALLBACK_SCSV], [0x00ff, 0x5600]);
});
