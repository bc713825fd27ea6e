// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { parseCertificate } from "../../../cert/certificate/certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { parseSubjectPublicKeyInfo } from "../../../cert/certificate/spki.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import {
  forgetVerifiedSignatures,
  isVerified,
  MAX_VERIFIED_SIGNATURES,
  rememberVerified,
  verifiedSignatureCount,
} from "../../../cert/verify/verified_signatures.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { issue, makeKeys, NOW } from "../_support.ts";

Deno.test("isVerified() knows a certificate and key by their bytes", async () => {
  forgetVerifiedSignatures();
  const root = await issue({ ca: true });
  const { certificate } = await issue({ issuer: root });
  assertFalse(await isVerified(certificate, root.publicKey));
  await rememberVerified(certificate, root.publicKey);
  const key = parseSubjectPublicKeyInfo(root.publicKey.der);
  assert(await isVerified(parseCertificate(certificate.der), key));
  assertFalse(await isVerified(certificate, (await makeKeys()).publicKey));
  assertFalse(await isVerified(root.certificate, root.publicKey));
});

Deno.test("verifyCertificateChain() verifies a signature once, and a wrong one each time", async () => {
  forgetVerifiedSignatures();
  const root = await issue({ ca: true });
  const { certificate } = await issue({ issuer: root });
  const forged = await issue({ issuer: root, signer: (await makeKeys()).privateKey });
  const options = {
    anchors: [trustAnchorOf(root.certificate)],
    time: NOW,
    usage: "sslServer",
  } as const;
  const { subtle } = crypto;
  const { verify } = subtle;
  let count = 0;
  const counted = (...args: Parameters<typeof verify>) => {
    count++;
    return Reflect.apply(verify, subtle, args);
  };
  Object.defineProperty(subtle, "verify", { value: counted, configurable: true });
  try {
    for (let i = 0; i < 3; i++) {
      await verifyCertificateChain(parseCertificate(certificate.der), options);
    }
    assertEquals(count, 1);
    for (let i = 0; i < 2; i++) {
      await assertRejects(() => verifyCertificateChain(forged.certificate, options), NssError);
    }
    assertEquals(count, 3);
  } finally {
    Reflect.deleteProperty(subtle, "verify");
  }
});

Deno.test("rememberVerified() keeps MAX_VERIFIED_SIGNATURES and drops the least recently used", async () => {
  forgetVerifiedSignatures();
  const { certificate, publicKey } = await issue();
  const at = (number: number) => {
    const der = publicKey.der.slice();
    new DataView(der.buffer).setUint32(der.length - 4, number);
    return parseSubjectPublicKeyInfo(der);
  };
  for (let i = 0; i < MAX_VERIFIED_SIGNATURES; i++) await rememberVerified(certificate, at(i));
  assertEquals(verifiedSignatureCount(), MAX_VERIFIED_SIGNATURES);
  assert(await isVerified(certificate, at(0)));
  await rememberVerified(certificate, at(MAX_VERIFIED_SIGNATURES));
  assertEquals(verifiedSignatureCount(), MAX_VERIFIED_SIGNATURES);
  assert(await isVerified(certificate, at(0)));
  assertFalse(await isVerified(certificate, at(1)));
});
