// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertMatch } from "@std/assert";
import { suitesOf } from "../../../ssl/node/cipher_list.ts";
import { opensslSuiteName } from "../../../ssl/node/openssl_names.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../../../ssl/tables/cipher_suites.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { programVersion, run } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";
import { thrownBy } from "./_node_peers.ts";

const TLS13 = CIPHER_SUITES.map(({ name }) => name);
const OFF = TLS12_CIPHER_SUITES.filter(({ enabledByDefault }) => !enabledByDefault)
  .map(({ name }) => opensslSuiteName(name));
const ours = (list: string) => suitesOf(list).map(opensslSuiteName);
const ofTls12 = (list: string) => ours(list).filter((name) => !name.startsWith("TLS_"));

Deno.test("suitesOf: each suite goes by OpenSSL's name and by IANA's", () => {
  for (const { name } of TLS12_CIPHER_SUITES) {
    assertEquals(suitesOf(name), [...TLS13, name]);
    assertEquals(suitesOf(opensslSuiteName(name)), [...TLS13, name]);
  }
  for (const { name } of CIPHER_SUITES) assertEquals(suitesOf(name), [name]);
});

Deno.test("suitesOf: suites of TLS 1.3 are taken by their full name, and are all in use otherwise", () => {
  assertEquals(suitesOf("TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"), [
    "TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_GCM_SHA256",
  ]);
  assertEquals(suitesOf("DEFAULT:!TLS_CHACHA20_POLY1305_SHA256").slice(0, 2), [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
  ]);
  assertEquals(ours("ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256"), [
    "TLS_AES_128_GCM_SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
  ]);
});

Deno.test("suitesOf: words leave out AES-CBC, which has to be named in full", () => {
  for (const list of ["ALL", "HIGH", "DEFAULT", "AES128", "ECDHE", "ALL:SHA1:SHA256"]) {
    assertEquals(ofTls12(list).filter((name) => OFF.includes(name)), [], list);
  }
  assertEquals(ofTls12("HIGH:ECDHE-RSA-AES128-SHA").at(-1), "ECDHE-RSA-AES128-SHA");
  assertEquals(ofTls12("AESGCM:ECDHE-RSA-AES128-SHA:!SHA1"), ofTls12("AESGCM"));
});

Deno.test("suitesOf: @SECLEVEL up to 2 is taken, and lets in nothing weaker", () => {
  for (const level of [0, 1, 2]) assertEquals(ours(`DEFAULT@SECLEVEL=${level}`), ours("DEFAULT"));
  assertEquals(ours("AESGCM:@SECLEVEL=0"), ours("AESGCM"));
});

Deno.test("suitesOf: a list that leaves nothing says why", () => {
  for (
    const [list, why] of [
      ["DHE-RSA-AES128-GCM-SHA256", /TLS_DHE_RSA_.* its key exchange is finite-field/],
      ["AES128-SHA", /TLS_RSA_WITH_AES_128_CBC_SHA is not supported: its key exchange is RSA/],
      ["DES-CBC3-SHA:RC4-SHA", /3DES/],
      ["PSK-AES128-GCM-SHA256", /only ECDHE-PSK-CHACHA20-POLY1305 is supported/],
      ["", /supported are TLS_AES_128_GCM_SHA256/],
      ["nonsense", /supported are/],
      ["ALL:!ALL", /supported are/],
      ["TLS_AES_128_CCM_SHA256", /supported are/],
      ["ALL@SECLEVEL=3", /@SECLEVEL=3 is not supported, only levels up to 2/],
    ] as const
  ) {
    const error = thrownBy(() => suitesOf(list));
    assertEquals(error instanceof SslError && error.name, "SEC_ERROR_INVALID_ARGS");
    assertMatch(error.message, why);
  }
});

Deno.test("suitesOf: no text crashes it, and what it gives is a list of suites without duplicates", () => {
  const words = ["ALL", "AES", "!", "+", "-", "@", "@STRENGTH", ":", ",", "=", "TLS_", "SECLEVEL"];
  let seed = 1;
  const next = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  for (let i = 0; i < 5000; i++) {
    const list = Array.from({ length: next(8) }, () => words[next(words.length)]).join("");
    try {
      const suites = suitesOf(list);
      assertEquals(new Set(suites).size, suites.length, list);
    } catch (error) {
      assertEquals(error instanceof SslError, true, list);
    }
  }
});

const openssl = await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m);
const TITLE = "suitesOf: OpenSSL makes the same of each list";
if ("reason" in openssl) skip(TITLE, openssl.reason);
else {
  Deno.test(TITLE, async () => {
    const supported = TLS12_CIPHER_SUITES.map(({ name }) => opensslSuiteName(name));
    for (
      const list of [
        "ALL:!aECDSA",
        "HIGH:!aNULL:!MD5",
        "ECDHE+AESGCM",
        "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM",
        "ECDHE+AESGCM:+AES256",
        "AESGCM:-aRSA",
        "CHACHA20:AESGCM:!ECDSA",
        "ALL:-CHACHA20:CHACHA20",
        "AES256:AES128:@STRENGTH",
        "EECDH+aRSA EECDH,AES256",
        "kRSA:ECDHE-RSA-AES128-GCM-SHA256:RC4",
        "ECDHE-RSA-AES128-SHA:!SHA1:ECDHE-ECDSA-AES128-GCM-SHA256",
        "DEFAULT:!AES128:@SECLEVEL=1",
      ]
    ) {
      const { stdout } = await run("openssl", { args: ["ciphers", "-s", "-tls1_2", list] });
      const theirs = stdout.trim().split(":").filter((name) =>
        supported.includes(name) && (!OFF.includes(name) || list.includes(name))
      );
      // Words have another order within: NSS's
      assertEquals(ofTls12(list).toSorted(), theirs.toSorted(), list);
    }
  });
}
