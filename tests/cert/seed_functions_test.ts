// Copyright 2026 the NSS for Deno authors. MIT license.

/** The functions of NSS's overview page that are one line here, by their names. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  destroyCertificate,
  dupCertificate,
  findCertByDER,
  findCertByIssuerAndSN,
  freeNicknames,
  getCertNicknames,
  importCert,
  MemoryCertDB,
} from "@nss/nss/cert";
import { issue } from "./_support.ts";

Deno.test("findCertByIssuerAndSN() tells apart certificates of one issuer by their serial numbers", async () => {
  const db = new MemoryCertDB();
  const [first, second] = await Promise.all([1, 2].map(async (serial) => {
    return (await issue({ subject: `CN=${serial}`, serial: Uint8Array.of(serial) })).certificate;
  }));
  for (const certificate of [first!, second!]) await importCert(db, certificate);
  const { issuer, serialNumber } = second!;
  assertStrictEquals(await findCertByIssuerAndSN(db, issuer, serialNumber), second);
  assertEquals(await findCertByIssuerAndSN(db, issuer, Uint8Array.of(3)), undefined);
});

Deno.test("findCertByDER() finds the certificate that is byte for byte the same", async () => {
  const db = new MemoryCertDB();
  const { certificate } = await issue({});
  assertEquals(await findCertByDER(db, certificate.der), undefined);
  await importCert(db, certificate);
  assertStrictEquals(await findCertByDER(db, certificate.der.slice()), certificate);
});

Deno.test("dupCertificate() gives the same certificate, and destroyCertificate() leaves it alone", async () => {
  const { certificate } = await issue({});
  const { der } = certificate;
  const dup = dupCertificate(certificate);
  destroyCertificate(certificate);
  assertStrictEquals(dup, certificate);
  assertEquals(dup.der, der);
});

Deno.test("destroyCertificate() leaves a certificate in its database", async () => {
  const db = new MemoryCertDB();
  const { certificate } = await issue({});
  await importCert(db, certificate);
  destroyCertificate(certificate);
  assertStrictEquals(await findCertByDER(db, certificate.der), certificate);
});

Deno.test("freeNicknames() leaves the list as it is", async () => {
  const db = new MemoryCertDB();
  const { certificate } = await issue({});
  await importCert(db, certificate, { nickname: "server" });
  const nicknames = await getCertNicknames(db, "all");
  freeNicknames(nicknames);
  assertEquals(nicknames, ["server"]);
});
