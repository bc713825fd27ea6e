// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import {
  type CertificateRequest,
  createCertificateRequest,
  MAX_REQUEST_SIZE,
  parseCertificateRequest,
  verifyCertificateRequest,
} from "../../../cert/create/csr.ts";
import { issueCertificate } from "../../../cert/create/issue_certificate.ts";
import { constructedTag } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { basicConstraints } from "../../../cert/extensions/basic_constraints.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { extKeyUsage } from "../../../cert/extensions/ext_key_usage.ts";
import { keyUsage } from "../../../cert/extensions/key_usage.ts";
import { Name } from "../../../cert/names/name.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { encodePem } from "../../../cert/der/pem.ts";
import type { SignatureScheme } from "../../../cert/certificate/private_key.ts";
import { encodeSignatureAlgorithm } from "../../../cert/certificate/signature_algorithm.ts";
import { opensslTest } from "../../pkcs11/_openssl.ts";
import { importPrivateKey } from "../../../pkcs11/keys/import_private_key.ts";
import { issue, makeKeys, NOW, seeded, type TestKeys, type TestKeyType } from "../_support.ts";

const keys: TestKeys = await makeKeys();

/** A request whose attributes are anything. */
async function requestWith(
  attributes: ((w: DerWriter) => void) | null,
  options: { version?: number; scheme?: SignatureScheme; signer?: TestKeys } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { version = 0, scheme = "ecdsa_secp256r1_sha256", signer = keys } = options;
  const info = new DerWriter().sequence((w) => {
    w.integer(version).raw(Name.parse("CN=x").der).raw(keys.publicKey.der);
    if (attributes !== null) w.constructed(constructedTag(0), attributes);
  }).finish();
  const signature = await signer.privateKey.sign(scheme, info);
  return new DerWriter().sequence((w) =>
    w.raw(info).raw(encodeSignatureAlgorithm(scheme)).bitString(signature)
  ).finish();
}

const attribute = (type: string, ...values: ((w: DerWriter) => void)[]) => (w: DerWriter) => {
  w.sequence((w) => w.oid(type).setOf(values));
};

Deno.test("createCertificateRequest() asks for what it is told, with keys of each kind", async () => {
  const types: readonly TestKeyType[] = ["P-256", "P-384", "P-521", "RSA-2048", "Ed25519"];
  for (const type of types) {
    const { privateKey } = await makeKeys(type);
    const request = await createCertificateRequest({
      privateKey,
      subject: "CN=example.com,O=Example",
      dnsNames: ["Example.com", "*.example.com"],
      ipAddresses: ["192.0.2.1"],
      emailAddresses: ["me@example.com"],
      keyUsage: ["digitalSignature"],
      extKeyUsage: ["serverAuth", "1.2.3.4"],
    });
    await verifyCertificateRequest(request);
    const parsed = parseCertificateRequest(request.toPem());
    assert(parsed.equals(request));
    assertEquals(String(parsed), 'Certificate request of "CN=example.com,O=Example"');
    assertEquals(parsed.subjectPublicKeyInfo.der, privateKey.publicKey!.der);
    assertEquals(parsed.subjectAltName, [
      { type: "dns", value: "example.com" },
      { type: "dns", value: "*.example.com" },
      { type: "ip", value: Uint8Array.of(192, 0, 2, 1) },
      { type: "email", value: "me@example.com" },
    ]);
    assertEquals([...parsed.extension(keyUsage)!], ["digitalSignature"]);
    assertEquals(parsed.extension(extKeyUsage), [OIDS.serverAuth, "1.2.3.4"]);
    assertEquals([...parsed.attributes.keys()], [OIDS.extensionRequest]);
    assertEquals(parsed.signatureAlgorithm.weak, false);
  }
});

Deno.test("createCertificateRequest() has no attributes where nothing is asked for", async () => {
  const request = await createCertificateRequest({ ...keys, subject: "CN=x" });
  assertEquals(request.attributes.size, 0);
  assertEquals(request.extensions.size, 0);
  assertEquals(request.subjectAltName, undefined);
  // Without a subject the names are critical (RFC 5280, Section 4.2.1.6)
  const { extensions } = await createCertificateRequest({ ...keys, dnsNames: ["example.com"] });
  assert(extensions.get(OIDS.subjectAltName)!.critical);
});

Deno.test("createCertificateRequest() refuses what makes no request", async () => {
  const { privateKey } = keys;
  const other = await makeKeys();
  const { publicKey: _, ...blind } = { ...privateKey };
  const cases: readonly (readonly [string, Parameters<typeof createCertificateRequest>[0]])[] = [
    ["SEC_ERROR_INVALID_ARGS", { privateKey }],
    ["SEC_ERROR_INVALID_ARGS", { privateKey, dnsNames: ["no host"] }],
    ["SEC_ERROR_INVALID_ARGS", { privateKey, ipAddresses: ["1.2.3"] }],
    ["SEC_ERROR_INVALID_ARGS", { privateKey, emailAddresses: ["me"] }],
    ["SEC_ERROR_INVALID_ARGS", { privateKey: blind, subject: "CN=x" }],
    ["SEC_ERROR_BAD_SIGNATURE", { privateKey, publicKey: other.publicKey, subject: "CN=x" }],
  ];
  for (const [name, options] of cases) {
    const error = await assertRejects(() => createCertificateRequest(options), NssError);
    assertEquals(error.name, name);
  }
});

Deno.test("parseCertificateRequest() reads any attributes, and none", async () => {
  const password = (w: DerWriter) => void w.string(0x0c, "secret");
  const der = await requestWith(attribute(OIDS.challengePassword, password));
  const request = parseCertificateRequest(der);
  assertEquals(request.attributes.get(OIDS.challengePassword)![0]!.length, 8);
  await verifyCertificateRequest(request);
  // Old programs leave out an empty set
  assertEquals(parseCertificateRequest(await requestWith(null)).attributes.size, 0);
});

Deno.test("verifyCertificateRequest() takes ECDSA with NULL parameters, as JDK before 16 wrote them", async () => {
  const { requestInfo, signature } = parseCertificateRequest(await requestWith(null));
  const withParameters = (write: (w: DerWriter) => void) =>
    parseCertificateRequest(
      new DerWriter().sequence((w) => {
        w.raw(requestInfo).sequence((w) => {
          w.oid(OIDS.ecdsaWithSHA256);
          write(w);
        });
        w.bitString(signature);
      }).finish(),
    );
  await verifyCertificateRequest(withParameters((w) => w.null()));
  const integer = withParameters((w) => w.integer(1));
  const error = await assertRejects(() => verifyCertificateRequest(integer), NssError);
  assertEquals(error.name, "SEC_ERROR_BAD_DER");
});

Deno.test("parseCertificateRequest() takes an extensionRequest that requests nothing", async () => {
  for (const values of [[], [(w: DerWriter) => void w.sequence(() => {})]]) {
    const der = await requestWith(attribute(OIDS.extensionRequest, ...values));
    const request = parseCertificateRequest(der);
    assertEquals([request.extensions.size, request.attributes.size], [0, 1]);
    assertEquals(request.subjectAltName, undefined);
    await verifyCertificateRequest(request);
    for (let length = 0; length < der.length; length++) {
      assertThrows(() => parseCertificateRequest(der.subarray(0, length)), NssError);
    }
  }
});

Deno.test("parseCertificateRequest() refuses what is malformed", async () => {
  const extensions = (w: DerWriter) =>
    void w.sequence((w) => w.sequence((w) => w.oid("1.2.3").octetString(Uint8Array.of(5, 0))));
  const none = (w: DerWriter) => void w.sequence(() => {});
  const good = await requestWith(attribute(OIDS.extensionRequest, extensions));
  assertEquals(parseCertificateRequest(good).extensions.size, 1);
  const bad: readonly Uint8Array[] = [
    await requestWith(null, { version: 1 }),
    await requestWith((w) => {
      attribute("1.2.3", (w) => void w.null())(w);
      attribute("1.2.3", (w) => void w.null())(w);
    }),
    await requestWith(attribute("1.2.3")),
    await requestWith(attribute(OIDS.extensionRequest, extensions, extensions)),
    await requestWith(attribute(OIDS.extensionRequest, (w) => void w.null())),
    await requestWith(attribute(OIDS.extensionRequest, (w) => void w.sequence((w) => w.null()))),
    await requestWith(attribute(OIDS.extensionRequest, none, none)),
    new Uint8Array([...good, 0]),
    new Uint8Array(0),
  ];
  for (const der of bad) {
    assertEquals(
      assertThrows(() => parseCertificateRequest(der), NssError).name,
      "SEC_ERROR_BAD_DER",
    );
  }
  for (let length = 0; length < good.length; length++) {
    assertThrows(() => parseCertificateRequest(good.subarray(0, length)), NssError);
  }
});

Deno.test("parseCertificateRequest() throws nothing but NssError, whatever is changed", async () => {
  const names = { dnsNames: ["example.com"], keyUsage: ["digitalSignature"] } as const;
  const { der } = await createCertificateRequest({ ...keys, ...names });
  const random = seeded(7);
  let parsed = 0;
  for (let i = 0; i < 2000; i++) {
    const changed = der.slice();
    changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256);
    try {
      const request = parseCertificateRequest(changed);
      request.subjectAltName;
      parsed++;
    } catch (error) {
      assert(error instanceof NssError, String(error));
    }
  }
  assert(parsed > 100);
});

Deno.test("parseCertificateRequest() bounds what it takes", () => {
  const at = (size: number) =>
    assertThrows(() => parseCertificateRequest(new Uint8Array(size)), NssError).message;
  assert(at(MAX_REQUEST_SIZE + 1).includes("are more than"));
  assertFalse(at(MAX_REQUEST_SIZE).includes("are more than"));
});

Deno.test("parseCertificateRequest() wants one request in PEM, under either label", async () => {
  const { der } = await createCertificateRequest({ ...keys, subject: "CN=x" });
  const pem = encodePem("NEW CERTIFICATE REQUEST", der);
  assertEquals(parseCertificateRequest(pem).der, der);
  assertThrows(() => parseCertificateRequest(pem + pem), NssError, "there are 2");
  assertThrows(() => parseCertificateRequest(""), NssError, "there is none");
});

Deno.test("verifyCertificateRequest() refuses other keys' signatures and weak ones", async () => {
  const signer = await makeKeys();
  const names: string[] = [];
  for (const options of [{ signer }, { scheme: "ecdsa_sha1" }] as const) {
    const request = parseCertificateRequest(await requestWith(null, options));
    names.push((await assertRejects(() => verifyCertificateRequest(request), NssError)).name);
  }
  assertEquals(names, ["SEC_ERROR_BAD_SIGNATURE", "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"]);
});

Deno.test("issueCertificate() takes over the key and subject, and what it is told to", async () => {
  const root = await issue({ ca: true });
  const issuer = { certificate: root.certificate, privateKey: root.privateKey };
  const request = await createCertificateRequest({
    ...keys,
    subject: "CN=asks,O=Much",
    dnsNames: ["asks.example"],
    keyUsage: ["digitalSignature", "keyAgreement"],
    extKeyUsage: ["codeSigning"],
    extensions: [makeExtension(basicConstraints, { isCa: true }, true)],
  });
  const plain = await issueCertificate(request, { issuer, now: NOW });
  assertEquals(String(plain.subject), "CN=asks,O=Much");
  assertEquals(plain.subjectPublicKeyInfoDer, keys.publicKey.der);
  assertEquals(plain.issuer, root.certificate.subject);
  assertEquals(plain.subjectAltName, undefined);
  assertEquals([...plain.keyUsage!], ["digitalSignature"]);
  assertEquals(plain.extKeyUsage, [OIDS.serverAuth, OIDS.clientAuth]);
  assertEquals(plain.basicConstraints, { isCa: false });

  const full = await issueCertificate(request, {
    issuer,
    now: NOW,
    copyExtensions: ["subjectAltName", "keyUsage", "extKeyUsage"],
  });
  assertEquals(full.subjectAltName, [{ type: "dns", value: "asks.example" }]);
  assertEquals([...full.keyUsage!], ["digitalSignature", "keyAgreement"]);
  assertEquals(full.extKeyUsage, [OIDS.codeSigning]);
  assertEquals(full.basicConstraints, { isCa: false });

  const chosen = await issueCertificate(request, {
    issuer,
    now: NOW,
    subject: "CN=gets",
    dnsNames: ["gets.example"],
    extKeyUsage: ["clientAuth"],
    copyExtensions: ["subjectAltName", "extKeyUsage"],
    days: 1,
  });
  assertEquals(String(chosen.subject), "CN=gets");
  assertEquals(chosen.subjectAltName, [{ type: "dns", value: "gets.example" }]);
  assertEquals(chosen.extKeyUsage, [OIDS.clientAuth]);
  assertEquals(chosen.notAfter, new Date(NOW.getTime() + 86_400_000));
});

Deno.test("issueCertificate() gives what is an authority's own to nobody who but asks", async () => {
  const issuer = await issue({ ca: true });
  const { privateKey } = await makeKeys();
  const rows = [
    [{ keyUsage: ["digitalSignature", "keyCertSign"] }, "keyCertSign", { isCa: true }],
    [{ keyUsage: ["cRLSign"] }, "cRLSign", { keyUsage: ["digitalSignature"] }],
    [{ extKeyUsage: ["serverAuth", "ocspSigning"] }, "ocspSigning", {
      extKeyUsage: ["ocspSigning"],
    }],
    [{ extKeyUsage: ["anyExtendedKeyUsage"] }, "anyExtendedKeyUsage", {
      extKeyUsage: ["serverAuth"],
    }],
  ] as const;
  for (const [asks, what, given] of rows) {
    const request = await createCertificateRequest({ privateKey, subject: "CN=asks", ...asks });
    const copyExtensions = ["keyUsage", "extKeyUsage"] as const;
    const error = await assertRejects(
      () => issueCertificate(request, { issuer, copyExtensions }),
      NssError,
      `asks for ${what}`,
    );
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
    await issueCertificate(request, { issuer });
    await issueCertificate(request, { issuer, copyExtensions, ...given });
  }
});

Deno.test("issueCertificate() issues nothing to who does not have the key", async () => {
  const root = await issue({ ca: true });
  const request = parseCertificateRequest(await requestWith(null, { signer: await makeKeys() }));
  const error = await assertRejects(
    () => issueCertificate(request, { issuer: root }),
    NssError,
  );
  assertEquals(error.name, "SEC_ERROR_BAD_SIGNATURE");
});

opensslTest("createCertificateRequest() makes what openssl req -verify accepts", async (folder) => {
  const types: readonly TestKeyType[] = ["P-256", "P-384", "RSA-2048", "Ed25519"];
  const requests: CertificateRequest[] = [];
  for (const type of types) {
    const request = await createCertificateRequest({
      privateKey: (await makeKeys(type)).privateKey,
      subject: "CN=\u00fcber,O=Example",
      dnsNames: ["example.com"],
      extKeyUsage: ["serverAuth"],
    });
    requests.push(request);
    await folder.write("r.pem", request.toPem());
    const text = await folder.run("req", "-verify", "-in", "r.pem", "-noout", "-text");
    assert(text.includes("DNS:example.com"), text);
    assert(text.includes("TLS Web Server Authentication"), text);
  }
  await folder.write(
    "bad.der",
    requests[0]!.der.map((b, i, all) => i === all.length - 1 ? b ^ 1 : b),
  );
  const bad = await folder.run("req", "-verify", "-in", "bad.der", "-inform", "DER", "-noout")
    .catch((error) => String(error));
  assert(!bad.includes("OK"), bad);
});

opensslTest("parseCertificateRequest() reads what openssl req makes", async (folder) => {
  for (
    const [algorithm, option] of [["RSA", "rsa_keygen_bits:2048"], [
      "EC",
      "ec_paramgen_curve:P-384",
    ]] as const
  ) {
    const pem = await folder.genpkey("key.pem", algorithm, option);
    await folder.run(
      ...["req", "-new", "-key", "key.pem", "-subj", "/O=Example/CN=host", "-out", "r.pem"],
      ...["-addext", "subjectAltName=DNS:host.example,IP:192.0.2.1"],
      ...["-addext", "basicConstraints=CA:FALSE"],
    );
    const request = parseCertificateRequest(await folder.read("r.pem"));
    await verifyCertificateRequest(request);
    assertEquals(String(request.subject), "CN=host,O=Example");
    assertEquals(request.subjectAltName!.length, 2);
    assertEquals(request.extension(basicConstraints), { isCa: false });
    const key = await importPrivateKey(pem);
    assertEquals(request.subjectPublicKeyInfo.algorithm, key.algorithm);
  }
});
