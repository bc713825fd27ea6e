// Copyright 2026 the NSS for Deno authors. MIT license.

// An error of the runtime is never a verdict on a signature, whatever the signature is of.

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { type ErrorName, NssError } from "../../../cert/base/errors.ts";
import { parseCertificate } from "../../../cert/certificate/certificate.ts";
import { parseCrl } from "../../../cert/revocation/crl.ts";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { createCertificateRequest, verifyCertificateRequest } from "../../../cert/create/csr.ts";
import { checkRevocation } from "../../../cert/revocation/revocation.ts";
import { verifyCrl } from "../../../cert/revocation/verify_crl.ts";
import {
  findOcspRevocation,
  verifyOcspResponse,
} from "../../../cert/revocation/verify_ocsp_response.ts";
import { verifySct } from "../../../cert/revocation/verify_sct.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { forgetCertificates } from "../../../cert/certificate/known_certificates.ts";
import { verifyCertificateChain, type VerifyLogEntry } from "../../../cert/verify/verify_cert.ts";
import { verifySignature } from "../../../cert/verify/verify_signature.ts";
import { signatureSchemesOf } from "../../../cert/certificate/signature_algorithm.ts";
import { exportPrivateKeyPem, generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { importPrivateKey } from "../../../pkcs11/keys/import_private_key.ts";
import { forgeRsa, pkcs1Block, rsaKey } from "../_forged_rsa.ts";
import { withFailing } from "../../support/failing_webcrypto.ts";
import { crlOf, days, ocspFor, pki } from "../_revocation_support.ts";
import { makeKeys, NOW } from "../_support.ts";

const { root, intermediate, leaf, responder } = await pki();
const DATA = new TextEncoder().encode("what is signed");
const anchors = [trustAnchorOf(root.certificate)];
const chain = { anchors, intermediates: [intermediate.certificate], time: NOW } as const;
const issuer = intermediate.certificate;

async function assertNoVerdict(
  run: () => Promise<unknown>,
  name: ErrorName = "SEC_ERROR_LIBRARY_FAILURE",
): Promise<NssError> {
  let found: NssError | undefined;
  await withFailing("verify", async () => {
    found = await assertRejects(run, NssError);
  });
  assertEquals(found!.name, name);
  assertStringIncludes(found!.message, "says nothing about the signature");
  return found!;
}

Deno.test("verifyCertificateChain() names the certificate whose signature the runtime could not verify", async () => {
  forgetCertificates();
  const log: VerifyLogEntry[] = [];
  const error = await assertNoVerdict(() =>
    verifyCertificateChain(leaf.certificate, { ...chain, usage: "sslServer", log })
  );
  assertEquals(
    error.message,
    'Cannot verify certificate "CN=Test CA": its signature cannot be checked with the key of ' +
      '"CN=Test Root": WebCrypto failed with the ec P-256 key (OperationError: The operation ' +
      "failed), which says nothing about the signature; try again",
  );
  assertFalse(log.some((entry) => entry.error.name === "SEC_ERROR_BAD_SIGNATURE"));
  // The runtime has recovered
  await verifyCertificateChain(leaf.certificate, { ...chain, usage: "sslServer" });
});

Deno.test("verifyCertificateChain() reports a failure of the runtime rather than another path's wrong signature", async () => {
  const { publicKey, privateKey } = await makeKeys();
  const impostor = await createCertificate({
    publicKey,
    privateKey,
    subject: "CN=Test Root",
    isCa: true,
    notBefore: days(-100),
    notAfter: days(265),
  });
  const other = trustAnchorOf(impostor);
  for (const isFirst of [true, false]) {
    forgetCertificates();
    // Read anew, so that its key is not imported yet
    const right = trustAnchorOf(parseCertificate(root.certificate.der));
    const both = isFirst ? [right, other] : [other, right];
    const error = await assertRejects(
      () =>
        failingFor(
          root.certificate.subjectPublicKeyInfo.publicKey,
          () =>
            verifyCertificateChain(leaf.certificate, {
              ...chain,
              anchors: both,
              usage: "sslServer",
            }),
        ),
      NssError,
    );
    assertEquals(error.name, "SEC_ERROR_LIBRARY_FAILURE");
  }
});

/** Makes the runtime fail with one key, by its bytes. */
async function failingFor<T>(bytes: Uint8Array, run: () => Promise<T>): Promise<T> {
  const { subtle } = crypto;
  const verify = subtle.verify;
  const importKey = subtle.importKey;
  const failing = new WeakSet<CryptoKey>();
  Object.defineProperty(subtle, "importKey", {
    configurable: true,
    value: async (...args: Parameters<typeof importKey>) => {
      const key = await Reflect.apply(importKey, subtle, args);
      const encoded: unknown = args[1];
      if (encoded instanceof Uint8Array && encoded.toHex().endsWith(bytes.toHex())) {
        failing.add(key);
      }
      return key;
    },
  });
  Object.defineProperty(subtle, "verify", {
    configurable: true,
    value: (...args: Parameters<typeof verify>) =>
      failing.has(args[1])
        ? Promise.reject(new DOMException("The operation failed", "OperationError"))
        : Reflect.apply(verify, subtle, args),
  });
  try {
    return await run();
  } finally {
    Reflect.deleteProperty(subtle, "verify");
    Reflect.deleteProperty(subtle, "importKey");
  }
}

Deno.test("verifyCrl() tells a failure of the runtime from a wrong signature", async () => {
  const crl = parseCrl((await crlOf(intermediate)).der);
  await assertNoVerdict(() => verifyCrl(crl, { issuer, time: NOW }));
  await verifyCrl(crl, { issuer, time: NOW });
});

const ocsp = ocspFor(leaf, intermediate);

Deno.test("verifyOcspResponse() tells a failure of the runtime from a wrong signature", async () => {
  const options = { certificate: leaf.certificate, issuer, time: NOW };
  for (const more of [{}, { responder }]) {
    const response = await ocsp({}, more);
    forgetCertificates();
    await assertNoVerdict(() => verifyOcspResponse(response, options));
    await verifyOcspResponse(response, options);
  }
});

Deno.test("findOcspRevocation() does not take a failure of the runtime for silence", async () => {
  const options = { certificate: leaf.certificate, issuer, time: NOW };
  const response = await ocsp({ status: "revoked", revocationTime: days(-2) });
  await assertNoVerdict(() => findOcspRevocation(response, options));
  assert(await findOcspRevocation(response, options) !== null);
});

Deno.test("checkRevocation() calls a status unknown, and no staple bad, where the runtime fails", async () => {
  const path = {
    certificates: [leaf.certificate, issuer],
    anchor: trustAnchorOf(root.certificate),
  };
  const response = await ocsp();
  const crls = [parseCrl((await crlOf(intermediate, [leaf.certificate])).der)];
  for (const policy of ["hard", "soft"] as const) {
    const staple = { policy, time: NOW, wholePath: false, stapledOcspResponse: response };
    const error = await assertNoVerdict(() =>
      checkRevocation({ ...staple, mustStaple: true })(path)
    );
    assertStringIncludes(error.message, "its stapled OCSP response cannot be verified: ");
  }
  const hard = { policy: "hard", time: NOW, wholePath: false, crls } as const;
  await assertNoVerdict(() => checkRevocation(hard)(path));
  const error = await assertRejects(() => checkRevocation(hard)(path), NssError);
  assertEquals(error.name, "SEC_ERROR_REVOKED_CERTIFICATE");
});

Deno.test("verifySct() tells a failure of the runtime from a wrong signature", async () => {
  const { publicKey } = await makeKeys();
  const sct = {
    logId: await publicKey.digest(),
    timestamp: days(-1),
    extensions: new Uint8Array(),
    signatureAlgorithm: 0x0403,
    signature: Uint8Array.fromHex("3006020101020101"),
  };
  const options = {
    certificate: leaf.certificate,
    source: "delivered",
    logs: [{ key: publicKey }],
    time: NOW,
  } as const;
  await assertNoVerdict(() => verifySct(sct, options));
  const error = await assertRejects(() => verifySct(sct, options), NssError);
  assertEquals(error.name, "SEC_ERROR_BAD_SIGNATURE");
});

Deno.test("verifyCertificateRequest() tells a failure of the runtime from a wrong signature", async () => {
  const keys = await makeKeys();
  const request = await createCertificateRequest({ ...keys, subject: "CN=Test" });
  await assertNoVerdict(() => verifyCertificateRequest(request));
  await verifyCertificateRequest(request);
});

Deno.test("createCertificate() tells a failure of the runtime from a key that is not the signer's", async () => {
  const keys = await makeKeys();
  await assertNoVerdict(() => createCertificate({ ...keys, subject: "CN=Test" }));
});

Deno.test("importPrivateKey() tells a failure of the runtime from parts that do not belong together", async () => {
  const pair = await generateKeyPair("ec-p256", { extractable: true });
  const pem = await exportPrivateKeyPem(pair.privateKey);
  const error = await assertNoVerdict(() => importPrivateKey(pem));
  assertStringIncludes(error.message, "Cannot import private key: WebCrypto failed");
  await importPrivateKey(pem);
});

Deno.test("verifySignature() does not keep a key that the runtime failed to import once", async () => {
  for (const kind of ["P-256", "Ed25519", "RSA-2048"] as const) {
    const { publicKey, privateKey } = await makeKeys(kind);
    const scheme = signatureSchemesOf(publicKey.algorithm)[0]!;
    const signature = await privateKey.sign(scheme, DATA);
    await withFailing("importKey", async () => {
      const error = await assertRejects(
        () => verifySignature(publicKey, scheme, DATA, signature),
        NssError,
      );
      assertEquals(error.name, "SEC_ERROR_LIBRARY_FAILURE");
    });
    assert(await verifySignature(publicKey, scheme, DATA, signature));
  }
});

Deno.test("verifySignature() names the exponent that the runtime does not take", async () => {
  // 33 bits are the most in Deno
  const key = rsaKey((1n << 2047n) + 1n, (1n << 40n) + 1n);
  const error = await assertRejects(
    () => verifySignature(key, "rsa_pkcs1_sha256", DATA, new Uint8Array(256).fill(1)),
    NssError,
    "refuses the rsa 2048 key, whose exponent has 41 bits; up to 32 work everywhere",
  );
  assertEquals(error.name, "SEC_ERROR_UNSUPPORTED_KEYALG");
});

Deno.test("verifySignature() verifies large RSA keys also where WebCrypto's RSA fails", async () => {
  const { publicKey, signature } = forgeRsa(8192, await pkcs1Block(8192, "SHA-256", DATA));
  await withFailing("verify", async () => {
    await withFailing("importKey", async () => {
      assert(await verifySignature(publicKey, "rsa_pkcs1_sha256", DATA, signature));
    });
  });
});
