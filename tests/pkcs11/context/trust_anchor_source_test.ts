// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { setDefaultCertDBProvider } from "../../../cert/db/default_cert_db.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { findCertByNickname } from "../../../cert/db/find_cert.ts";
import { getDefaultCertDB } from "../../../cert/db/default_cert_db.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { getCertNicknames } from "../../../cert/db/nicknames.ts";
import { type TrustAnchor, trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { formatTrust } from "../../../cert/db/trust_flags.ts";
import { verifyCert } from "../../../cert/verify/verify_cert_usage.ts";
import { platformTrustAnchors } from "../../../pkcs11/context/builtins.ts";
import { defaultContext, NssContext } from "../../../pkcs11/context/context.ts";
import { TrustAnchorSource } from "../../../pkcs11/context/trust_anchor_source.ts";
import { issue, NOW } from "../../cert/_support.ts";

Deno.test("getDefaultCertDB() is the default context's, and an error without one", () => {
  assertStrictEquals(getDefaultCertDB(), defaultContext().certDB);
  assertStrictEquals(getDefaultCertDB(), getDefaultCertDB());
  const before = setDefaultCertDBProvider(null);
  try {
    const error = assertThrows(getDefaultCertDB, NssError);
    assertEquals(error.name, "SEC_ERROR_NOT_INITIALIZED");
  } finally {
    setDefaultCertDBProvider(before);
  }
});

Deno.test("NssContext.certDB has the platform's roots, trusted for servers", async () => {
  const { certDB } = new NssContext();
  const names = await getCertNicknames(certDB, "ca");
  const anchors = await platformTrustAnchors();
  assert(names.length > 100 && names.length <= anchors.length);
  assert(names.every((name) => name.startsWith("Builtin Object Token:")));
  const root = await findCertByNickname(certDB, names[0]!);
  const [record] = await certDB.find({ der: root!.der });
  assertEquals(formatTrust(record!.trust!), "C,,");
  assertEquals(record!.vetted, anchors[0]!.vetted);
});

Deno.test("NssContext.certDB trusts the anchors that are given, and what its database says first", async () => {
  const root = await issue({ ca: true });
  const leaf = await issue({ issuer: root });
  const certDB = new MemoryCertDB({ name: "Mine" });
  const context = new NssContext({ trustAnchors: [trustAnchorOf(root.certificate)], certDB });
  const verify = () => verifyCert(context.certDB, leaf.certificate, true, "sslServer", NOW);
  assertEquals(await verify(), [leaf.certificate, root.certificate]);
  assertEquals(context.certDB.name, "Mine");
  for (const trust of ["p,,", ",,"]) {
    await importCert(context.certDB, root.certificate, { trust });
    await assertRejects(verify, NssError);
    assertEquals((await certDB.find({})).length, 1);
  }
  await importCert(context.certDB, root.certificate, { trust: "C,," });
  assertEquals((await verify()).length, 2);
});

Deno.test("NssContext.certDB has the certificates of other sources", async () => {
  const { certificate } = await issue();
  const token = new MemoryCertDB({ name: "Token", hasKey: () => true });
  await importCert(token, certificate, { nickname: "card" });
  const { certDB } = new NssContext({ trustAnchors: [], certSources: [token] });
  assertEquals(await getCertNicknames(certDB, "user"), ["Token:card"]);
});

Deno.test("TrustAnchorSource remembers why it has nothing, until it has", async () => {
  const root = await issue({ ca: true });
  const leaf = await issue({ issuer: root });
  let allowed = false;
  const source = new TrustAnchorSource({
    name: "Roots",
    trust: "C,,",
    load: () =>
      allowed
        ? Promise.resolve([trustAnchorOf(root.certificate)])
        : Promise.reject(new NssError("SEC_ERROR_NO_MODULE", "A permission is missing")),
  });
  assertEquals(source.problem, null);
  const verify = () => verifyCert(source, leaf.certificate, true, "sslServer", NOW);
  assertEquals((await assertRejects(verify, NssError)).name, "SEC_ERROR_NO_MODULE");
  allowed = true;
  assertEquals((await verify()).length, 2);
  assertEquals(source.problem, null);
});

Deno.test("an anchor of the platform keeps its purposes and dates, whoever passes it on", async () => {
  const anchors = await platformTrustAnchors();
  const context = new NssContext({ trustAnchors: () => Promise.resolve([...anchors]) });
  const records = await context.certDB.find({});
  assertEquals(records.length, anchors.length);
  for (const [i, { trust, distrustAfter, vetted }] of records.entries()) {
    assertEquals(formatTrust(trust!), "C,,");
    assertEquals([distrustAfter, vetted], [anchors[i]!.distrustAfter, anchors[i]!.vetted]);
  }
});

Deno.test("TrustAnchorSource keeps what an anchor says of itself", async () => {
  const { certificate } = await issue({ ca: true });
  const { certificate: nameless } = await issue({
    ca: true,
    subject: "O=Only",
    serial: Uint8Array.of(2),
  });
  const { subject, subjectPublicKeyInfo } = certificate;
  const distrustAfter = new Date("2026-01-01");
  const anchors: readonly TrustAnchor[] = [
    { ...trustAnchorOf(certificate), distrustAfter, vetted: true },
    { subject, subjectPublicKeyInfo }, // a bare key is no record
    trustAnchorOf(nameless),
  ];
  const source = new TrustAnchorSource({
    name: "A",
    trust: "CT,,",
    load: () => Promise.resolve(anchors),
  });
  const records = await source.find({});
  assertEquals(records.map((r) => [r.nickname, r.vetted, r.distrustAfter]), [
    ["Test Root", true, distrustAfter],
    ["O=Only", false, undefined],
  ]);
  assertEquals((await source.find({ nickname: "O=Only" })).length, 1);
});
