// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertRejects } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { verifyCertificateNow, verifyCertNow } from "../../../cert/verify/verify_cert_now.ts";
import { issue } from "../_support.ts";

const day = (days: number) => `${new Date(Date.now() + days * 86_400_000).toISOString()}`;

Deno.test("verifyCertNow() and verifyCertificateNow() take the clock", async () => {
  const db = new MemoryCertDB();
  const cases: readonly (readonly [number, number, boolean])[] = [
    [-1, 1, true],
    [-2, -1, false],
    [1, 2, false],
  ];
  for (const [from, to, valid] of cases) {
    const { certificate } = await issue({
      notBefore: day(from),
      notAfter: day(to),
      serial: Uint8Array.of(to + 10),
    });
    await importCert(db, certificate, { trust: "P,," });
    const usages = await verifyCertificateNow(db, certificate, true);
    assertEquals(usages.includes("sslServer"), valid);
    if (valid) assertEquals(await verifyCertNow(db, certificate, true, "sslServer"), [certificate]);
    else {
      const error = await assertRejects(
        () => verifyCertNow(db, certificate, true, "sslServer"),
        NssError,
      );
      assertEquals(error.name, "SEC_ERROR_EXPIRED_CERTIFICATE");
    }
  }
});

Deno.test("verifyCertNow() refuses a usage that there is not", async () => {
  const { certificate } = await issue({});
  const error = await assertRejects(
    // deno-lint-ignore no-explicit-any -- what JavaScript may pass
    () => verifyCertNow(new MemoryCertDB(), certificate, true, "toString" as any),
    NssError,
  );
  assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
});
