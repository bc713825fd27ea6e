// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse } from "@std/assert";
import { parseCertificatesPem } from "../../../cert/certificate/certificate.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { verifySignature, verifySignedData } from "../../../cert/verify/verify_signature.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { importPrivateKey } from "../../../pkcs11/keys/import_private_key.ts";
import { openShared, testShared } from "../../support/shared_data.ts";

const DATA = new TextEncoder().encode("what is signed");

testShared(
  "A self-signed RSA-5120 certificate parses, verifies itself, and its key signs",
  "data/field_cases/rsa5120.pem",
  async (contents) => {
    const [certificate] = parseCertificatesPem(await contents.text());
    const { subjectPublicKeyInfo, signatureAlgorithm, tbsCertificate, signature } = certificate!;
    assertEquals(subjectPublicKeyInfo.algorithm, { type: "rsa", modulusLength: 5120 });
    const verify = (bytes: Uint8Array<ArrayBuffer>) =>
      verifySignedData(subjectPublicKeyInfo, signatureAlgorithm, tbsCertificate, bytes);
    assert(await verify(signature));
    assertFalse(await verify(signature.toReversed()));
    const path = await verifyCertificateChain(certificate!, {
      anchors: [trustAnchorOf(certificate!)],
      time: new Date((certificate!.notBefore.getTime() + certificate!.notAfter.getTime()) / 2),
      usage: "sslServer",
      profile: "compatible",
    });
    assertEquals(path.length, 1);

    // Deno signs with it; a runtime that does not refuses it: tests/ssl/large_rsa_test.ts
    const key = await importPrivateKey(
      await (await openShared("data/field_cases/rsa5120.key")).text(),
    );
    assert(key.publicKey?.equals(subjectPublicKeyInfo));
    for (const scheme of key.schemes!) {
      assert(
        await verifySignature(subjectPublicKeyInfo, scheme, DATA, await key.sign(scheme, DATA)),
      );
    }
  },
);
