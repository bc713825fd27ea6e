// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What every store of certificates must do: one suite for memory, NSS databases, PKCS#11 modules,
 * Deno KV.
 *
 * ```ts ignore
 * testCertDB("MemoryCertDB", () => Promise.resolve({ db: new MemoryCertDB() }));
 * ```
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import type { CertDB, CertQuery, CertRecord } from "../../cert/db/cert_db.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { formatTrust, parseTrust } from "../../cert/db/trust_flags.ts";
import { issue, type TestCertificate } from "./_support.ts";

/** A store, empty, and how to be done with it. */
export interface OpenCertDB {
  /** The store. */
  readonly db: CertDB;
  /** Opens the same store once more, where it outlives its object. */
  readonly reopen?: () => Promise<CertDB>;
  /** Closes and removes it. */
  readonly close?: () => Promise<void> | void;
}

/** What a store leaves out of the suite. */
export interface CertDBTestOptions {
  /**
   * Whether one nickname is stored for each subject, so that a second certificate of the subject
   * gets the first one's whatever is asked for (NSS's own import does that).
   */
  readonly nicknamePerSubject?: boolean;
  /**
   * Whether `setTrust(certificate, null)` leaves an empty trust, because the store cannot say
   * nothing.
   */
  readonly trustAlwaysStored?: boolean;
}

interface Fixtures {
  readonly root: TestCertificate;
  readonly leaf: Certificate;
  readonly renewed: Certificate;
  readonly other: Certificate;
}

let fixtures: Promise<Fixtures> | undefined;

/**
 * Four certificates: an authority, two of one subject that it issued, and one that stands alone.
 */
function makeFixtures(): Promise<Fixtures> {
  return fixtures ??= (async () => {
    const root = await issue({ ca: true, subject: "CN=Conformance Root,O=Example" });
    const [leaf, renewed, other] = await Promise.all([
      issue({ issuer: root, subject: "CN=leaf", serial: Uint8Array.of(0, 0x80, 1) }),
      issue({ issuer: root, subject: "CN=leaf", serial: Uint8Array.of(2) }),
      issue({ subject: "CN=\u00fcber,O=Example\\, Inc.", serial: Uint8Array.of(3) }),
    ]);
    return {
      root,
      leaf: leaf.certificate,
      renewed: renewed.certificate,
      other: other.certificate,
    };
  })();
}

/** The certificates of records, in an order that depends on nothing. */
function ders(records: readonly CertRecord[]): string[] {
  return records.map(({ certificate }) => certificate.der.toHex()).sort();
}

function hexes(...certificates: readonly Certificate[]): string[] {
  return certificates.map(({ der }) => der.toHex()).sort();
}

async function rejectsWith(name: string, fn: () => Promise<unknown>): Promise<void> {
  const error = await assertRejects(fn, NssError);
  assertEquals(error.name, name);
}

/**
 * Registers the suite for one kind of store.
 *
 * @param name What the store is called in the titles.
 * @param open Opens an empty store.
 * @param options What the store does otherwise.
 */
export function testCertDB(
  name: string,
  open: () => Promise<OpenCertDB>,
  options: CertDBTestOptions = {},
): void {
  const test = (title: string, fn: (opened: OpenCertDB, made: Fixtures) => Promise<void>): void => {
    Deno.test(`${name} ${title}`, async () => {
      const made = await makeFixtures();
      const opened = await open();
      try {
        await fn(opened, made);
      } finally {
        await opened.close?.();
      }
    });
  };

  test("is empty at first, and has a name", async ({ db }) => {
    assertEquals(await db.find({}), []);
    assert(db.name.length > 0);
    assertFalse(db.isReadOnly);
  });

  test("finds by each part of a query and by all together", async ({ db }, made) => {
    const { root, leaf, renewed, other } = made;
    await db.importCert(root.certificate, { nickname: "root" });
    await db.importCert(leaf, { nickname: "leaf" });
    await db.importCert(renewed, { nickname: "leaf" });
    await db.importCert(other, { nickname: "\u00fcber" });
    const { subject, issuer, serialNumber, der } = leaf;
    const identifier = root.certificate.subjectKeyIdentifier!;
    const cases: readonly (readonly [CertQuery, readonly Certificate[]])[] = [
      [{}, [root.certificate, leaf, renewed, other]],
      [{ der }, [leaf]],
      [{ subject: subject.der }, [leaf, renewed]],
      [{ issuer: issuer.der }, [root.certificate, leaf, renewed]],
      [{ issuer: issuer.der, serialNumber }, [leaf]],
      [{ issuer: other.issuer.der, serialNumber }, []],
      [{ issuer: issuer.der, serialNumber: Uint8Array.of(9) }, []],
      [{ nickname: "leaf" }, [leaf, renewed]],
      [{ nickname: "\u00fcber" }, [other]],
      [{ nickname: "LEAF" }, []],
      [{ nickname: "" }, []],
      [{ subjectKeyIdentifier: identifier }, [root.certificate]],
      [{ subject: subject.der, nickname: "root" }, []],
      [
        { der, subject: subject.der, issuer: issuer.der, serialNumber, nickname: "leaf" },
        [leaf],
      ],
      [{ der: der.subarray(0, -1) }, []],
      [{ subject: new Uint8Array(0) }, []],
    ];
    for (const [query, expected] of cases) {
      assertEquals(ders(await db.find(query)), hexes(...expected), JSON.stringify(query));
    }
  });

  test("keeps what a certificate was imported with", async ({ db, reopen }, { root, other }) => {
    await db.importCert(root.certificate, { nickname: "root", trust: parseTrust("CT,C,C") });
    const record = await db.importCert(other, { nickname: "other" });
    assertEquals(record.nickname, "other");
    assertFalse(record.hasKey);
    for (const view of reopen === undefined ? [db] : [db, await reopen()]) {
      const [stored] = await view.find({ nickname: "root" });
      assert(stored !== undefined && stored.certificate.equals(root.certificate));
      assertEquals(stored.nickname, "root");
      assertEquals(formatTrust(stored.trust!), "CT,C,C");
      assertEquals((await view.find({ nickname: "other" })).length, 1);
    }
  });

  test("changes nickname and trust where a certificate is imported again", async ({ db }, made) => {
    const { certificate } = made.root;
    await db.importCert(certificate, { nickname: "first", trust: parseTrust("C,,") });
    const kept = await db.importCert(certificate);
    assertEquals(kept.nickname, "first");
    assertEquals(formatTrust(kept.trust!), "C,,");
    const changed = await db.importCert(certificate, {
      nickname: "second",
      trust: parseTrust(",,"),
    });
    assertEquals(changed.nickname, "second");
    assertEquals(formatTrust(changed.trust!), ",,");
    assertEquals((await db.find({})).length, 1);
    assertEquals(await db.find({ nickname: "first" }), []);
  });

  test("gives a second certificate of a subject its nickname", async ({ db }, made) => {
    await db.importCert(made.leaf, { nickname: "leaf" });
    assertEquals((await db.importCert(made.renewed)).nickname, "leaf");
    if (options.nicknamePerSubject) return;
    assertEquals((await db.importCert(made.renewed, { nickname: "renewed" })).nickname, "renewed");
    assertEquals(ders(await db.find({ nickname: "leaf" })), hexes(made.leaf));
  });

  test("refuses a nickname of another subject", async ({ db }, made) => {
    await db.importCert(made.leaf, { nickname: "taken" });
    await rejectsWith(
      "SEC_ERROR_CERT_NICKNAME_COLLISION",
      () => db.importCert(made.other, { nickname: "taken" }),
    );
    assertEquals((await db.find({})).length, 1);
  });

  test("refuses a second certificate of one serial number", async ({ db }, made) => {
    await db.importCert(made.leaf, { nickname: "leaf" });
    const { certificate } = await issue({
      issuer: made.root,
      subject: "CN=impostor",
      serial: Uint8Array.of(0, 0x80, 1),
    });
    await rejectsWith(
      "SEC_ERROR_REUSED_ISSUER_AND_SERIAL",
      () => db.importCert(certificate, { nickname: "impostor" }),
    );
    assertEquals((await db.find({})).length, 1);
  });

  test("stores each kind of trust", async ({ db }, { root: { certificate } }) => {
    await db.importCert(certificate, { nickname: "root" });
    for (const text of ["CT,C,C", "C,,", "T,,", "P,P,P", "p,p,p", "c,c,c", ",C,p", ",,"]) {
      const trust = parseTrust(text);
      assertEquals(formatTrust((await db.setTrust(certificate, trust)).trust!), text);
      assertEquals(formatTrust((await db.find({ der: certificate.der }))[0]!.trust!), text);
    }
    const { trust } = await db.setTrust(certificate, null);
    if (options.trustAlwaysStored) assertEquals(formatTrust(trust!), ",,");
    else assertEquals(trust, null);
  });

  test("does not trust what it does not hold", async ({ db }, made) => {
    await db.importCert(made.leaf, { nickname: "leaf" });
    await rejectsWith(
      "SEC_ERROR_UNKNOWN_CERT",
      () => db.setTrust(made.other, parseTrust("P,,")),
    );
  });

  test("deletes one certificate and no other", async ({ db, reopen }, made) => {
    await db.importCert(made.leaf, { nickname: "leaf", trust: parseTrust("P,,") });
    await db.importCert(made.renewed, { nickname: "leaf" });
    assert(await db.deleteCert(made.leaf));
    assertFalse(await db.deleteCert(made.leaf));
    for (const view of reopen === undefined ? [db] : [db, await reopen()]) {
      assertEquals(ders(await view.find({})), hexes(made.renewed));
      assertEquals(await view.find({ der: made.leaf.der }), []);
    }
    // What was known of it is gone with it
    const again = await db.importCert(made.leaf);
    assertEquals(formatTrust(again.trust ?? parseTrust("")), ",,");
  });

  test("loses no write of several at once", async ({ db }, made) => {
    const { root, leaf, renewed, other } = made;
    await Promise.all([
      db.importCert(root.certificate, { nickname: "root" }),
      db.importCert(leaf, { nickname: "leaf" }),
      db.importCert(renewed, { nickname: "leaf" }),
      db.importCert(other, { nickname: "other" }),
    ]);
    assertEquals((await db.find({})).length, 4);
    await Promise.all([
      db.setTrust(root.certificate, parseTrust("C,,")),
      db.deleteCert(leaf),
      db.importCert(other, { nickname: "renamed" }),
    ]);
    assertEquals(ders(await db.find({})), hexes(root.certificate, renewed, other));
    assertEquals((await db.find({ nickname: "renamed" })).length, 1);
    const [stored] = await db.find({ nickname: "root" });
    assertEquals(formatTrust(stored!.trust!), "C,,");
  });

  test("lets one of two writes have a nickname that both want", async ({ db }, made) => {
    const results = await Promise.allSettled([
      db.importCert(made.leaf, { nickname: "wanted" }),
      db.importCert(made.other, { nickname: "wanted" }),
    ]);
    assertEquals(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assertEquals((await db.find({ nickname: "wanted" })).length, 1);
  });
}
