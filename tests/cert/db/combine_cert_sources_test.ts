// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { CertSource } from "../../../cert/db/cert_db.ts";
import { combineCertSources } from "../../../cert/db/combine_cert_sources.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { nicknameOf } from "../../../cert/db/nicknames.ts";
import { formatTrust, parseTrust } from "../../../cert/db/trust_flags.ts";
import { issue } from "../_support.ts";
import { testCertDB } from "../cert_db_conformance.ts";

testCertDB("combineCertSources()", () =>
  Promise.resolve({
    db: combineCertSources([new MemoryCertDB(), new MemoryCertDB({ name: "Other" })]),
  }));

function readOnly(db: MemoryCertDB): CertSource {
  return { name: db.name, find: (query) => db.find(query) };
}

Deno.test("combineCertSources() makes one record of one certificate", async () => {
  const { certificate } = await issue({ ca: true });
  const own = new MemoryCertDB({ name: "Own" });
  const token = new MemoryCertDB({ name: "Token", hasKey: () => true });
  const roots = new MemoryCertDB({ name: "Roots" });
  await own.importCert(certificate);
  await token.importCert(certificate, { nickname: "card" });
  await roots.importCert(certificate, { nickname: "root", trust: parseTrust("C,,") });

  const db = combineCertSources([own, token, roots]);
  assertEquals(db.name, "Own");
  for (const query of [{}, { nickname: "Token:card" }]) {
    const records = await db.find(query);
    assertEquals(records.length, 1);
    assertEquals(nicknameOf(records[0]!), "Token:card");
    assertEquals(formatTrust(records[0]!.trust!), "C,,");
    assert(records[0]!.hasKey);
  }
  // What the first one says of trust overrides the others
  await own.setTrust(certificate, parseTrust(",,"));
  assertEquals(formatTrust((await db.find({ nickname: "Roots:root" }))[0]!.trust!), ",,");
});

Deno.test("combineCertSources() finds nicknames of others behind their names only", async () => {
  const { certificate } = await issue();
  const token = new MemoryCertDB({ name: "Token" });
  await token.importCert(certificate, { nickname: "mine" });
  const db = combineCertSources([new MemoryCertDB(), token]);
  assertEquals(await db.find({ nickname: "mine" }), []);
  assertEquals(await db.find({ nickname: "Other:mine" }), []);
  assertEquals((await db.find({ nickname: "Token:mine" }))[0]!.nickname, "mine");
  assertEquals((await db.find({ nickname: "Token:mine", der: certificate.der })).length, 1);
});

Deno.test("combineCertSources() writes to the first that can be written", async () => {
  const { certificate } = await issue();
  const roots = new MemoryCertDB({ name: "Roots" });
  await roots.importCert(certificate, { nickname: "root", trust: parseTrust("C,,") });
  const own = new MemoryCertDB({ name: "Own" });
  const db = combineCertSources([readOnly(roots), own], { name: "All" });
  assertEquals(db.name, "All");
  assertEquals(db.isReadOnly, false);
  // Trust in what is read-only is stored with a copy
  await db.setTrust(certificate, parseTrust("p,p,p"));
  assertEquals(formatTrust((await own.find({}))[0]!.trust!), "p,p,p");
  assert(await db.deleteCert(certificate));
  assertEquals(await own.find({}), []);
  assertEquals((await db.find({})).length, 1);
});

Deno.test("combineCertSources() is read-only where all are", async () => {
  const { certificate } = await issue();
  const db = combineCertSources([readOnly(new MemoryCertDB({ name: "Roots" }))]);
  assert(db.isReadOnly);
  for (
    const write of [
      () => db.importCert(certificate),
      () => db.deleteCert(certificate),
      () => db.setTrust(certificate, null),
    ]
  ) {
    const error = await assertRejects(write, NssError);
    assertEquals(error.name, "SEC_ERROR_READ_ONLY");
  }
  assertEquals(combineCertSources([]).isReadOnly, true);
});

Deno.test("combineCertSources() fails where one fails, and tells problems", async () => {
  const { certificate } = await issue();
  const own = new MemoryCertDB();
  await own.importCert(certificate, { trust: parseTrust("C,,") });
  const broken: CertSource = {
    name: "Broken",
    find: () => Promise.reject(new NssError("SEC_ERROR_IO", "Cannot read")),
  };
  const error = await assertRejects(() => combineCertSources([own, broken]).find({}), NssError);
  assertEquals(error.name, "SEC_ERROR_IO");
  const problem = new NssError("SEC_ERROR_NO_MODULE", "Cannot load");
  const lacking: CertSource = { name: "Lacking", problem, find: () => Promise.resolve([]) };
  assertEquals(combineCertSources([own, lacking]).problem, problem);
  assertEquals(combineCertSources([own]).problem, null);
});
