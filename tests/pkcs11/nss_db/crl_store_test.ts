// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createCertificate, createCrl, type Crl, type ErrorName, NssError } from "@nss/nss/cert";
import { type NssDbToken, openNssDb } from "@nss/nss/pkcs11/nss-db";
import { DatabaseSync } from "node:sqlite";

interface Place {
  readonly directory: string;
  readonly token: NssDbToken;
  readonly crlOf: (name: string, day: number, number?: number) => Promise<Crl>;
}

async function withToken(fn: (place: Place) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "nss_crls_" });
  const token = await openNssDb(directory, { create: true });
  try {
    const keys = await token.generateKeyPair("ec-p256");
    const crlOf = async (name: string, day: number, crlNumber = day) => {
      const certificate = await createCertificate({ ...keys, subject: `CN=${name}`, isCa: true });
      const thisUpdate = new Date(Date.UTC(2026, 0, day));
      const issuer = { certificate, privateKey: keys.privateKey };
      return await createCrl({ issuer, crlNumber, thisUpdate, revoked: [] });
    };
    await fn({ directory, token, crlOf });
  } finally {
    await token.close();
    await Deno.remove(directory, { recursive: true });
  }
}

async function failsWith(run: () => Promise<unknown>, name: ErrorName): Promise<void> {
  assertEquals((await assertRejects(run, NssError)).name, name);
}

Deno.test("NssCrlStore keeps one CRL of each issuer, the newest, with where it is from", async () => {
  await withToken(async ({ token, directory, crlOf }) => {
    const { crls } = token;
    const [first, second, other] = [await crlOf("A", 1), await crlOf("A", 2), await crlOf("B", 1)];
    assert(await crls.importCrl(first, { url: "http://a.test/crl" }));
    assertEquals(await crls.importCrl(first), false);
    assert(await crls.importCrl(other));
    assert(await crls.importCrl(second));
    await failsWith(() => crls.importCrl(first), "SEC_ERROR_OLD_CRL");
    const stored = await crls.find();
    assertEquals(stored.map(({ crl, url }) => [`${crl?.issuer} ${crl?.crlNumber}`, url]).sort(), [
      ["CN=A 2", null],
      ["CN=B 1", null],
    ]);
    assertEquals((await crls.find(first.issuer))[0]?.crl?.der, second.der);
    // Another program sees the same
    const reader = await openNssDb(directory);
    assertEquals((await reader.crls.find()).length, 2);
    await failsWith(() => reader.crls.importCrl(second), "SEC_ERROR_READ_ONLY");
    await failsWith(() => reader.crls.deleteCrl(first.issuer), "SEC_ERROR_READ_ONLY");
    await reader.close();
    assert(await crls.deleteCrl(first.issuer));
    assertEquals(await crls.deleteCrl(first.issuer), false);
    assertEquals((await crls.find()).map(({ issuer }) => String(issuer)), ["CN=B"]);
  });
});

Deno.test("NssCrlStore takes two CRLs of the same moment for two versions: the last one stays", async () => {
  await withToken(async ({ token: { crls }, crlOf }) => {
    await crls.importCrl(await crlOf("A", 1));
    const again = await crlOf("A", 1, 2);
    assert(await crls.importCrl(again));
    assertEquals((await crls.find()).map(({ crl }) => crl?.der), [again.der]);
  });
});

Deno.test("NssCrlStore refuses a CRL that is damaged, or that is stored as another issuer's", async () => {
  await withToken(async ({ token, directory, crlOf }) => {
    await token.crls.importCrl(await crlOf("A", 1));
    const change = (sql: string) => {
      const database = new DatabaseSync(`${directory}/cert9.db`);
      database.exec(sql);
      database.close();
    };
    const rows = "WHERE a0 = x'ce534351'";
    change(`UPDATE nssPublic SET a101 = x'300d310b3009060355040313025a5a' ${rows}`);
    await failsWith(() => token.crls.find(), "SEC_ERROR_BAD_DATABASE");
    change(`UPDATE nssPublic SET a11 = x'3000' ${rows}`);
    await failsWith(() => token.crls.find(), "SEC_ERROR_BAD_DATABASE");
    change(`UPDATE nssPublic SET a101 = x'3000', a11 = NULL ${rows}`);
    await failsWith(() => token.crls.find(), "SEC_ERROR_BAD_DATABASE");
    // Certificates and keys can be used all the same
    assertEquals((await token.listKeys()).length, 1);
    assertEquals(await token.certificates.find({}), []);
  });
});
