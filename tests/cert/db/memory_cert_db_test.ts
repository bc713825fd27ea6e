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
