// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// RSA keys that are larger than Deno's WebCrypto verifies with, in everything that keeps keys.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import type { PrivateKey } from "../../../cert/certificate/private_key.ts";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import {
  createCertificateRequest,
  parseCertificateRequest,
  verifyCertificateRequest,
} from "../../../cert/create/csr.ts";
import { verifySignature } from "../../../cert/verify/verify_signature.ts";
import { importPrivateKey } from "../../../pkcs11/keys/import_private_key.ts";
import { openKvToken } from "../../../pkcs11/kv/kv_token.ts";
import { openNssDb } from "../../../pkcs11/nss_db/mod.ts";
import { exportPkcs12 } from "../../../pkcs11/pkcs12/export_pkcs12.ts";
import { importPkcs12 } from "../../../pkcs11/pkcs12/import_pkcs12.ts";
import { SoftToken } from "../../../pkcs11/token/softoken.ts";
import type { Token } from "../../../pkcs11/token/token.ts";
import { withFailing } from "../../support/failing_webcrypto.ts";
import { RSA_5120_KEY, RSA_8192_KEY } from "../../support/large_rsa_keys.ts";

const DATA = new TextEncoder().encode("what is signed");

async function assertSigns(key: PrivateKey, bits: number): Promise<void> {
  assertEquals(key.algorithm, { type: "rsa", modulusLength: bits });
  const scheme = "rsa_pss_rsae_sha256";
  assert(await verifySignature(key.publicKey!, scheme, DATA, await key.sign(scheme, DATA)));
}

Deno.test("importPrivateKey() takes RSA keys that the runtime only signs with", async () => {
  await assertSigns(await importPrivateKey(RSA_5120_KEY), 5120);
  await assertSigns(await importPrivateKey(RSA_8192_KEY), 8192);
});

Deno.test("createCertificateRequest() and exportPkcs12() take large RSA keys", async () => {
  const privateKey = await importPrivateKey(RSA_5120_KEY, { extractable: true });
  const request = await createCertificateRequest({ privateKey, subject: "CN=Large" });
  await verifyCertificateRequest(parseCertificateRequest(request.der));
  const publicKey = privateKey.publicKey!;
  const certificate = await createCertificate({ privateKey, publicKey, subject: "CN=Large" });
  const file = await exportPkcs12({
    certificates: [certificate],
    key: privateKey,
    password: "secret",
    iterations: 1,
  });
  const { identities: [identity] } = await importPkcs12(file, "secret");
  await assertSigns(identity!.key, 5120);
  assert(identity!.certificates[0]!.equals(certificate));
});

const directory = await Deno.makeTempDir({ prefix: "nss_large_rsa_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

const TOKENS: Readonly<Record<string, () => Promise<Token>>> = {
  "memory": () => Promise.resolve(new SoftToken()),
  "Deno KV": () => openKvToken({ path: ":memory:", iterations: 1 }),
  "NSS database": () => openNssDb(directory, { create: true }),
};

for (const [name, open] of Object.entries(TOKENS)) {
  Deno.test(`Token.importKey() keeps a large RSA key: ${name}`, async () => {
    const token = await open();
    try {
      await token.importKey(RSA_5120_KEY, { label: "large" });
      const { publicKey } = await importPrivateKey(RSA_5120_KEY);
      const key = await token.findKey(publicKey!);
      await assertSigns(key!, 5120);
    } finally {
      await token.close();
    }
  });
}

Deno.test("An NSS database with a key that the runtime does not sign with is not called damaged", async () => {
  const token = await openNssDb(await Deno.makeTempDir({ dir: directory }), { create: true });
  try {
    await token.importKey(RSA_5120_KEY);
    const { publicKey } = await importPrivateKey(RSA_5120_KEY);
    await withFailing("sign", async () => {
      const error = await assertRejects(() => token.findKey(publicKey!), NssError);
      assertEquals(error.name, "SEC_ERROR_UNSUPPORTED_KEYALG");
    });
    await assertSigns((await token.findKey(publicKey!))!, 5120);
  } finally {
    await token.close();
  }
});
