// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertFalse,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  Certificate,
  MAX_CERTIFICATE_SIZE,
  parseCertificate,
  parseCertificatesPem,
} from "../../../cert/certificate/certificate.ts";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { constructedTag, contextTag } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { issue, mutate, seeded } from "../_support.ts";

const ALGORITHM = new DerWriter().sequence((w) => w.oid(OIDS.ed25519)).finish();
const SPKI = new DerWriter().sequence((w) => w.raw(ALGORITHM).bitString(new Uint8Array(32)))
  .finish();

/** A certificate of parts, each of which a test may replace. */
function build(parts: Partial<Record<string, (writer: DerWriter) => void>> = {}): Uint8Array {
  const part = (name: string, write: (writer: DerWriter) => void) => parts[name] ?? write;
  return new DerWriter().sequence((w) => {
    w.sequence((w) => {
      part("version", (w) => w.constructed(constructedTag(0), (w) => w.integer(2)))(w);
      part("serial", (w) => w.integer(1))(w);
      part("inner", (w) => w.raw(ALGORITHM))(w);
      part("issuer", (w) => w.sequence(() => {}))(w);
      part(
        "validity",
        (w) => w.sequence((w) => w.string(0x17, "260101000000Z").string(0x17, "270101000000Z")),
      )(w);
      part("subject", (w) => w.sequence(() => {}))(w);
      part("spki", (w) => w.raw(SPKI))(w);
      part("ids", () => {})(w);
      part("extensions", () => {})(w);
    });
    part("outer", (w) => w.raw(ALGORITHM))(w);
    part("signature", (w) => w.bitString(new Uint8Array(64)))(w);
    part("end", () => {})(w);
  }).finish();
}

function assertBad(parts: Parameters<typeof build>[0], message: string): void {
  const error = assertThrows(() => parseCertificate(build(parts)), NssError, message);
  assertEquals(error.name, "SEC_ERROR_BAD_DER");
}

const extension = (oid: string, critical?: boolean) => (w: DerWriter) => {
  w.sequence((w) => {
    w.oid(oid);
    if (critical !== undefined) w.boolean(critical);
    w.octetString(new Uint8Array(0));
  });
};
const extensions = (...each: ((writer: DerWriter) => void)[]) => (w: DerWriter) => {
  w.constructed(constructedTag(3), (w) => w.sequence((w) => each.forEach((write) => write(w))));
};

Deno.test("parseCertificate() reads the fields of a certificate", async () => {
  const { certificate, publicKey } = await issue({ subject: "CN=example.com,O=Example" });
  assertEquals(certificate.version, 3);
  assertEquals(certificate.serialNumber, Uint8Array.of(1, 2, 3));
  assertEquals(`${certificate.subject}`, "CN=example.com,O=Example");
  assert(certificate.isSelfIssued);
  assertEquals(certificate.notBefore, new Date("2026-01-01T00:00:00Z"));
  assertEquals(certificate.notAfter, new Date("2026-12-31T23:59:59Z"));
  assert(certificate.subjectPublicKeyInfo.equals(publicKey));
  assertEquals(certificate.signatureAlgorithm.name, "ecdsa-with-SHA256");
  assertEquals(certificate.basicConstraints, { isCa: false });
  assertEquals(certificate.keyUsage, new Set(["digitalSignature"]));
  assertEquals(certificate.extKeyUsage, [OIDS.serverAuth]);
  assertEquals(certificate.subjectAltName, [{ type: "dns", value: "example.com" }]);
  assertEquals(certificate.authorityKeyIdentifier?.keyIdentifier, certificate.subjectKeyIdentifier);
  const absent = ["nameConstraints", "certificatePolicies", "policyConstraints", "policyMappings"];
  absent.push("inhibitAnyPolicy", "tlsFeature", "authorityInfoAccess", "crlDistributionPoints");
  for (const name of [...absent, "issuerAltName"]) {
    assertEquals(Reflect.get(certificate, name), undefined);
  }
});

Deno.test("parseCertificate() copies its input, and what it gives cannot be changed by it", async () => {
  const { certificate } = await issue();
  const bytes = certificate.der.slice();
  const parsed = parseCertificate(bytes);
  bytes.fill(0);
  assert(parsed.equals(certificate));
  parsed.notAfter.setTime(0);
  assertEquals(parsed.notAfter, certificate.notAfter);
  (await parsed.fingerprint()).fill(0);
  assertNotEquals(await parsed.fingerprint(), new Uint8Array(32));
});

Deno.test("parseCertificate() reads versions 1 to 3 and no other", () => {
  assertEquals(parseCertificate(build({ version: () => {} })).version, 1);
  for (const [number, version] of [[1, 2], [2, 3]] as const) {
    const write = (w: DerWriter) => {
      w.constructed(constructedTag(0), (w) => w.integer(number));
    };
    assertEquals(parseCertificate(build({ version: write })).version, version);
  }
  for (const number of [0, 3, 4]) {
    assertBad(
      { version: (w) => w.constructed(constructedTag(0), (w) => w.integer(number)) },
      "is not 2 or 3",
    );
  }
});

Deno.test("parseCertificate() wants extensions of version 3 alone, and no empty list", () => {
  const some = extensions(extension("1.2.3"));
  assertEquals(parseCertificate(build({ extensions: some })).extensions.size, 1);
  assertBad({ extensions: some, version: () => {} }, "after the last field");
  assertBad({ extensions: extensions() }, "missing");
});

Deno.test("parseCertificate() refuses an extension that is there twice", () => {
  assertBad(
    { extensions: extensions(extension("1.2.3"), extension("1.2.3")) },
    "1.2.3 is there twice",
  );
  const twice = extensions(extension(OIDS.keyUsage), extension(OIDS.keyUsage, true));
  assertBad({ extensions: twice }, "keyUsage is there twice");
});

Deno.test("parseCertificate() notes which extensions are critical", () => {
  const some = extensions(extension("1.2.3", true), extension("1.2.4", false), extension("1.2.5"));
  const parsed = parseCertificate(build({ extensions: some })).extensions;
  assertEquals([...parsed.values()].map(({ critical }) => critical), [true, false, false]);
});

Deno.test("parseCertificate() takes unique identifiers of versions 2 and 3", () => {
  const ids = (w: DerWriter) => {
    w.primitive(contextTag(1), Uint8Array.of(0, 1)).primitive(contextTag(2), Uint8Array.of(0, 1));
  };
  parseCertificate(build({ ids }));
  assertBad({ ids, version: () => {} }, "after the last field");
});

Deno.test("parseCertificate() wants the same algorithm inside and outside", () => {
  assertBad({ outer: (w) => w.sequence((w) => w.oid(OIDS.ecdsaWithSHA256)) }, "is not that");
});

Deno.test("parseCertificate() names the field at fault", () => {
  assertBad(
    { serial: (w) => w.primitive(2, Uint8Array.of(0, 1)) },
    "tbsCertificate.serialNumber at",
  );
  assertBad({ validity: (w) => w.null() }, "tbsCertificate.validity at");
  assertBad({ spki: (w) => w.null() }, "tbsCertificate.subjectPublicKeyInfo at");
  assertBad({ issuer: (w) => w.sequence((w) => w.null()) }, "tbsCertificate.issuer.relative");
  assertBad({ signature: (w) => w.primitive(3, Uint8Array.of(1, 2)) }, "signatureValue at");
  assertBad({ end: (w) => w.null() }, "after the last field");
});

Deno.test("parseCertificate() leaves what it cannot use until it is asked for", () => {
  const odd = parseCertificate(build({
    spki: (w) => w.sequence((w) => w.sequence((w) => w.oid("1.2.3")).bitString(new Uint8Array(1))),
    inner: (w) => w.sequence((w) => w.oid("1.2.4")),
    outer: (w) => w.sequence((w) => w.oid("1.2.4")),
    extensions: extensions(extension(OIDS.keyUsage)),
  }));
  const names = (["subjectPublicKeyInfo", "signatureAlgorithm", "keyUsage"] as const).map((name) =>
    assertThrows(() => odd[name], NssError).name
  );
  assertEquals(names, [
    "SEC_ERROR_UNSUPPORTED_KEYALG",
    "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
    "SEC_ERROR_EXTENSION_VALUE_INVALID",
  ]);
});

Deno.test("Certificate.extension() reads once, and fails with the same error", () => {
  const odd = parseCertificate(build({ extensions: extensions(extension(OIDS.keyUsage)) }));
  const first = assertThrows(() => odd.keyUsage, NssError);
  assertStrictEquals(assertThrows(() => odd.keyUsage, NssError), first);
});

Deno.test("parseCertificate() takes MAX_CERTIFICATE_SIZE bytes and not one more", () => {
  const size = build({ signature: (w) => w.bitString(new Uint8Array(70_000)) }).length - 70_000;
  // One more byte of length from 70,000 bytes on to 2^24
  const at = (total: number) =>
    build({
      signature: (w) => w.bitString(new Uint8Array(total - size)),
    });
  assertEquals(at(MAX_CERTIFICATE_SIZE).length, MAX_CERTIFICATE_SIZE);
  parseCertificate(at(MAX_CERTIFICATE_SIZE));
  assertThrows(() => parseCertificate(at(MAX_CERTIFICATE_SIZE + 1)), NssError, "are more than");
});

Deno.test("parseCertificate() refuses every strict prefix", async () => {
  const { der } = (await issue()).certificate;
  for (let size = 0; size < der.length; size++) {
    assertThrows(() => parseCertificate(der.subarray(0, size)), NssError);
  }
});

/** Reads everything that a certificate has. */
function readAll(certificate: Certificate): void {
  const names = Object.getOwnPropertyNames(Certificate.prototype);
  for (const name of names) {
    const get = Object.getOwnPropertyDescriptor(Certificate.prototype, name)?.get;
    if (get === undefined) continue;
    try {
      Reflect.apply(get, certificate, []);
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
    }
  }
  certificate.toString();
}

Deno.test("parseCertificate() fails with NssError alone, whatever is changed", async () => {
  const root = await issue({ ca: true });
  const { der } = (await issue({ issuer: root })).certificate;
  const random = seeded(20261123);
  let parsed = 0;
  for (let i = 0; i < 5000; i++) {
    const bytes = mutate(der, random);
    try {
      readAll(parseCertificate(bytes));
      parsed++;
    } catch (error) {
      if (!(error instanceof NssError)) throw new Error(`${i}: ${bytes.toHex()}`, { cause: error });
    }
  }
  // The mutations reach beyond the first length
  assert(parsed > 100 && parsed < 4900, `${parsed} of 5000 parsed`);
});

Deno.test("parseCertificate() makes what encodes to the same bytes", async () => {
  const { certificate } = await issue();
  const reader = new DerReader(certificate.der, "test").sequence("");
  assertEquals(reader.element("tbs").der, certificate.tbsCertificate);
  assertEquals(reader.element("algorithm").der, certificate.signatureAlgorithmDer);
});

Deno.test("parseCertificatesPem() reads every certificate and skips the rest", async () => {
  const { certificate } = await issue();
  const pem = certificate.toPem();
  const key = "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n";
  const old = pem.replaceAll("CERTIFICATE", "X509 CERTIFICATE");
  assertEquals(parseCertificatesPem(`# a\n${pem}${key}${old}`).length, 2);
  assertThrows(() => parseCertificatesPem(key), NssError, "there is none");
  assertThrows(() => parseCertificatesPem(pem.replace(/\nMII./, "\nMIIA")), NssError);
});

Deno.test("Certificate.fingerprint() digests the encoding", async () => {
  const { certificate } = await issue();
  for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"] as const) {
    const digest = new Uint8Array(await crypto.subtle.digest(hash, certificate.der));
    assertEquals(await certificate.fingerprint(hash), digest);
  }
  assertEquals(await certificate.fingerprint(), await certificate.fingerprint("SHA-256"));
});

Deno.test("Certificate.toString() says whose it is", async () => {
  const root = await issue({ ca: true });
  const { certificate } = await issue({ issuer: root });
  assertEquals(
    certificate.toString(),
    'Certificate "CN=example.com" of "CN=Test Root", valid 2026-01-01 to 2026-12-31',
  );
  assertFalse(certificate.isSelfIssued);
  assertFalse(certificate.equals(root.certificate));
});

Deno.test("Certificate.fromDer() takes no PEM, and says what reads it", async () => {
  const { certificate } = await issue();
  const pem = new TextEncoder().encode(certificate.toPem());
  assert(Certificate.fromDer(certificate.der).equals(certificate));
  assertThrows(
    () => Certificate.fromDer(pem),
    NssError,
    "at byte 0: expected tag 0x30, found 0x2d; this is PEM: parseCertificatesPem() reads " +
      "certificates, decodePem() all else",
  );
  const der = new DerWriter().sequence((w) => w.raw(Uint8Array.of(0x2d, 0))).finish();
  const error = assertThrows(() => parseCertificate(der), NssError);
  assertEquals(error.message.includes("PEM"), false);
});
