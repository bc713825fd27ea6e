// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  SIGNATURE_SCHEMES,
  signatureSchemeById,
  signatureSchemeByName,
} from "../../../ssl/tables/signature_schemes.ts";

Deno.test("signatureSchemeById() and signatureSchemeByName() find each row", () => {
  for (const row of SIGNATURE_SCHEMES) {
    assertStrictEquals(signatureSchemeById(row.id), row);
    assertStrictEquals(signatureSchemeByName(row.scheme), row);
  }
  assertEquals(new Set(SIGNATURE_SCHEMES.map(({ id }) => id)).size, SIGNATURE_SCHEMES.length);
  assertEquals(signatureSchemeById(0x0a0a), undefined);
  assertEquals(signatureSchemeByName("rsa_md5"), undefined);
});

Deno.test("SIGNATURE_SCHEMES keep PKCS#1 and SHA-1 out of TLS 1.3's CertificateVerify", () => {
  for (const { scheme, hash, tls13 } of SIGNATURE_SCHEMES) {
    assertEquals(tls13, !scheme.startsWith("rsa_pkcs1") && hash !== "SHA-1", scheme);
  }
});

Deno.test("SIGNATURE_SCHEMES have the hashes that their names tell", () => {
  for (const { scheme, hash } of SIGNATURE_SCHEMES) {
    const [, bits] = /sha(\d+)$/.exec(scheme) ?? [];
    assertEquals(hash, bits === undefined ? null : `SHA-${bits}`, scheme);
  }
});

Deno.test("SIGNATURE_SCHEMES bind TLS 1.3's ECDSA to a curve each", () => {
  const curves = SIGNATURE_SCHEMES.filter(({ keyType, tls13 }) => keyType === "ec" && tls13)
    .map(({ id, curve }) => [id, curve]);
  assertEquals(curves, [[0x0403, "P-256"], [0x0503, "P-384"], [0x0603, "P-521"]]);
});
