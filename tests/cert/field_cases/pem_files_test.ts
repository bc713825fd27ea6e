// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { parseCertificate, parseCertificatesPem, parsePkcs7Certificates } from "@nss/nss/cert";
import { decodePem, encodePem } from "@nss/nss/cert/der";
import { newModel } from "@nss/nss/ssl";
import { testShared } from "../../support/shared_data.ts";

const FOLDER = "data/field_cases";

for (
  const [name, what] of [
    ["pem_bom", "a byte order mark"],
    ["pem_utf8_comment", "a comment outside of ASCII"],
  ] as const
) {
  testShared(
    `field case: PEM with ${what} is one certificate, as text and as bytes`,
    `${FOLDER}/${name}.pem`,
    async (file) => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      // A byte order mark stays in the one text, and is gone from the other
      const texts = [{ ignoreBOM: true }, {}].map((options) =>
        new TextDecoder("utf-8", options).decode(bytes)
      );
      for (const input of [bytes, ...texts]) {
        const [certificate, ...more] = parseCertificatesPem(input);
        assertEquals(certificate!.subject.toString(), "CN=p12 test");
        assertEquals(more, []);
        assertEquals(parseCertificate(input).der, certificate!.der);
        assertEquals(decodePem(input, "CERTIFICATE").length, 1);
        newModel({ caCerts: [input] });
      }
    },
  );
}

for (
  const [name, subjects] of [
    ["amazon-roots.p7b", [
      "CN=Amazon Root CA 3,O=Amazon,C=US",
      "CN=Amazon Root CA 2,O=Amazon,C=US",
    ]],
    ["nss.p7c", [
      "CN=GeoTrust Global CA,O=GeoTrust Inc.,C=US",
      "CN=mail.google.com,O=Google Inc,L=Mountain View,ST=California,C=US",
      "CN=Google Internet Authority G2,O=Google Inc,C=US",
    ]],
  ] as const
) {
  testShared(
    `field case: parsePkcs7Certificates() reads the BER of ${name}, also out of PEM`,
    `${FOLDER}/${name}`,
    async (file) => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const read = (input: string | Uint8Array) =>
        parsePkcs7Certificates(input).map(({ subject }) => subject.toString());
      assertEquals(read(bytes), [...subjects]);
      assertEquals(read(encodePem("PKCS7", bytes)), [...subjects]);
    },
  );
}
