// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  createCertificate,
  type CreateCertificateOptions,
} from "../../../cert/create/create_certificate.ts";
import { TAG } from "../../../cert/der/tag.ts";
import { type ErrorName, NssError } from "../../../cert/base/errors.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { tlsFeature } from "../../../cert/extensions/tls_feature.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { verifyCertName } from "../../../cert/verify/verify_cert_name.ts";
import { opensslTest } from "../../pkcs11/_openssl.ts";
import { makeKeys, NOW, openssl, type TestKeyType } from "../_support.ts";

const authority = await makeKeys();
const root = await createCertificate({
  ...authority,
  subject: "CN=Root",
  isCa: true,
  now: NOW,
});
const issuer = { certificate: root, privateKey: authority.privateKey };
const { publicKey } = await makeKeys();
const make = (options: Partial<CreateCertificateOptions> = {}) =>
  createCertificate({ publicKey, issuer, dnsNames: ["example.com"], now: NOW, ...options });

async function assertFails(
  name: ErrorName,
  options: Partial<CreateCertificateOptions>,
  message = "",
): Promise<void> {
  const error = await assertRejects(() => make(options), NssError, message);
  assertEquals(error.name, name);
}

Deno.test("createCertificate() makes a leaf with safe defaults", async () => {
  const leaf = await make();
  assertEquals(leaf.version, 3);
  assertEquals(leaf.basicConstraints, { isCa: false });
  assertEquals(leaf.keyUsage, new Set(["digitalSignature"]));
  assertEquals(leaf.extKeyUsage, [OIDS.serverAuth, OIDS.clientAuth]);
  assertEquals(leaf.subjectAltName, [{ type: "dns", value: "example.com" }]);
  assertEquals(leaf.authorityKeyIdentifier, { keyIdentifier: root.subjectKeyIdentifier! });
  assertEquals(leaf.subjectKeyIdentifier?.length, 20);
  assertEquals(leaf.notBefore, new Date("2026-06-01T11:00:00Z"));
  assertEquals(leaf.notAfter, new Date("2026-08-30T12:00:00Z"));
  assert(leaf.issuer.equals(root.subject));
  assert(leaf.extensions.get(OIDS.subjectAltName)?.critical === true);
  assert((await make({ subject: "CN=x" })).extensions.get(OIDS.subjectAltName)?.critical === false);
});

Deno.test("createCertificate() makes an authority with safe defaults", () => {
  assertEquals(root.basicConstraints, { isCa: true });
  assertEquals(root.keyUsage, new Set(["keyCertSign", "cRLSign"]));
  assertEquals(root.extKeyUsage, undefined);
  assertEquals(root.subjectAltName, undefined);
  assert(root.extensions.get(OIDS.basicConstraints)?.critical === true);
  assertEquals(root.notAfter, new Date("2036-05-29T12:00:00Z"));
  assertEquals(root.authorityKeyIdentifier?.keyIdentifier, root.subjectKeyIdentifier);
});

Deno.test("createCertificate() draws 16 random bytes of serial number, positive", async () => {
  const [a, b] = [await make(), await make()];
  assertNotEquals(a.serialNumber, b.serialNumber);
  for (const { serialNumber } of [a, b]) {
    assertEquals(serialNumber.length, 16);
    assert(serialNumber[0]! < 0x80);
  }
});

Deno.test("createCertificate() takes serial numbers from 1 to 2^159 - 1", async () => {
  const largest = Uint8Array.of(0x7f, ...new Uint8Array(19).fill(0xff));
  assertEquals((await make({ serialNumber: largest })).serialNumber, largest);
  assertEquals((await make({ serialNumber: Uint8Array.of(0, 1) })).serialNumber, Uint8Array.of(1));
  const high = Uint8Array.of(0x80);
  assertEquals((await make({ serialNumber: high })).serialNumber, Uint8Array.of(0, 0x80));
  const bad = [Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(0x80, ...new Uint8Array(19))];
  for (const serialNumber of bad) await assertFails("SEC_ERROR_INVALID_ARGS", { serialNumber });
});

Deno.test("createCertificate() writes every name", async () => {
  const leaf = await make({
    subject: "CN=x,O=y",
    dnsNames: ["A.example", "*.b.example"],
    ipAddresses: ["192.0.2.1", "::1"],
    emailAddresses: ["a@b.example"],
    otherNames: [{ type: "uri", value: "spiffe://example/x" }],
  });
  assertEquals(leaf.subjectAltName?.map(({ type }) => type), [
    "dns",
    "dns",
    "ip",
    "ip",
    "email",
    "uri",
  ]);
  for (const host of ["a.example", "x.b.example", "192.0.2.1", "::1"]) verifyCertName(leaf, host);
});

Deno.test("createCertificate() refuses names that are none", async () => {
  const name = "SEC_ERROR_INVALID_ARGS";
  await assertFails(name, { dnsNames: ["bücher.example"] }, "A-labels");
  await assertFails(name, { dnsNames: ["192.0.2.1"] });
  await assertFails(name, { ipAddresses: ["example.com"] });
  await assertFails(name, { emailAddresses: ["example.com"] });
  await assertFails(name, { subject: "example.com" });
  await assertFails(name, { dnsNames: [] }, "there is no name");
  await assertFails(name, { isCa: true }, "an authority needs a subject");
});

Deno.test("createCertificate() refuses what contradicts itself", async () => {
  const name = "SEC_ERROR_INVALID_ARGS";
  await assertFails(name, { pathLength: 0 }, "an authority's");
  await assertFails(name, { notAfter: new Date(0) }, "notAfter is before notBefore");
  await assertFails(name, { notAfter: new Date(NaN) }, "notAfter is an invalid Date");
  await assertRejects(
    () => createCertificate({ publicKey, dnsNames: ["a.b"] }),
    NssError,
    "neither",
  );
});

Deno.test("createCertificate() refuses a key that is not the issuer's", async () => {
  const { privateKey } = await makeKeys();
  await assertFails("SEC_ERROR_BAD_SIGNATURE", { issuer: { certificate: root, privateKey } });
});

Deno.test("createCertificate() writes years from 2050 on as GeneralizedTime", async () => {
  const leaf = await make({ notAfter: new Date("2050-01-01T00:00:00Z") });
  assertEquals(leaf.notAfter, new Date("2050-01-01T00:00:00Z"));
  assertStringIncludes(leaf.der.toHex(), `${TAG.generalizedTime.toString(16)}0f3230353030`);
});

Deno.test("createCertificate() takes other extensions, also in place of its own", async () => {
  const leaf = await make({
    extensions: [makeExtension(tlsFeature, [5])],
    keyUsage: ["digitalSignature", "keyEncipherment"],
    extKeyUsage: ["codeSigning", "1.2.3.4"],
    days: 1,
  });
  assertEquals(leaf.tlsFeature, [5]);
  assertEquals(leaf.keyUsage, new Set(["digitalSignature", "keyEncipherment"]));
  assertEquals(leaf.extKeyUsage, [OIDS.codeSigning, "1.2.3.4"]);
  assertEquals(leaf.notAfter, new Date("2026-06-02T12:00:00Z"));
});

const KINDS: TestKeyType[] = ["P-256", "P-384", "P-521", "Ed25519", "ML-DSA-44", "RSA-2048"];

Deno.test("createCertificate() makes chains of every kind of key, which the strict profile takes", async () => {
  for (const kind of KINDS) {
    const keys = await makeKeys(kind);
    const now = NOW;
    const top = await createCertificate({ ...keys, subject: "CN=Top", isCa: true, now });
    const sub = await makeKeys();
    const middle = await createCertificate({
      publicKey: sub.publicKey,
      subject: "CN=Middle",
      isCa: true,
      pathLength: 0,
      nameConstraints: { permitted: [{ type: "dns", value: "example.com" }], excluded: [] },
      issuer: { certificate: top, privateKey: keys.privateKey },
      now,
    });
    const leaf = await make({ issuer: { certificate: middle, privateKey: sub.privateKey } });
    for (const usage of ["sslServer", "sslClient"] as const) {
      const path = await verifyCertificateChain(leaf, {
        anchors: [trustAnchorOf(top)],
        intermediates: [middle],
        time: now,
        usage,
      });
      assertEquals(path, [leaf, middle, top]);
    }
  }
});

Deno.test("createCertificate() signs as it is told", async () => {
  const keys = await makeKeys("RSA-2048");
  const own = { ...keys, dnsNames: ["a.example"], now: NOW };
  assertEquals((await createCertificate(own)).signatureAlgorithm.name, "sha256WithRSAEncryption");
  for (const signatureScheme of ["rsa_pss_rsae_sha384", "rsa_pkcs1_sha512"] as const) {
    const made = await createCertificate({ ...own, signatureScheme });
    assertMatch(made.signatureAlgorithm.name, /SHA-384|sha512/);
    await verifyCertificateChain(made, {
      anchors: [trustAnchorOf(made)],
      time: NOW,
      usage: "sslServer",
    });
  }
});

opensslTest(
  "createCertificate() makes what openssl verifies, strictly",
  async ({ path: directory }, t) => {
    for (const kind of KINDS.filter((kind) => kind !== "ML-DSA-44")) {
      await t.step(kind, async () => {
        const keys = await makeKeys(kind);
        const top = await createCertificate({ ...keys, subject: "CN=Top,O=Ünïcode", isCa: true });
        const leaf = await createCertificate({
          publicKey,
          issuer: { certificate: top, privateKey: keys.privateKey },
          dnsNames: ["example.com"],
          ipAddresses: ["2001:db8::1"],
        });
        await Deno.writeTextFile(`${directory}/top.pem`, top.toPem());
        await Deno.writeTextFile(`${directory}/leaf.pem`, leaf.toPem());
        const args = ["-x509_strict", "-purpose", "sslserver", "-verify_hostname", "example.com"];
        args.push("-CAfile", `${directory}/top.pem`, `${directory}/leaf.pem`);
        const result = await openssl(["verify", ...args]);
        assertEquals([result?.code, result?.stderr], [0, ""]);
        const text = await openssl(["x509", "-noout", "-text"], leaf.toPem());
        assertStringIncludes(text?.stdout ?? "", "IP Address:2001:DB8:0:0:0:0:0:1");
      });
    }
  },
);
