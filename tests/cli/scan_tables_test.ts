// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The lists of nss scan beside those of the package and of other programs.

import { assert, assertEquals, assertGreater } from "@std/assert";
import { groupName, schemeName, suiteName } from "../../cli/explain/names.ts";
import { REGISTERED_SCHEMES } from "../../cli/explain/registered_schemes.ts";
import { REGISTERED_SUITES } from "../../cli/explain/registered_suites.ts";
import { TLS12_CURVES, TLS13_GROUPS } from "../../cli/scan/asked_groups.ts";
import {
  MAX_OFFERED_SUITES,
  OLD_PIECES,
  TLS12_PIECES,
  TLS13_PIECES,
  traitsOf,
} from "../../cli/scan/suite_traits.ts";
import { ABSENT_CIPHER_SUITES } from "../../ssl/tables/absent_cipher_suites.ts";
import {
  CIPHER_SUITES,
  TLS12_CIPHER_SUITES,
  TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
  TLS_FALLBACK_SCSV,
} from "../../ssl/tables/cipher_suites.ts";
import { NAMED_GROUPS } from "../../ssl/tables/named_groups.ts";
import { SIGNATURE_SCHEMES } from "../../ssl/tables/signature_schemes.ts";
import { openssl } from "../support/peers/openssl.ts";
import { runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";

Deno.test("nss scan knows all suites, groups and schemes of the package by their names", () => {
  for (const { id, name } of [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES, ...ABSENT_CIPHER_SUITES]) {
    assertEquals(suiteName(id), name);
  }
  for (const { id, name } of NAMED_GROUPS) {
    assertEquals(groupName(id), name);
    assert(TLS13_GROUPS.includes(id), name);
  }
  for (const { id, scheme } of SIGNATURE_SCHEMES) {
    assertEquals(schemeName(id), scheme);
    assert(REGISTERED_SCHEMES.includes(id), scheme);
  }
  const curves = NAMED_GROUPS.filter(({ tls12 }) => tls12).map(({ id }) => id);
  assertEquals(curves.filter((id) => !TLS12_CURVES.includes(id)), []);
  assertEquals(suiteName(0xfafb), "0xfafb");
});

Deno.test("nss scan offers each suite, signalling values never, and few at a time", () => {
  const ids = REGISTERED_SUITES.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  assertEquals(ids, ids.toSorted((a, b) => a - b));
  const signals = [TLS_EMPTY_RENEGOTIATION_INFO_SCSV, TLS_FALLBACK_SCSV];
  assertEquals(ids.filter((id) => signals.includes(id)), []);
  const asked = [...TLS13_PIECES.flat(), ...TLS12_PIECES.flat()];
  assertEquals([...new Set(asked)].toSorted((a, b) => a - b), ids);
  for (const piece of [...TLS13_PIECES, ...TLS12_PIECES, ...OLD_PIECES]) {
    assert(piece.length > 0 && piece.length <= MAX_OFFERED_SUITES, `${piece.length}`);
  }
});

const found = await openssl.available();
const title = "nss scan knows each suite that openssl knows, by the same name";
if (!found.ok) skip(title, found.reason);
else {
  Deno.test(title, async () => {
    const text = await runOk("openssl", [
      ...["ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"],
    ]);
    const rows = [...text.matchAll(/^\s*0x(..),0x(..) - (\S+)/gm)];
    assertGreater(rows.length, 100);
    for (const [, high, low, name] of rows) {
      assertEquals(suiteName(Number(`0x${high}${low}`)), name);
    }
  });
}

Deno.test("traitsOf() finds what is weak, what is signed, and which versions may have it", () => {
  const traits = (name: string) => {
    const { isTls13, needsTls12, isSigned, weaknesses } = traitsOf(name);
    return [
      ...isTls13 ? ["1.3"] : needsTls12 ? ["1.2"] : [],
      ...isSigned ? ["signed"] : [],
      ...weaknesses,
    ].join(" ");
  };
  assertEquals(traits("TLS_AES_128_CCM_8_SHA256"), "1.3");
  assertEquals(traits("TLS_SHA256_SHA256"), "1.3 null");
  assertEquals(traits("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), "1.2 signed");
  assertEquals(traits("TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"), "1.2 signed");
  assertEquals(traits("TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"), "1.2 signed");
  assertEquals(traits("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), "signed cbc");
  assertEquals(traits("TLS_RSA_WITH_AES_128_CBC_SHA256"), "1.2 cbc no-forward-secrecy");
  assertEquals(traits("TLS_RSA_WITH_NULL_SHA"), "null no-forward-secrecy");
  assertEquals(traits("TLS_RSA_WITH_RC4_128_MD5"), "rc4 no-forward-secrecy");
  assertEquals(traits("TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"), "signed triple-des cbc");
  assertEquals(traits("TLS_DH_anon_WITH_AES_128_GCM_SHA256"), "1.2 anonymous");
  assertEquals(
    traits("TLS_RSA_EXPORT_WITH_RC4_40_MD5"),
    "export rc4 no-forward-secrecy",
  );
  assertEquals(
    traits("TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA"),
    "signed export old-cipher cbc",
  );
  assertEquals(
    traits("TLS_RSA_EXPORT1024_WITH_RC4_56_SHA"),
    "export rc4 no-forward-secrecy",
  );
  assertEquals(traits("TLS_RSA_WITH_DES_CBC_SHA"), "old-cipher cbc no-forward-secrecy");
  assertEquals(traits("TLS_RSA_WITH_IDEA_CBC_SHA"), "old-cipher cbc no-forward-secrecy");
  assertEquals(traits("TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256"), "cbc");
  assertEquals(traits("TLS_PSK_WITH_AES_128_GCM_SHA256"), "1.2 no-forward-secrecy");
  assertEquals(traits("TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA"), "signed cbc");
  assertEquals(traits("TLS_ECDH_RSA_WITH_AES_128_CBC_SHA"), "cbc no-forward-secrecy");
});
