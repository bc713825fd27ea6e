// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { MAX_PATH_LENGTH } from "../../../cert/verify/build_path.ts";
import type { CertSource } from "../../../cert/db/cert_db.ts";
import { findIssuers, MAX_ISSUER_LOOKUPS } from "../../../cert/verify/find_issuers.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { issue } from "../_support.ts";

/** Counts look-ups. */
function counting(source: CertSource): { source: CertSource; count: () => number } {
  let count = 0;
  return {
    source: {
      name: "Counting",
      find: (query, options) => {
        count++;
        return source.find(query, options);
      },
    },
    count: () => count,
  };
}

Deno.test(`findIssuers() asks for ${MAX_ISSUER_LOOKUPS} names and no more`, async () => {
  const leaf = await issue({ issuerName: "CN=0" });
  for (const names of [MAX_ISSUER_LOOKUPS, MAX_ISSUER_LOOKUPS + 1]) {
    // Certificates of the name that is looked for, each of an issuer of its own
    const more = await Promise.all(
      Array.from(
        { length: names - 1 },
        async (_, i) => (await issue({ subject: "CN=0", issuerName: `CN=${i + 1}` })).certificate,
      ),
    );
    const { source, count } = counting(new MemoryCertDB());
    const { records, sent } = await findIssuers(
      source,
      leaf.certificate,
      more,
      () => false,
      {},
    );
    assertEquals([records.length, sent.length], [0, more.length]);
    assertEquals(count(), MAX_ISSUER_LOOKUPS);
  }
});

Deno.test("findIssuers() asks for each name once, and not above where a path may end", async () => {
  const db = new MemoryCertDB();
  const root = await issue({
    ca: true,
    issuerName: "CN=b",
    subject: "CN=a",
    serial: Uint8Array.of(1),
  });
  const other = await issue({
    ca: true,
    issuerName: "CN=a",
    subject: "CN=b",
    serial: Uint8Array.of(2),
  });
  await importCert(db, root.certificate, { trust: "C,," });
  await importCert(db, other.certificate);
  const leaf = await issue({ issuer: root, issuerName: "CN=a" });
  const { source, count } = counting(db);
  const loop = await findIssuers(source, leaf.certificate, [], () => false, {});
  assertEquals(loop.records.length, 2);
  assertEquals(count(), 2);
  const short = await findIssuers(source, leaf.certificate, [], ({ trust }) => trust !== null, {});
  assertEquals(short.records.length, 1);
  assertEquals(count(), 3);
});

Deno.test(`findIssuers() climbs ${MAX_PATH_LENGTH} certificates and an anchor`, async () => {
  const db = new MemoryCertDB();
  for (let i = 1; i <= MAX_PATH_LENGTH + 3; i++) {
    const { certificate } = await issue({ subject: `CN=${i}`, issuerName: `CN=${i + 1}` });
    await importCert(db, certificate);
  }
  const leaf = await issue({ issuerName: "CN=1" });
  const found = await findIssuers(db, leaf.certificate, [], () => false, {});
  assertEquals(found.records.length, MAX_PATH_LENGTH + 1);
});

Deno.test("findIssuers() leaves out what it could not ask the store for", async () => {
  const leaf = await issue({ issuerName: "CN=a" });
  // One name, in as many spellings as may be asked for besides the leaf's own, and one more
  const spelling = (i: number) =>
    `CN=${" ".repeat(i)}a`.replace(/= +/, (s) => s.replaceAll(" ", "\\ "));
  const more = await Promise.all(
    Array.from(
      { length: MAX_ISSUER_LOOKUPS },
      async (_, i) => (await issue({ subject: spelling(i + 1), issuerName: "CN=a" })).certificate,
    ),
  );
  const { source, count } = counting(new MemoryCertDB());
  const { sent } = await findIssuers(source, leaf.certificate, more, () => false, {});
  assertEquals(sent, more.slice(0, -1));
  assertEquals(count(), MAX_ISSUER_LOOKUPS);
});
