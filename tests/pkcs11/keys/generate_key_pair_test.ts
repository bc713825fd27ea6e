// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import type { KeyAlgorithm, SignatureScheme } from "../../../cert/certificate/private_key.ts";
import { verifySignature } from "../../../cert/verify/verify_signature.ts";
import {
  exportPrivateKeyPem,
  generateKeyPair,
  type KeyPairType,
} from "../../../pkcs11/keys/generate_key_pair.ts";
import { importPrivateKey } from "../../../pkcs11/keys/import_private_key.ts";
import { opensslTest } from "../_openssl.ts";

const DATA = new TextEncoder().encode("to be signed");

const TYPES: readonly [KeyPairType, KeyAlgorithm, SignatureScheme][] = [
  ["ec-p256", { type: "ec", curve: "P-256" }, "ecdsa_secp256r1_sha256"],
  ["ec-p384", { type: "ec", curve: "P-384" }, "ecdsa_secp384r1_sha384"],
  ["ec-p521", { type: "ec", curve: "P-521" }, "ecdsa_secp521r1_sha512"],
  ["ed25519", { type: "ed25519" }, "ed25519"],
  ["mldsa44", { type: "mldsa44" }, "mldsa44"],
  ["mldsa65", { type: "mldsa65" }, "mldsa65"],
  ["mldsa87", { type: "mldsa87" }, "mldsa87"],
  ["rsa-2048", { type: "rsa", modulusLength: 2048 }, "rsa_pss_rsae_sha256"],
  ["rsa-pss-2048", { type: "rsa-pss", modulusLength: 2048 }, "rsa_pss_pss_sha512"],
];

for (const [type, algorithm, scheme] of TYPES) {
  Deno.test(`generateKeyPair() makes ${type} pairs that stay where they are`, async () => {
    const pair = await generateKeyPair(type);
    assertEquals(pair.privateKey.algorithm, algorithm);
    assertEquals(pair.publicKey.algorithm, algorithm);
    assert(pair.privateKey.publicKey?.equals(pair.publicKey));
    const signature = await pair.privateKey.sign(scheme, DATA);
    assert(await verifySignature(pair.publicKey, scheme, DATA, signature));
    for (const leave of [() => pair.exportPkcs8(), () => exportPrivateKeyPem(pair.privateKey)]) {
      const error = await assertRejects(leave, NssError, "Cannot export private key");
      assertEquals(error.name, "SEC_ERROR_INVALID_KEY");
    }
  });

  Deno.test(`generateKeyPair() makes ${type} pairs that may leave, where asked`, async () => {
    const pair = await generateKeyPair(type, { extractable: true });
    const pem = await exportPrivateKeyPem(pair.privateKey);
    assertMatch(pem, /^-----BEGIN PRIVATE KEY-----\n/);
    const again = await importPrivateKey(pem);
    assertEquals(again.algorithm, algorithm);
    assert(again.publicKey?.equals(pair.publicKey));
    const signature = await again.sign(scheme, DATA);
    assert(await verifySignature(pair.publicKey, scheme, DATA, signature));
  });
}

Deno.test("generateKeyPair() makes RSA pairs of 3072 bits and with either padding", async () => {
  const { privateKey, publicKey } = await generateKeyPair("rsa-3072");
  assertEquals(privateKey.algorithm, { type: "rsa", modulusLength: 3072 });
  for (const scheme of ["rsa_pkcs1_sha256", "rsa_pss_rsae_sha512"] as const) {
    const signature = await privateKey.sign(scheme, DATA);
    assert(await verifySignature(publicKey, scheme, DATA, signature));
  }
});

Deno.test("generateKeyPair() makes P-256 by default, another pair each time", async () => {
  const [a, b] = await Promise.all([generateKeyPair(), generateKeyPair()]);
  assertEquals(a.privateKey.algorithm, { type: "ec", curve: "P-256" });
  assert(!a.publicKey.equals(b.publicKey));
});

Deno.test("generateKeyPair() says which kinds there are when asked for another", async () => {
  const call = () => Reflect.apply(generateKeyPair, undefined, ["dsa-1024"]) as Promise<unknown>;
  const error = await assertRejects(call, NssError, '"dsa-1024" is not one of ec-p256');
  assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  assertStringIncludes(error.message, "rsa-pss-2048");
});

Deno.test("exportPrivateKeyPem() takes an extractable CryptoKey out again", async () => {
  const { privateKey } = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const key = await importPrivateKey(privateKey);
  const again = await importPrivateKey(await exportPrivateKeyPem(key));
  assert(again.publicKey?.equals(key.publicKey!));
});

Deno.test("exportPrivateKeyPem() refuses keys of others", async () => {
  const key = { algorithm: { type: "ed25519" }, sign: () => Promise.reject() } as const;
  await assertRejects(() => exportPrivateKeyPem(key), NssError, "Cannot export private key");
});

opensslTest("exportPrivateKeyPem() writes what OpenSSL reads", async (folder) => {
  for (const type of ["ec-p256", "ec-p521", "ed25519", "rsa-2048", "rsa-pss-2048"] as const) {
    const pair = await generateKeyPair(type, { extractable: true });
    await folder.write("key.pem", await exportPrivateKeyPem(pair.privateKey));
    await folder.run("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem");
    assertEquals(await folder.read("public.pem"), pair.publicKey.toPem(), type);
    if (type !== "ed25519") {
      const printed = await folder.run("pkey", "-in", "key.pem", "-noout", "-check");
      assertStringIncludes(printed, "Key is valid", type);
    }
  }
});
