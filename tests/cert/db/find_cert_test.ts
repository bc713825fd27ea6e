// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { CertSource } from "../../../cert/db/cert_db.ts";
import { matchesCertQuery } from "../../../cert/db/cert_db.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { subjectKeyIdentifier } from "../../../cert/extensions/key_identifiers.ts";
import {
  findCertByDER,
  findCertByIssuerAndSN,
  findCertByKeyID,
  findCertByName,
  findCertByNickname,
} from "../../../cert/db/find_cert.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { Name } from "../../../cert/names/name.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { issue, NOW } from "../_support.ts";

Deno.test("findCertByName() gives the newest, or the newest that is valid at a time", async () => {
  const make = async (serial: number, notBefore: string, notAfter: string) =>
    (await issue({ subject: "CN=n", serial: Uint8Array.of(serial), notBefore, notAfter }))
      .certificate;
  const old = await make(1, "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z");
  const present = await make(2, "2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z");
  const future = await make(3, "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z");
  const db = new MemoryCertDB();
  for (const certificate of [old, future, present]) await importCert(db, certificate);
  assertEquals(await findCertByName(db, "CN=n"), future);
  assertEquals(await findCertByName(db, "CN=n", { time: NOW }), present);
  assertEquals(await findCertByName(db, "CN=n", { time: new Date("2020-06-01") }), old);
  assertEquals(await findCertByName(db, "CN=n", { time: new Date("2025-06-01") }), future);
  assertEquals(await findCertByName(db, Name.parse("CN=n")), future);
  assertEquals(await findCertByName(db, old.subject.der), future);
  assertEquals(await findCertByName(db, "CN=m"), undefined);
  await assertRejects(() => findCertByName(db, "no name"), NssError, "Cannot parse name");
});

Deno.test("findCertBy…() find by serial number, encoding and key identifier", async () => {
  const { certificate } = await issue({ serial: Uint8Array.of(0, 0x90) });
  const db = new MemoryCertDB();
  await importCert(db, certificate);
  const { issuer, serialNumber, der, subjectKeyIdentifier } = certificate;
  assertEquals(await findCertByIssuerAndSN(db, issuer, serialNumber), certificate);
  assertEquals(await findCertByIssuerAndSN(db, issuer.der, serialNumber), certificate);
  assertEquals(await findCertByIssuerAndSN(db, issuer, Uint8Array.of(0x90)), undefined);
  assertEquals(await findCertByDER(db, der), certificate);
  assertEquals(await findCertByDER(db, der.subarray(1)), undefined);
  assertEquals(await findCertByKeyID(db, subjectKeyIdentifier!), certificate);
  assertEquals(await findCertByKeyID(db, Uint8Array.of(1)), undefined);
});

Deno.test("matchesCertQuery() takes a malformed key identifier for none", async () => {
  const bad = {
    ...makeExtension(subjectKeyIdentifier, Uint8Array.of(1)),
    value: Uint8Array.of(4, 9),
  };
  const { certificate } = await issue({ extensions: [bad] });
  const record = { certificate, nickname: null, trust: null, hasKey: false };
  assertEquals(matchesCertQuery(record, { subjectKeyIdentifier: Uint8Array.of(1) }), false);
  const { certificate: without } = await issue({ without: [OIDS.subjectKeyIdentifier] });
  const query = { subjectKeyIdentifier: new Uint8Array(0) };
  assertEquals(matchesCertQuery({ ...record, certificate: without }, query), false);
});

Deno.test("findCertByNickname() names what it cannot tell apart", async () => {
  const [a, b] = await Promise.all([issue({ subject: "CN=a" }), issue({ subject: "CN=b" })]);
  // A store of another program, in which two subjects have one nickname
  const source: CertSource = {
    name: "Other",
    find: () =>
      Promise.resolve([a, b].map(({ certificate }) => (
        { certificate, nickname: "same", trust: null, hasKey: false }
      ))),
  };
  const error = await assertRejects(() => findCertByNickname(source, "same"), NssError);
  assertEquals(error.name, "SEC_ERROR_BAD_NICKNAME");
  assertStringIncludes(error.message, '"CN=a"');
  assertStringIncludes(error.message, (await b.certificate.fingerprint()).toHex().slice(0, 16));
});

Deno.test("findCertByNickname() hands the pin argument to the store", async () => {
  const seen: unknown[] = [];
  const source: CertSource = {
    name: "Token",
    find: (_, options) => {
      seen.push(options?.pinArg);
      return Promise.resolve([]);
    },
  };
  const pinArg = { window: 1 };
  assertEquals(await findCertByNickname(source, "x", { pinArg }), undefined);
  assertEquals(seen, [pinArg]);
});
