// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { issue } from "../_support.ts";
import { testCertDB } from "../cert_db_conformance.ts";

testCertDB("MemoryCertDB", () => Promise.resolve({ db: new MemoryCertDB() }));

Deno.test("MemoryCertDB asks for private keys at each look-up", async () => {
  const { certificate } = await issue();
  let present = false;
  const db = new MemoryCertDB({ name: "Keys", hasKey: () => Promise.resolve(present) });
  assertEquals(db.name, "Keys");
  assertEquals((await db.importCert(certificate)).hasKey, false);
  present = true;
  assertEquals((await db.find({}))[0]!.hasKey, true);
});

Deno.test("MemoryCertDB looks at no other certificate where it imports one and finds it", async () => {
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, i) => issue({ subject: `CN=${i}` })),
  );
  const [stored, ...others] = made.map(({ certificate }) => certificate);
  const db = new MemoryCertDB();
  await db.importCert(stored!, { nickname: "stored" });
  let looks = 0;
  for (const name of ["der", "issuer", "subject", "serialNumber"] as const) {
    const value = stored![name];
    Object.defineProperty(stored, name, { get: () => (looks++, value) });
  }
  for (const one of others) {
    await db.importCert(one, { nickname: one.subject.toString() });
    const { der, issuer, serialNumber, subject } = one;
    for (
      const query of [
        { der },
        { issuer: issuer.der, serialNumber },
        { subject: subject.der },
        { nickname: subject.toString() },
      ]
    ) {
      assertEquals((await db.find(query)).map(({ certificate }) => certificate), [one]);
    }
  }
  assertEquals(looks, 0);
  assertEquals((await db.find({})).length, made.length);
});
