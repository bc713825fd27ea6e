// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertRejects } from "@std/assert";
import {
  type CertProfile,
  NssError,
  parseCertificateRequest,
  parseCertificatesPem,
  parseCrl,
  parseCrlsPem,
  trustAnchorOf,
  verifyCertificateChain,
} from "@nss/nss/cert";
import { importPrivateKey } from "@nss/nss/pkcs11";
import { openShared, testShared } from "../../support/shared_data.ts";

const FOLDER = "data/field_cases";
const TIME = new Date("2027-01-01T00:00:00Z");

for (
  const [name, what, refusal] of [
    ["dot", "a DNS constraint with a leading dot", "SEC_ERROR_EXTENSION_VALUE_INVALID"],
    ["jdk", "ECDSA with NULL parameters", "SEC_ERROR_BAD_DER"],
  ] as const
) {
  testShared(
    `field case: verifyCertificateChain() trusts ${what} in the compatible profile alone`,
    `${FOLDER}/${name}-ee.pem`,
    async (file) => {
      const [leaf] = parseCertificatesPem(await file.text());
      const [ca] = parseCertificatesPem(
        await (await openShared(`${FOLDER}/${name}-ca.pem`)).text(),
      );
      const verify = (profile: CertProfile) =>
        verifyCertificateChain(leaf!, {
          anchors: [trustAnchorOf(ca!)],
          time: TIME,
          usage: "sslServer",
          profile,
        });
      assertEquals((await verify("compatible")).length, 2);
      const error = await assertRejects(() => verify("strict"), NssError);
      assertEquals(error.name, refusal);
    },
  );
}

testShared(
  "field case: parseCrlsPem() reads a CRL with an empty revokedCertificates",
  `${FOLDER}/crl_empty_revoked_certificates.pem`,
  async (file) => {
    const [crl] = parseCrlsPem(await file.text());
    assertEquals([crl?.size, crl?.hasEmptyList], [0, true]);
  },
);

testShared(
  "field case: parseCrl() reads a CRL with an empty revokedCertificates",
  `${FOLDER}/crl_empty_revoked_certificates.der`,
  async (file) => {
    const crl = parseCrl(await file.bytes());
    assertEquals([crl.size, crl.hasEmptyList], [0, true]);
  },
);

testShared(
  "field case: parseCertificateRequest() reads an empty extensionRequest",
  `${FOLDER}/csr_empty_extension_request.pem`,
  async (file) => {
    const { extensions, attributes } = parseCertificateRequest(await file.text());
    assertEquals([extensions.size, attributes.size], [0, 1]);
  },
);

testShared(
  "field case: importPrivateKey() imports GnuTLS's scalar with a leading zero",
  `${FOLDER}/ec_key_leading_zero_gnutls.pem`,
  async (file) => {
    const key = await importPrivateKey(await file.text());
    assertEquals(key.algorithm, { type: "ec", curve: "P-256" });
  },
);
