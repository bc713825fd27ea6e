// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertRejects } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { SoftToken } from "../../../pkcs11/token/softoken.ts";
import { testCertDB } from "../../cert/cert_db_conformance.ts";
import { certificatesOf, testToken } from "../token_conformance.ts";

testToken("SoftToken", () => Promise.resolve({ token: new SoftToken() }), {
  keyTypes: [
    "ec-p256",
    "ec-p384",
    "ec-p521",
    "ed25519",
    "mldsa44",
    "mldsa87",
    "rsa-2048",
    "rsa-pss-2048",
  ],
});

testToken(
  "SoftToken with a password",
  () => Promise.resolve({ token: new SoftToken({ label: "Guarded", password: "secret" }) }),
  { password: "secret", keyTypes: ["ec-p256"] },
);

testCertDB(
  "SoftToken certificates",
  () => Promise.resolve(certificatesOf({ token: new SoftToken() })),
);

Deno.test("SoftToken answers nothing once it is closed", async () => {
  const token = new SoftToken();
  const { publicKey } = await token.generateKeyPair();
  await token.close();
  for (
    const call of [
      () => token.listKeys(),
      () => token.findKey(publicKey),
      () => token.generateKeyPair(),
      () => token.deleteKey(publicKey),
    ]
  ) {
    const error = await assertRejects(async () => await call(), NssError);
    assertEquals(error.name, "SEC_ERROR_NO_TOKEN");
  }
});
