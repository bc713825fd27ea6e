// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { certificateToJson } from "../../../cert/format/certificate_to_json.ts";
import { colonHex, hexLines } from "../../../cert/format/certificate_text.ts";
import { printable } from "../../../cert/base/printable.ts";
import { parseCertificate } from "../../../cert/certificate/certificate.ts";
import { crlDistributionPoints } from "../../../cert/extensions/crl_distribution_points.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { extKeyUsage } from "../../../cert/extensions/ext_key_usage.ts";
import { authorityInfoAccess } from "../../../cert/extensions/info_access.ts";
import { keyUsage } from "../../../cert/extensions/key_usage.ts";
import { nameConstraints } from "../../../cert/extensions/name_constraints.ts";
import {
  certificatePolicies,
  inhibitAnyPolicy,
  policyConstraints,
} from "../../../cert/extensions/policies.ts";
import { subjectAltName } from "../../../cert/extensions/alt_name.ts";
import { tlsFeature } from "../../../cert/extensions/tls_feature.ts";
import { formatFingerprint, spkiPin } from "../../../cert/format/fingerprint.ts";
import { formatCertificate } from "../../../cert/format/format_certificate.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { opensslTest } from "../../pkcs11/_openssl.ts";
import { issue, makeKeys, seeded, type TestCertificate, type TestKeyType } from "../_support.ts";

/** A certificate with all that OpenSSL prints in the same words. */
function rich(type: TestKeyType, serial: Uint8Array): Promise<TestCertificate> {
  return makeKeys(type).then((keys) =>
    issue({
      keys,
      ca: true,
      pathLength: 2,
      serial,
      notBefore: "2026-01-02T03:04:05Z",
      notAfter: "2051-12-31T23:59:59Z",
      extensions: [
        makeExtension(
          keyUsage,
          new Set(["digitalSignature", "keyCertSign", "cRLSign"] as const),
          true,
        ),
        makeExtension(extKeyUsage, [OIDS.serverAuth, OIDS.clientAuth, OIDS.ocspSigning]),
        makeExtension(subjectAltName, [
          { type: "dns", value: "example.com" },
          { type: "ip", value: Uint8Array.of(192, 0, 2, 1) },
          { type: "email", value: "me@example.com" },
          { type: "uri", value: "https://example.com/" },
        ]),
        makeExtension(nameConstraints, {
          permitted: [{ type: "dns", value: "example.com" }],
          excluded: [{ type: "ip", value: Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0) }],
        }, true),
        makeExtension(certificatePolicies, [{ policy: "2.23.140.1.2.1", qualifiers: [] }]),
        makeExtension(
          policyConstraints,
          { requireExplicitPolicy: 3, inhibitPolicyMapping: 1 },
          true,
        ),
        makeExtension(inhibitAnyPolicy, 2, true),
        makeExtension(authorityInfoAccess, [
          { method: OIDS.ocsp, location: { type: "uri", value: "http://ocsp.example.com/" } },
          { method: OIDS.caIssuers, location: { type: "uri", value: "http://example.com/ca" } },
        ]),
        makeExtension(tlsFeature, [5]),
        makeExtension(crlDistributionPoints, [
          { fullName: [{ type: "uri", value: "http://example.com/crl" }] },
        ]),
      ],
    })
  );
}

/** OpenSSL writes names otherwise, RFC 4514 as here. */
const OTHERWISE = /^(?:Issuer|Subject): |^$/;

opensslTest("formatCertificate() has every line of openssl x509 -text", async (folder) => {
  const serials = [Uint8Array.of(5), Uint8Array.of(0, 0xff, 1, 2, 3, 4, 5, 6, 7, 8)];
  const types: readonly TestKeyType[] = ["P-256", "P-384", "P-521", "RSA-2048", "Ed25519"];
  for (const [i, type] of types.entries()) {
    const { certificate } = await rich(type, serials[i % 2]!);
    await folder.write("c.pem", certificate.toPem());
    const theirs = (await folder.run("x509", "-in", "c.pem", "-noout", "-text")).split("\n")
      .map((line) => line.trim().replace("ED25519", "Ed25519"));
    const ours = (await formatCertificate(certificate)).split("\n").map((line) => line.trim());
    const missing = theirs.filter((line) => !OTHERWISE.test(line) && !ours.includes(line));
    assertEquals(missing, [], type);

    const print = async (hash: string) =>
      (await folder.run("x509", "-in", "c.pem", "-noout", "-fingerprint", `-${hash}`)).split(
        "=",
      )[1]!.trim();
    assertEquals(await formatFingerprint(certificate), await print("sha256"));
    assertEquals(await formatFingerprint(certificate, "SHA-1"), await print("sha1"));
  }
});

Deno.test("formatCertificate() ends with fingerprints and the pin", async () => {
  const { certificate } = await issue();
  const text = await formatCertificate(certificate);
  assertStringIncludes(text, `Fingerprint (SHA-256): ${await formatFingerprint(certificate)}\n`);
  assert(text.endsWith(`Pin (SHA-256): ${await spkiPin(certificate)}\n`));
});

Deno.test("formatCertificate() prints nothing that moves a cursor or turns text", async () => {
  const evil = "a\u001b[2J\u202e\u2028\u0085\nSubject: CN=bank.example";
  const { certificate } = await issue({
    subject: "CN=\\1b[31mred\\0aNot After : never",
    extensions: [
      makeExtension(subjectAltName, [{ type: "dns", value: "x\n        Issuer: CN=Good" }]),
    ],
  });
  const text = await formatCertificate(certificate);
  // deno-lint-ignore no-control-regex
  assertFalse(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(text));
  assertEquals(text.match(/^ *Issuer: /gm)!.length, 1);
  assertEquals(text.match(/^ *Not After : /gm)!.length, 1);
  const json = JSON.stringify(await certificateToJson(certificate));
  assertFalse(json.includes("\\u001b["));
  assertEquals(
    printable(evil),
    "a\\u{1b}[2J\\u{202e}\\u{2028}\\u{85}\\u{a}Subject: CN=bank.example",
  );
  assertEquals(printable("Zo\u00eb \u6771\u4eac"), "Zo\u00eb \u6771\u4eac");
});

Deno.test("formatCertificate() prints what is malformed, unknown or of no use", async () => {
  const { certificate } = await issue({
    extensions: [
      { oid: OIDS.keyUsage, critical: true, value: Uint8Array.of(5, 0), offset: 0 },
      { oid: "1.2.3.4", critical: false, value: Uint8Array.of(1, 2, 0xff), offset: 0 },
    ],
  });
  const text = await formatCertificate(certificate);
  assertMatch(text, /X509v3 Key Usage: critical\n +<malformed: .*>\n +05:00\n/);
  assertMatch(text, /1\.2\.3\.4:\n +01:02:ff\n/);
  const json = await certificateToJson(certificate);
  assertEquals(json.keyUsage, null);
  assertEquals(json.extensions.find(({ oid }) => oid === "1.2.3.4"), {
    oid: "1.2.3.4",
    name: null,
    critical: false,
    value: "0102ff",
  });
});

Deno.test("formatCertificate() and certificateToJson() print whatever parses", async () => {
  const { certificate } = await rich("P-256", Uint8Array.of(0x80, 1));
  const random = seeded(11);
  let printed = 0;
  for (let i = 0; i < 600; i++) {
    const der = certificate.der.slice();
    der[Math.floor(random() * der.length)] = Math.floor(random() * 256);
    let changed;
    try {
      changed = parseCertificate(der);
    } catch {
      continue;
    }
    assertMatch(await formatCertificate(changed), /^Certificate:\n/);
    assertEquals((await certificateToJson(changed)).pem, changed.toPem());
    printed++;
  }
  assert(printed > 50);
});

Deno.test("certificateToJson() is plain data", async () => {
  const { certificate, publicKey } = await rich("P-256", Uint8Array.of(0, 0x90));
  const json = await certificateToJson(certificate);
  assertEquals(JSON.parse(JSON.stringify(json)), json);
  const { extensions, pem, fingerprint, pin, ...rest } = json;
  assertEquals(rest, {
    version: 3,
    serialNumber: "00:90",
    subject: "CN=Test Root",
    issuer: "CN=Test Root",
    notBefore: "2026-01-02T03:04:05.000Z",
    notAfter: "2051-12-31T23:59:59.000Z",
    subjectAltName: [
      "DNS:example.com",
      "IP Address:192.0.2.1",
      "email:me@example.com",
      "URI:https://example.com/",
    ],
    isCa: true,
    pathLength: 2,
    keyUsage: ["digitalSignature", "keyCertSign", "cRLSign"],
    extKeyUsage: ["serverAuth", "clientAuth", "ocspSigning"],
    publicKey: "ec P-256",
    signatureAlgorithm: "ecdsa-with-SHA256",
  });
  assertEquals(extensions.map(({ name }) => name)[0], "basicConstraints");
  assertEquals(pem, certificate.toPem());
  assertEquals(fingerprint, colonHex(await certificate.fingerprint()));
  assertEquals(pin, await publicKey.pin());
});

Deno.test("hexLines() ends all lines but the last with a colon", () => {
  assertEquals(hexLines(new Uint8Array(0)), []);
  assertEquals(hexLines(Uint8Array.of(1, 2, 3), 3), ["01:02:03"]);
  assertEquals(hexLines(Uint8Array.of(1, 2, 3, 4), 3), ["01:02:03:", "04"]);
});
