// Copyright 2026 the NSS for Deno authors. MIT license.

/** What is held against a trust anchor, and the usage `any`. @module */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import type { CertRecord, CertSource } from "../../../cert/db/cert_db.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { parseTrust } from "../../../cert/db/trust_flags.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { extKeyUsage } from "../../../cert/extensions/ext_key_usage.ts";
import { keyUsage } from "../../../cert/extensions/key_usage.ts";
import { ALL_CERT_USAGES } from "../../../cert/verify/check_cert_usage.ts";
import { type AnchorChecks, trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import {
  verifyCertificateChain,
  type VerifyChainOptions,
  type VerifyLogEntry,
} from "../../../cert/verify/verify_cert.ts";
import { verifyCert, verifyCertificate } from "../../../cert/verify/verify_cert_usage.ts";
import { issue, makeKeys, NOW, type TestCertificate } from "../_support.ts";

const CHECKS: readonly AnchorChecks[] = ["all", "constraints", "none"];

/** What a verification says with each of the three checks. */
async function verdicts(
  leaf: TestCertificate,
  anchor: TestCertificate,
  options: Partial<VerifyChainOptions> = {},
): Promise<(string | null)[]> {
  return await Promise.all(CHECKS.map(async (anchorChecks) => {
    try {
      await verifyCertificateChain(leaf.certificate, {
        anchors: [trustAnchorOf(anchor.certificate)],
        time: NOW,
        usage: "sslServer",
        anchorChecks,
        ...options,
      });
      return null;
    } catch (error) {
      if (error instanceof NssError) return error.name;
      throw error;
    }
  }));
}

const expired = await issue({ ca: true, notAfter: "2026-02-01T00:00:00Z" });

Deno.test("verifyCertificateChain() holds the validity of an anchor against it by default, and not as told", async () => {
  const leaf = await issue({ issuer: expired });
  const error = "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE";
  assertEquals(await verdicts(leaf, expired), [error, null, null]);
  assertEquals(await verdicts(leaf, expired, { profile: "compatible" }), [error, null, null]);
  const early = await issue({ ca: true, notBefore: "2026-06-02T00:00:00Z" });
  assertEquals(await verdicts(await issue({ issuer: early }), early), [error, null, null]);
  const plain = { anchors: [trustAnchorOf(expired.certificate)], time: NOW } as const;
  await assertRejects(
    () => verifyCertificateChain(leaf.certificate, { ...plain, usage: "sslServer" }),
    NssError,
    "it expired at",
  );
});

Deno.test("verifyCertificateChain() holds what an anchor's certificate says against it, but not where it is a name and a key", async () => {
  const rows: readonly (readonly [string, Parameters<typeof issue>[0]])[] = [
    ["SEC_ERROR_CA_CERT_INVALID", { subject: "CN=Root" }],
    ["SEC_ERROR_EXTENSION_VALUE_INVALID", {
      ca: true,
      extensions: [makeExtension(extKeyUsage, [OIDS.serverAuth])],
    }],
    ["SEC_ERROR_INADEQUATE_CERT_TYPE", {
      ca: true,
      extensions: [makeExtension(extKeyUsage, [OIDS.clientAuth])],
    }],
    ["SEC_ERROR_INADEQUATE_KEY_USAGE", {
      ca: true,
      extensions: [makeExtension(keyUsage, new Set(["cRLSign"] as const), true)],
    }],
    ["SEC_ERROR_EXTENSION_NOT_FOUND", { ca: true, without: [OIDS.subjectKeyIdentifier] }],
  ];
  for (const [error, options] of rows) {
    const anchor = await issue({ ...options, keys: await makeKeys() });
    const leaf = await issue({ issuer: anchor });
    assertEquals(await verdicts(leaf, anchor), [error, error, null], error);
  }
});

Deno.test("verifyCertificateChain() counts what the application says of an anchor, whatever is held against it", async () => {
  const root = await issue({ ca: true });
  const leaf = await issue({ issuer: root });
  const anchor = trustAnchorOf(root.certificate);
  assertEquals(await verdicts(leaf, root), [null, null, null]);
  for (
    const [error, more] of [
      ["SEC_ERROR_UNTRUSTED_ISSUER", { distrustAfter: new Date("2025-12-31T00:00:00Z") }],
      ["SEC_ERROR_UNTRUSTED_ISSUER", { trust: parseTrust(",C,") }],
    ] as const
  ) {
    const anchors = [{ ...anchor, ...more }];
    assertEquals(await verdicts(leaf, root, { anchors }), [error, error, error]);
  }
  const constrained = {
    ...anchor,
    nameConstraints: { permitted: [{ type: "dns", value: "other.test" } as const], excluded: [] },
  };
  const error = "SEC_ERROR_CERT_NOT_IN_NAME_SPACE";
  assertEquals(await verdicts(leaf, root, { anchors: [constrained] }), [error, error, error]);
});

Deno.test("verifyCertificateChain() holds minRsaBits against the key of an anchor, with its certificate and without", async () => {
  const root = await issue({ ca: true, keys: await makeKeys("RSA-2048") });
  const leaf = await issue({ issuer: root });
  const { subject, subjectPublicKeyInfo } = trustAnchorOf(root.certificate);
  for (const anchors of [[trustAnchorOf(root.certificate)], [{ subject, subjectPublicKeyInfo }]]) {
    assertEquals(await verdicts(leaf, root, { anchors, minRsaBits: 2048 }), [null, null, null]);
    const error = "SEC_ERROR_INVALID_KEY";
    assertEquals(await verdicts(leaf, root, { anchors, minRsaBits: 2049 }), [error, error, error]);
  }
});

Deno.test("verifyCertificateChain() checks a leaf that is the anchor as a leaf, whatever is held against anchors", async () => {
  const good = await issue();
  assertEquals(await verdicts(good, good), [null, null, null]);
  const old = await issue({ notAfter: "2026-02-01T00:00:00Z" });
  const error = "SEC_ERROR_EXPIRED_CERTIFICATE";
  assertEquals(await verdicts(old, old), [error, error, error]);
  const client = await issue({ extensions: [makeExtension(extKeyUsage, [OIDS.clientAuth])] });
  const type = "SEC_ERROR_INADEQUATE_CERT_TYPE";
  assertEquals(await verdicts(client, client), [type, type, type]);
  // Its own certificate issues nothing, unless it is a name and a key
  const below = await issue({ issuer: good, subject: "CN=below" });
  const authority = "SEC_ERROR_CA_CERT_INVALID";
  assertEquals(await verdicts(below, good), [authority, authority, null]);
});

Deno.test("verifyCert() knows anchorChecks and the log tells no more than they do", async () => {
  const leaf = await issue({ issuer: expired });
  const db = new MemoryCertDB();
  await importCert(db, expired.certificate, { trust: "C,," });
  const verify = (anchorChecks: AnchorChecks, log: VerifyLogEntry[] = []) =>
    verifyCert(db, leaf.certificate, true, "sslServer", NOW, { anchorChecks, log });
  const log: VerifyLogEntry[] = [];
  await assertRejects(() => verify("all", log), NssError);
  assertEquals(log.map(({ error, depth }) => [error.name, depth]), [
    ["SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", 1],
  ]);
  for (const checks of ["constraints", "none"] as const) {
    const none: VerifyLogEntry[] = [];
    assertEquals(await verify(checks, none), [leaf.certificate, expired.certificate]);
    assertEquals(none, []);
  }
  await importCert(db, expired.certificate, { trust: "p,," });
  await assertRejects(() => verify("none"), NssError, "distrusted");
});

Deno.test('the usage "any" takes every purpose and key usage of an authority that is trusted for something', async () => {
  const root = await issue({ ca: true });
  const db = new MemoryCertDB();
  await importCert(db, root.certificate, { trust: ",,C" });
  const verify = ({ certificate }: TestCertificate, source: CertSource = db) =>
    verifyCert(source, certificate, true, "any", NOW);
  const rows = [
    {},
    { extensions: [makeExtension(extKeyUsage, [OIDS.codeSigning], true)] },
    { extensions: [makeExtension(extKeyUsage, ["1.2.3.4"])] },
    { extensions: [makeExtension(keyUsage, new Set(["keyAgreement"] as const), true)] },
    { without: [OIDS.keyUsage, OIDS.extKeyUsage] },
    { ca: true, subject: "CN=Sub" },
  ];
  for (const row of rows) {
    const leaf = await issue({ issuer: root, ...row });
    assertEquals((await verify(leaf)).length, 2);
    await verifyCertificateChain(leaf.certificate, {
      anchors: [trustAnchorOf(root.certificate)],
      time: NOW,
      usage: "any",
      profile: "strict",
    });
  }
  const leaf = await issue({ issuer: root });
  // All else is checked
  for (
    const [options, error] of [
      [{ notAfter: "2026-02-01T00:00:00Z" }, "SEC_ERROR_EXPIRED_CERTIFICATE"],
      [
        { extensions: [{ oid: "1.2.3.4", critical: true, value: Uint8Array.of(5, 0), offset: 0 }] },
        "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
      ],
      [{ signer: (await makeKeys()).privateKey }, "SEC_ERROR_BAD_SIGNATURE"],
    ] as const
  ) {
    const bad = await issue({ issuer: root, ...options });
    assertEquals((await assertRejects(() => verify(bad), NssError)).name, error);
  }
  for (
    const [trust, error] of [["p,p,p", "SEC_ERROR_UNTRUSTED_ISSUER"], [
      ",,",
      "SEC_ERROR_UNKNOWN_ISSUER",
    ]] as const
  ) {
    await importCert(db, root.certificate, { trust });
    assertEquals((await assertRejects(() => verify(leaf), NssError)).name, error);
  }
  // Either date of distrust counts
  const [record] = await db.find({});
  for (const name of ["distrustAfter", "emailDistrustAfter"] as const) {
    const dated: CertRecord = {
      ...record!,
      trust: parseTrust("C,,"),
      [name]: new Date("2025-12-31T00:00:00Z"),
    };
    const source: CertSource = {
      name: "dated",
      find: (query) => Promise.resolve(query.subject === undefined ? [] : [dated]),
    };
    const error = await assertRejects(() => verify(leaf, source), NssError);
    assertStringIncludes(error.message, "are not trusted");
  }
});

Deno.test('the usage "any" is none of those that verifyCertificate() tries by itself, as NSS has no such', async () => {
  assertEquals(ALL_CERT_USAGES.includes("any"), false);
  const root = await issue({ ca: true });
  const db = new MemoryCertDB();
  await importCert(db, root.certificate, { trust: "C,," });
  const verify = (usages: readonly ("any")[]) =>
    verifyCertificate(db, root.certificate, true, usages, NOW);
  assertEquals(await verify(["any"]), ["any"]);
  assertEquals((await verify([])).includes("any"), false);
});
