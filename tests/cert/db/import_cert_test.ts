// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertRejects } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { formatTrust, parseTrust } from "../../../cert/db/trust_flags.ts";
import { issue } from "../_support.ts";

Deno.test("importCert() takes certificates, DER and PEM, and trust in either form", async () => {
  const { certificate } = await issue();
  const pem = certificate.toPem();
  for (const input of [certificate, certificate.der, pem, new TextEncoder().encode(pem)]) {
    const db = new MemoryCertDB();
    const record = await importCert(db, input, { nickname: "n", trust: parseTrust("P,,") });
    assertEquals(record.certificate.der, certificate.der);
    assertEquals(record.nickname, "n");
    assertEquals(formatTrust(record.trust!), "P,,");
  }
});

Deno.test("importCert() does not store that a key is there", async () => {
  const { certificate } = await issue();
  const { trust } = await importCert(new MemoryCertDB(), certificate, { trust: "Pu,u,u" });
  assertEquals(formatTrust(trust!), "P,,");
});

Deno.test("importCert() refuses several certificates, none, and trust that is none", async () => {
  const { certificate } = await issue();
  const db = new MemoryCertDB();
  const cases: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["SEC_ERROR_INVALID_ARGS", () => importCert(db, certificate.toPem().repeat(2))],
    ["SEC_ERROR_BAD_DER", () => importCert(db, "")],
    ["SEC_ERROR_BAD_DER", () => importCert(db, Uint8Array.of(0x30, 0))],
    ["SEC_ERROR_INVALID_ARGS", () => importCert(db, certificate, { trust: "X,," })],
  ];
  for (const [name, fn] of cases) assertEquals((await assertRejects(fn, NssError)).name, name);
  assertEquals(await db.find({}), []);
});
