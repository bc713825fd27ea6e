// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { CertSource } from "../../../cert/db/cert_db.ts";
import { parseCertificate } from "../../../cert/certificate/certificate.ts";
import { CERT_USAGES, type CertUsageName } from "../../../cert/verify/cert_usage.ts";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { type ErrorName, NssError } from "../../../cert/base/errors.ts";
import { basicConstraints } from "../../../cert/extensions/basic_constraints.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { extKeyUsage } from "../../../cert/extensions/ext_key_usage.ts";
import { type KeyUsage, keyUsage } from "../../../cert/extensions/key_usage.ts";
import { certificatePolicies } from "../../../cert/extensions/policies.ts";
import { MAX_ISSUER_LOOKUPS } from "../../../cert/verify/find_issuers.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { type OidName, OIDS } from "../../../cert/der/oids.ts";
import {
  verifyCert,
  verifyCertificate,
  type VerifyCertOptions,
} from "../../../cert/verify/verify_cert_usage.ts";
import type { VerifyLogEntry } from "../../../cert/verify/verify_cert.ts";
import { issue, makeKeys, NOW, type TestCertificate } from "../_support.ts";

const root: TestCertificate = await issue({ ca: true, serial: Uint8Array.of(1) });
const between: TestCertificate = await issue({
  ca: true,
  issuer: root,
  subject: "CN=Between",
  serial: Uint8Array.of(2),
});
const leaf: TestCertificate = await issue({ issuer: between, serial: Uint8Array.of(3) });

/** A database with the root trusted in some way, and the authority between. */
async function database(trust = "C,,"): Promise<MemoryCertDB> {
  const db = new MemoryCertDB({ name: "Test DB" });
  await importCert(db, root.certificate, { nickname: "root", trust });
  await importCert(db, between.certificate, { nickname: "between" });
  return db;
}

async function failure(
  db: CertSource,
  { certificate }: TestCertificate,
  usage: CertUsageName = "sslServer",
  options: VerifyCertOptions = {},
  time: Date = NOW,
): Promise<ErrorName> {
  return (await assertRejects(
    () => verifyCert(db, certificate, true, usage, time, options),
    NssError,
  )).name;
}

const usages = (...values: KeyUsage[]) => makeExtension(keyUsage, new Set(values), true);
const purposes = (...names: OidName[]) => makeExtension(extKeyUsage, names.map((n) => OIDS[n]));

Deno.test("CERT_USAGES are NSS's numbers", () => {
  assertEquals(CERT_USAGES, {
    sslClient: 0,
    sslServer: 1,
    sslCA: 3,
    emailSigner: 4,
    emailRecipient: 5,
    objectSigner: 6,
    verifyCA: 8,
    statusResponder: 10,
    anyCA: 11,
    ipsec: 12,
  });
});

Deno.test("verifyCert() finds the path in the database", async () => {
  const path = await verifyCert(await database(), leaf.certificate, true, "sslServer", NOW);
  assertEquals(path, [leaf.certificate, between.certificate, root.certificate]);
});

Deno.test("verifyCert() takes issuers that are not in the database, and trusts none of them", async () => {
  const db = new MemoryCertDB();
  const { certificate } = root;
  const options = { intermediates: [between.certificate, certificate] };
  assertEquals(await failure(db, leaf, "sslServer", options), "SEC_ERROR_UNKNOWN_ISSUER");
  await importCert(db, certificate, { trust: "C,," });
  const path = await verifyCert(db, leaf.certificate, true, "sslServer", NOW, options);
  assertEquals(path.length, 3);
});

Deno.test("verifyCert() wants C for servers, T for clients, the other columns for the rest", async () => {
  const client = await issue({ issuer: between, extensions: [purposes("clientAuth")] });
  const email = await issue({ issuer: between, extensions: [purposes("emailProtection")] });
  const code = await issue({ issuer: between, extensions: [purposes("codeSigning")] });
  const rows: readonly (readonly [TestCertificate, CertUsageName, string])[] = [
    [leaf, "sslServer", "C,,"],
    [client, "sslClient", "T,,"],
    [email, "emailSigner", ",C,"],
    [code, "objectSigner", ",,C"],
  ];
  for (const [{ certificate }, usage, right] of rows) {
    for (const trust of ["C,,", "T,,", ",C,", ",,C", ",,", "c,c,c", "P,P,P"]) {
      const db = await database(trust);
      const result = verifyCert(db, certificate, true, usage, NOW);
      if (trust === right) assertEquals((await result).length, 3);
      else {assertEquals(
          (await assertRejects(() => result, NssError)).name,
          "SEC_ERROR_UNKNOWN_ISSUER",
        );}
    }
  }
});

Deno.test("verifyCert() ends at an authority between that is trusted", async () => {
  const db = await database(",,");
  await importCert(db, between.certificate, { trust: "C,," });
  const path = await verifyCert(db, leaf.certificate, true, "sslServer", NOW);
  assertEquals(path, [leaf.certificate, between.certificate]);
});

Deno.test("verifyCert() accepts a trusted peer as it stands", async () => {
  const alone = await issue({ serial: Uint8Array.of(4) });
  const db = new MemoryCertDB();
  assertEquals(await failure(db, alone), "SEC_ERROR_UNKNOWN_ISSUER");
  await importCert(db, alone.certificate, { nickname: "peer", trust: "P,," });
  const path = await verifyCert(db, alone.certificate, true, "sslServer", NOW);
  assertEquals(path, [alone.certificate]);
  // But not what stands in it: its time, its purposes
  const later = new Date("2028-01-01");
  assertEquals(await failure(db, alone, "sslServer", {}, later), "SEC_ERROR_EXPIRED_CERTIFICATE");
  assertEquals(await failure(db, alone, "emailSigner"), "SEC_ERROR_INADEQUATE_CERT_TYPE");
});

Deno.test("verifyCert() does not take a trusted peer as an issuer", async () => {
  const db = await database(",,");
  await importCert(db, between.certificate, { trust: "P,P,P" });
  assertEquals(await failure(db, leaf), "SEC_ERROR_UNKNOWN_ISSUER");
});

Deno.test("verifyCert() refuses what is distrusted, wherever it stands", async () => {
  const db = await database();
  await importCert(db, leaf.certificate, { nickname: "leaf", trust: "p,," });
  assertEquals(await failure(db, leaf), "SEC_ERROR_UNTRUSTED_CERT");
  // Trust is by purposes
  const both = await issue({ issuer: between, extensions: [purposes("emailProtection")] });
  const mail = await database(",C,");
  await importCert(mail, both.certificate, { nickname: "mail", trust: "p,," });
  assertEquals((await verifyCert(mail, both.certificate, true, "emailSigner", NOW)).length, 3);

  const distrusts = await database();
  await distrusts.setTrust(between.certificate, { ssl: 1, email: 0, objectSigning: 0 });
  assertEquals(await failure(distrusts, leaf), "SEC_ERROR_UNTRUSTED_ISSUER");
  // The peer sends it along, to no avail
  const sent = { intermediates: [between.certificate] };
  assertEquals(await failure(distrusts, leaf, "sslServer", sent), "SEC_ERROR_UNTRUSTED_ISSUER");
  assertEquals(await failure(await database("p,p,p"), leaf), "SEC_ERROR_UNTRUSTED_ISSUER");
});

Deno.test("verifyCert() knows a distrusted issuer whatever else the peer sends", async () => {
  const db = await database();
  await db.setTrust(between.certificate, { ssl: 1, email: 0, objectSigning: 0 });
  // Under the distrusted authority another one, in whose name the peer sends more than is looked up
  const lower = await issue({ ca: true, issuer: between, subject: "CN=Lower" });
  const end = await issue({ issuer: lower });
  const junk = await Promise.all(
    Array.from({ length: 2 * MAX_ISSUER_LOOKUPS }, async (_, i) => {
      const issuerName = i === 0 ? "CN=Test Root" : `CN=Junk ${i}`;
      return (await issue({ ca: true, subject: "CN=Lower", issuerName })).certificate;
    }),
  );
  for (const more of [junk, []]) {
    const sent = { intermediates: [...more, lower.certificate, between.certificate] };
    assertEquals(
      await failure(db, end, "sslServer", sent),
      more.length > 0 ? "SEC_ERROR_BAD_SIGNATURE" : "SEC_ERROR_UNTRUSTED_ISSUER",
    );
  }
});

Deno.test("verifyCert() knows a distrusted issuer in other letters", async () => {
  const db = await database();
  await db.setTrust(between.certificate, { ssl: 1, email: 0, objectSigning: 0 });
  // The same name to RFC 5280, Section 7.1, another one to a store, which compares bytes
  const end = await issue({ issuer: between, issuerName: "CN=BETWEEN" });
  const junk = await issue({ ca: true, subject: "CN=BETWEEN", issuerName: "CN=Test Root" });
  const sent = { intermediates: [between.certificate, junk.certificate] };
  assertEquals(await failure(db, end, "sslServer", sent), "SEC_ERROR_UNTRUSTED_ISSUER");
  // And one that is trusted is found
  const trusting = await database();
  assertEquals(
    (await verifyCert(trusting, end.certificate, true, "sslServer", NOW, sent)).length,
    3,
  );
});

Deno.test("verifyCert() knows what is distrusted by what is signed, not by the signature", async () => {
  // ECDSA: (r, n - s) is as right as (r, s), and whoever has the certificate can make it
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const twin = ({ certificate }: TestCertificate): TestCertificate => {
    const reader = new DerReader(certificate.signature, "signature").sequence("");
    const r = reader.unsignedInteger("r");
    const s = order - BigInt(`0x${reader.unsignedInteger("s").toHex()}`);
    const signature = new DerWriter().sequence((w) => w.unsignedInteger(r).integer(s)).finish();
    const der = new DerWriter().sequence((w) =>
      w.raw(certificate.tbsCertificate).raw(certificate.signatureAlgorithmDer).bitString(signature)
    ).finish();
    return { ...leaf, certificate: parseCertificate(der) };
  };
  const db = await database();
  const sent = { intermediates: [twin(between).certificate] };
  assertEquals((await verifyCert(db, twin(leaf).certificate, true, "sslServer", NOW)).length, 3);
  await importCert(db, leaf.certificate, { nickname: "leaf", trust: "p,," });
  assertEquals(await failure(db, twin(leaf)), "SEC_ERROR_UNTRUSTED_CERT");
  await importCert(db, leaf.certificate, { trust: "P,," });
  // Trust, on the other hand, is in the very bytes
  assertEquals((await verifyCert(db, leaf.certificate, true, "sslServer", NOW)).length, 1);
  assertEquals((await verifyCert(db, twin(leaf).certificate, true, "sslServer", NOW)).length, 3);
  await db.setTrust(leaf.certificate, { ssl: 0, email: 0, objectSigning: 0 });
  await db.setTrust(between.certificate, { ssl: 1, email: 0, objectSigning: 0 });
  assertEquals(await failure(db, leaf, "sslServer", sent), "SEC_ERROR_UNTRUSTED_ISSUER");
});

Deno.test("verifyCert() goes around a distrusted issuer where there is another", async () => {
  const db = await database();
  const other = await issue({
    ca: true,
    issuer: root,
    keys: between,
    subject: "CN=Between",
    serial: Uint8Array.of(5),
  });
  await db.setTrust(between.certificate, { ssl: 1, email: 0, objectSigning: 0 });
  await importCert(db, other.certificate);
  const path = await verifyCert(db, leaf.certificate, true, "sslServer", NOW);
  assertEquals(path, [leaf.certificate, other.certificate, root.certificate]);
});

Deno.test("verifyCert() keeps to distrustAfter, of servers and of e-mail apart", async () => {
  const email = await issue({ issuer: between, extensions: [purposes("emailProtection")] });
  const source = (dates: { distrustAfter?: Date; emailDistrustAfter?: Date }): CertSource => ({
    name: "Roots",
    find: async (query) => {
      const db = await database("C,C,");
      const records = await db.find(query);
      return records.map((record) => ({ ...record, ...dates }));
    },
  });
  const made = new Date("2026-01-01T00:00:00Z");
  const before = new Date("2025-12-31T23:59:59Z");
  const verify = (dates: Parameters<typeof source>[0], which: "sslServer" | "emailSigner") =>
    verifyCert(source(dates), (which === "sslServer" ? leaf : email).certificate, true, which, NOW);
  for (
    const [key, usage] of [["distrustAfter", "sslServer"], [
      "emailDistrustAfter",
      "emailSigner",
    ]] as const
  ) {
    assertEquals((await verify({ [key]: made }, usage)).length, 3);
    const error = await assertRejects(() => verify({ [key]: before }, usage), NssError);
    assertEquals(error.name, "SEC_ERROR_UNTRUSTED_ISSUER");
    const other = usage === "sslServer" ? "emailSigner" : "sslServer";
    assertEquals((await verify({ [key]: before }, other)).length, 3);
  }
});

Deno.test("verifyCert() checks validity first, then key usage, then purpose", async () => {
  const db = await database();
  const wrong = await issue({
    issuer: between,
    notAfter: "2026-02-01T00:00:00Z",
    extensions: [usages("cRLSign"), purposes("emailProtection")],
  });
  const log: VerifyLogEntry[] = [];
  assertEquals(await failure(db, wrong), "SEC_ERROR_EXPIRED_CERTIFICATE");
  assertEquals(await failure(db, wrong, "sslServer", { log }), "SEC_ERROR_EXPIRED_CERTIFICATE");
  assertEquals(log.map(({ error, depth }) => [error.name, depth]), [
    ["SEC_ERROR_EXPIRED_CERTIFICATE", 0],
    ["SEC_ERROR_INADEQUATE_KEY_USAGE", 0],
    ["SEC_ERROR_INADEQUATE_CERT_TYPE", 0],
  ]);
  const early = new Date("2026-01-15");
  assertEquals(await failure(db, wrong, "sslServer", {}, early), "SEC_ERROR_INADEQUATE_KEY_USAGE");
});

Deno.test("verifyCert() writes what is wrong with the path behind a leaf that is wrong", async () => {
  const wrong = await issue({ issuer: between, extensions: [purposes("codeSigning")] });
  for (const usage of ["sslServer", "emailSigner", "statusResponder"] as const) {
    const log: VerifyLogEntry[] = [];
    await failure(new MemoryCertDB(), wrong, usage, { log });
    assertEquals(log.map(({ error }) => error.name), [
      "SEC_ERROR_INADEQUATE_CERT_TYPE",
      "SEC_ERROR_UNKNOWN_ISSUER",
    ]);
    assert(log.every((entry) => entry.usage === usage));
    assertEquals(log[0]!.certificate, wrong.certificate);
  }
});

Deno.test("verifyCert() writes which certificate is at fault, and how far from the end", async () => {
  const purpose = [purposes("emailProtection")];
  const wrong = await issue({ ca: true, issuer: root, subject: "CN=Wrong", extensions: purpose });
  const malformed = await issue({
    ca: true,
    issuer: root,
    subject: "CN=Malformed",
    extensions: [{
      oid: OIDS.nameConstraints,
      critical: true,
      value: new Uint8Array(3),
      offset: 0,
    }],
  });
  const old = await issue({
    ca: true,
    issuer: root,
    subject: "CN=Old",
    notAfter: "2026-02-01T00:00:00Z",
  });
  const forged = await issue({
    ca: true,
    issuer: root,
    subject: "CN=Forged",
    signer: leaf.privateKey,
  });
  // Where there is no path at all, the issuer is unknown
  const rows: readonly (readonly [TestCertificate, ErrorName, boolean])[] = [
    [wrong, "SEC_ERROR_INADEQUATE_CERT_TYPE", true],
    [malformed, "SEC_ERROR_EXTENSION_VALUE_INVALID", false],
    [old, "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", true],
    [forged, "SEC_ERROR_BAD_SIGNATURE", false],
  ];
  for (const [authority, name, isPath] of rows) {
    const log: VerifyLogEntry[] = [];
    const lower = await issue({ ca: true, issuer: authority, subject: "CN=Lower" });
    const intermediates = [lower.certificate, authority.certificate];
    const end = await issue({ issuer: lower });
    assertEquals(await failure(await database(), end, "sslServer", { log, intermediates }), name);
    assertEquals(
      log.slice(1).map(({ error }) => error.name),
      isPath ? [] : [
        "SEC_ERROR_UNKNOWN_ISSUER",
      ],
    );
    assert(log[0]!.certificate === authority.certificate, name);
    assertEquals(log[0]!.depth, 2);
  }
  const log: VerifyLogEntry[] = [];
  await failure(new MemoryCertDB(), leaf, "sslServer", {
    log,
    intermediates: [between.certificate],
  });
  assertEquals([log[0]!.certificate, log[0]!.depth], [between.certificate, 1]);
});

Deno.test("verifyCert() has no slop unless it is told so", async () => {
  const db = await database();
  const soon = await issue({ issuer: between, notBefore: "2026-06-02T00:00:00Z" });
  assertEquals(await failure(db, soon), "SEC_ERROR_EXPIRED_CERTIFICATE");
  const options = { slopSeconds: 86_400 };
  assertEquals((await verifyCert(db, soon.certificate, true, "sslServer", NOW, options)).length, 3);
});

Deno.test("verifyCert() takes RSA keys of minRsaBits and no fewer, 2048 unless it is told so", async () => {
  const db = await database();
  const [short, usual] = await Promise.all(
    (["RSA-1024", "RSA-2048"] as const).map(async (type) =>
      issue({ issuer: between, keys: await makeKeys(type) })
    ),
  );
  const verify = ({ certificate }: TestCertificate, options: VerifyCertOptions) =>
    verifyCert(db, certificate, true, "sslServer", NOW, options);
  assertEquals(await failure(db, short!), "SEC_ERROR_INVALID_KEY");
  assertEquals((await verify(short!, { minRsaBits: 1024 })).length, 3);
  const options = { minRsaBits: 1025 };
  assertEquals(await failure(db, short!, "sslServer", options), "SEC_ERROR_INVALID_KEY");
  assertEquals((await verify(usual!, {})).length, 3);
  const more = { minRsaBits: 2049 };
  assertEquals(await failure(db, usual!, "sslServer", more), "SEC_ERROR_INVALID_KEY");
});

Deno.test("verifyCert() takes signatures with SHA-1 where allowSha1 says so, and nowhere else", async () => {
  const db = await database();
  const keys = await makeKeys("RSA-2048");
  const authority = await issue({ ca: true, issuer: root, keys, subject: "CN=RSA" });
  const old = await issue({ issuer: authority, scheme: "rsa_pkcs1_sha1" });
  const sent = { intermediates: [authority.certificate] };
  const disabled = "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED";
  for (const options of [sent, { ...sent, allowSha1: false }]) {
    assertEquals(await failure(db, old, "sslServer", options), disabled);
  }
  const options = { ...sent, allowSha1: true };
  assertEquals((await verifyCert(db, old.certificate, true, "sslServer", NOW, options)).length, 3);
});

Deno.test("verifyCert() wants one of the policies that it is told to hold for the whole path", async () => {
  const db = await database();
  const stating = makeExtension(certificatePolicies, [{ policy: "1.2.3", qualifiers: [] }]);
  const options = { ca: true, issuer: root, subject: "CN=Policies", extensions: [stating] };
  const authority = await issue(options);
  const both = await issue({ issuer: authority, extensions: [stating] });
  const silent = await issue({ issuer: authority });
  const verify = ({ certificate }: TestCertificate, policies?: string[]) =>
    verifyCert(db, certificate, true, "sslServer", NOW, {
      intermediates: [authority.certificate],
      ...(policies !== undefined && { policies }),
    });
  assertEquals((await verify(silent)).length, 3);
  assertEquals((await verify(both, ["1.2.4", "1.2.3"])).length, 3);
  for (const [certificate, policies] of [[both, ["1.2.4"]], [silent, ["1.2.3"]]] as const) {
    const error = await assertRejects(() => verify(certificate, [...policies]), NssError);
    assertEquals(error.name, "SEC_ERROR_POLICY_VALIDATION_FAILED");
  }
});

/**
 * What each usage takes and refuses: a leaf with these, and the same under an authority with those
 * purposes.
 */
Deno.test("verifyCert() has rules for each usage", async () => {
  const db = await database("CT,C,C");
  const good: Readonly<Record<string, readonly [KeyUsage[], OidName[], CertUsageName[]]>> = {
    server: [["digitalSignature"], ["serverAuth"], ["sslServer", "ipsec"]],
    client: [["digitalSignature"], ["clientAuth"], ["sslClient", "ipsec"]],
    noSignature: [["keyEncipherment"], ["serverAuth", "clientAuth"], []],
    signer: [["nonRepudiation"], ["emailProtection"], ["emailSigner", "ipsec"]],
    recipient: [["keyAgreement"], ["emailProtection"], ["emailRecipient"]],
    code: [["digitalSignature"], ["codeSigning"], ["objectSigner"]],
    responder: [["digitalSignature"], ["ocspSigning"], ["statusResponder"]],
    any: [["digitalSignature"], ["anyExtendedKeyUsage"], [
      "sslClient",
      "sslServer",
      "emailSigner",
      "ipsec",
    ]],
  };
  for (const [name, [keyUsages, names, expected]] of Object.entries(good)) {
    const extensions = [usages(...keyUsages), purposes(...names)];
    const { certificate } = await issue({ issuer: between, extensions });
    assertEquals(await verifyCertificate(db, certificate, true, [], NOW), expected, name);
  }
  const { certificate } = await issue({
    issuer: between,
    without: [OIDS.extKeyUsage, OIDS.keyUsage],
  });
  assertEquals(await verifyCertificate(db, certificate, true, [], NOW), [
    "sslClient",
    "sslServer",
    "emailSigner",
    "emailRecipient",
    "ipsec",
  ]);
  const authorities = await verifyCertificate(db, between.certificate, true, [], NOW);
  assertEquals(authorities, ["sslCA", "verifyCA", "anyCA"]);
});

Deno.test("verifyCert() bounds purposes by those of the authorities", async () => {
  const db = await database("CT,C,C");
  const mail = await issue({
    ca: true,
    issuer: root,
    subject: "CN=Mail",
    serial: Uint8Array.of(6),
    extensions: [purposes("emailProtection")],
  });
  await importCert(db, mail.certificate);
  const all = await issue({ issuer: mail, without: [OIDS.extKeyUsage] });
  assertEquals(
    await verifyCertificate(db, all.certificate, true, [], NOW),
    ["emailSigner", "ipsec"],
  );
  assertEquals(await failure(db, all, "sslServer"), "SEC_ERROR_INADEQUATE_CERT_TYPE");
});

Deno.test("verifyCert() wants authorities to be such", async () => {
  const db = await database();
  const no = makeExtension(basicConstraints, { isCa: false }, true);
  const fake = await issue({
    issuer: root,
    subject: "CN=Fake",
    without: [OIDS.extKeyUsage],
    extensions: [no, usages("keyCertSign")],
  });
  const name = await failure(db, fake, "anyCA");
  assertEquals(name, "SEC_ERROR_CA_CERT_INVALID");
  const under = await issue({ issuer: fake });
  const options = { intermediates: [fake.certificate] };
  for (const usage of ["sslServer", "emailSigner"] as const) {
    const extensions = [purposes(usage === "sslServer" ? "serverAuth" : "emailProtection")];
    const made = await issue({ issuer: fake, extensions });
    const trust = await database("C,C,C");
    assertEquals(await failure(trust, made, usage, options), "SEC_ERROR_CA_CERT_INVALID");
  }
  assertEquals(await failure(db, under, "sslServer", options), "SEC_ERROR_CA_CERT_INVALID");
});

Deno.test("verifyCert() checks signatures whatever it is told", async () => {
  const db = await database("C,C,C");
  const stranger = await issue({ ca: true });
  const forged = await issue({ issuer: between, signer: stranger.privateKey });
  for (const checkSig of [true, false]) {
    const error = await assertRejects(
      () => verifyCert(db, forged.certificate, checkSig, "sslServer", NOW),
      NssError,
    );
    assertEquals(error.name, "SEC_ERROR_BAD_SIGNATURE");
  }
  const mail = await issue({
    issuer: between,
    signer: stranger.privateKey,
    extensions: [purposes("emailProtection")],
  });
  assertEquals(await failure(db, mail, "emailSigner"), "SEC_ERROR_BAD_SIGNATURE");
});

Deno.test("verifyCert() lets checkPath refuse, and shows it the real certificates", async () => {
  const mail = await issue({ issuer: between, extensions: [purposes("emailProtection")] });
  const db = await database("C,C,");
  for (const [certificate, usage] of [[leaf, "sslServer"], [mail, "emailSigner"]] as const) {
    const seen: unknown[] = [];
    const checkPath: VerifyCertOptions["checkPath"] = ({ certificates, anchor }) => {
      seen.push(...certificates, anchor.certificate);
      throw new NssError("SEC_ERROR_REVOKED_CERTIFICATE", "Revoked");
    };
    assertEquals(
      await failure(db, certificate, usage, { checkPath }),
      "SEC_ERROR_REVOKED_CERTIFICATE",
    );
    assertEquals(seen.length, 3);
    for (const [i, real] of [certificate, between, root].entries()) {
      assert(seen[i] === real.certificate, `${usage}: ${i}`);
    }
  }
});

Deno.test("verifyCert() throws the store's problem where an issuer is missing", async () => {
  const problem = new NssError("SEC_ERROR_NO_MODULE", "Cannot load the roots");
  const source: CertSource = { name: "Roots", problem, find: () => Promise.resolve([]) };
  assertEquals(await failure(source, leaf), "SEC_ERROR_NO_MODULE");
  const broken: CertSource = {
    name: "Broken",
    find: () => Promise.reject(new NssError("SEC_ERROR_IO", "Cannot read")),
  };
  assertEquals(await failure(broken, leaf), "SEC_ERROR_IO");
});

Deno.test("verifyCert() is not misled by certificates that have nothing to do with the path", async () => {
  const stray = await issue({
    ca: true,
    subject: "CN=Stray",
    extensions: [purposes("emailProtection")],
  });
  const options = { intermediates: [stray.certificate, between.certificate] };
  const name = await failure(new MemoryCertDB(), leaf, "sslServer", options);
  assertEquals(name, "SEC_ERROR_UNKNOWN_ISSUER");
});

Deno.test("verifyCert() is strict where all roots are vetted", async () => {
  // Without a key identifier of the authority a certificate is not as RFC 5280 wants it
  const sloppy = await issue({ issuer: between, without: [OIDS.authorityKeyIdentifier] });
  const db = await database();
  assertEquals((await verifyCert(db, sloppy.certificate, true, "sslServer", NOW)).length, 3);
  assertEquals(
    await failure(db, sloppy, "sslServer", { profile: "strict" }),
    "SEC_ERROR_EXTENSION_NOT_FOUND",
  );
  const vetted: CertSource = {
    name: "Roots",
    find: async (query) => (await db.find(query)).map((record) => ({ ...record, vetted: true })),
  };
  assertEquals(await failure(vetted, sloppy), "SEC_ERROR_EXTENSION_NOT_FOUND");
  // The strict profile has no leaf that is an authority's
  assertEquals((await verifyCert(vetted, between.certificate, true, "sslCA", NOW)).length, 2);
});

Deno.test("verifyCertificate() throws for the first usage that was demanded and is not there", async () => {
  const db = await database("CT,C,C");
  const { certificate } = leaf;
  assertEquals(
    await verifyCertificate(db, certificate, true, ["sslServer", "ipsec"], NOW),
    ["sslServer", "ipsec"],
  );
  const log: VerifyLogEntry[] = [];
  const error = await assertRejects(
    () =>
      verifyCertificate(db, certificate, true, ["sslServer", "sslClient", "anyCA"], NOW, { log }),
    NssError,
  );
  assertEquals(error.name, "SEC_ERROR_INADEQUATE_CERT_TYPE");
  assertStringIncludes(error.message, "clientAuth");
  assertEquals(new Set(log.map(({ usage }) => usage)), new Set(["sslClient", "anyCA"]));
});
