// Copyright 2026 the NSS for Deno authors. MIT license.

// Certificates with RSA keys that are larger than Deno's WebCrypto verifies, on both ends.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { NssError } from "../../cert/base/errors.ts";
import { createCertificate } from "../../cert/create/create_certificate.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { encodePem } from "../../cert/der/pem.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { importFD } from "../../ssl/import_fd.ts";
import { withFailing } from "../support/failing_webcrypto.ts";
import { RSA_5120_KEY, RSA_8192_KEY } from "../support/large_rsa_keys.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { assertFails, HOSTNAME, PKI, session } from "./_support.ts";

async function identityOf(pem: string) {
  const key = await importPrivateKey(pem);
  const cert = await createCertificate({
    publicKey: key.publicKey!,
    subject: "CN=large",
    dnsNames: [HOSTNAME],
    issuer: { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey },
  });
  return { cert, key };
}

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`Both ends authenticate themselves by large RSA keys in ${version}`, async () => {
    const versions = { min: version, max: version };
    const [server, client] = [await identityOf(RSA_5120_KEY), await identityOf(RSA_8192_KEY)];
    const seen = await session({
      client: { versions, certificates: [client] },
      server: { versions, certificates: [server], clientAuth: "require" },
    });
    const keys = seen.map(({ peerCertificates }) => `${peerCertificates[0]!.subjectPublicKeyInfo}`);
    assertEquals(keys, ["rsa 5120", "rsa 8192"]);
  });
}

Deno.test("A server whose runtime does not sign with a large RSA key says its limit", async () => {
  const { cert } = await identityOf(RSA_5120_KEY);
  await withFailing("sign", async () => {
    const error = await assertFails(
      { server: { certificates: [{ cert, key: RSA_5120_KEY }] } },
      { at: "server", error: "SEC_ERROR_UNSUPPORTED_KEYALG", alert: "bad_certificate" },
    );
    assertEquals(
      error.message,
      `Cannot use the key given for certificate "CN=large": this runtime's WebCrypto does ` +
        "not sign with rsa 5120; RSA keys of up to 4096 bits work everywhere, and ECDSA keys are " +
        "faster",
    );
  }, new Error("Key too large"));
});

Deno.test("importPrivateKey() says the limit of a runtime that does not import large RSA keys", async () => {
  await withFailing("importKey", async () => {
    const error = await importPrivateKey(RSA_8192_KEY).catch((error) => error);
    assertEquals(error.name, "SEC_ERROR_UNSUPPORTED_KEYALG");
    assertStringIncludes(error.message, "does not sign with rsa 8192");
  }, new DOMException("Too large", "DataError"));
});

Deno.test("A key of 16,385 bits is refused where it is configured", () => {
  const numbers = [1n << 16384n, 65537n, 3n, 3n, 3n, 3n, 3n, 3n].map((n) => n + (n & 1n ^ 1n));
  const pkcs1 = new DerWriter().sequence((w) => {
    w.integer(0);
    for (const n of numbers) w.integer(n);
  }).finish();
  const error = assertThrows(
    () =>
      importFD(memoryPair()[0], {
        role: "server",
        certificates: [{ cert: PKI.server.cert, key: encodePem("RSA PRIVATE KEY", pkcs1) }],
      }),
    NssError,
  );
  assertEquals(error.name, "SEC_ERROR_UNSUPPORTED_KEYALG");
  assertStringIncludes(error.message, "its RSA modulus has 16385 bits, more than 16384");
});
