// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertGreater } from "@std/assert";
import { decodeHex } from "@std/encoding";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import { parseSubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { verifySignature } from "../../cert/verify/verify_signature.ts";
import { sharedProblem, testShared } from "../support/shared_data.ts";
import rsa8192 from "./wycheproof_rsa_8192.json" with { type: "json" };

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly sig: string;
  readonly result: "valid" | "invalid" | "acceptable";
}

interface Vectors {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly publicKeyDer: string;
    readonly tests: readonly Vector[];
  }[];
}

const FILES: Record<string, SignatureScheme> = {
  ecdsa_secp256r1_sha256_test: "ecdsa_secp256r1_sha256",
  ecdsa_secp384r1_sha384_test: "ecdsa_secp384r1_sha384",
  ed25519_test: "ed25519",
};

/** Of these, a part is among the tests: see below. */
const RSA_FILES: Record<string, SignatureScheme> = {
  rsa_signature_8192_sha256_test: "rsa_pkcs1_sha256",
  rsa_signature_8192_sha384_test: "rsa_pkcs1_sha384",
  rsa_signature_8192_sha512_test: "rsa_pkcs1_sha512",
};

for (const [name, scheme] of Object.entries({ ...FILES, ...RSA_FILES })) {
  const title = `verifySignature() decides every case of Wycheproof's ${name} as it says`;
  const path = `data/wycheproof/${name}.json.gz`;
  if (name in RSA_FILES && sharedProblem(path) !== null) continue;
  testShared(title, path, async (data) => {
    const vectors = await data.json() as Vectors;
    const hex = (text: string) => new Uint8Array(decodeHex(text));
    const wrong: string[] = [];
    let count = 0;
    for (const { publicKeyDer, tests } of vectors.testGroups) {
      const key = parseSubjectPublicKeyInfo(hex(publicKeyDer));
      for (const { tcId, comment, msg, sig, result } of tests) {
        const valid = await verifySignature(key, scheme, hex(msg), hex(sig));
        if (valid !== (result === "valid")) wrong.push(`${tcId} ${comment}: ${result}`);
        count++;
      }
    }
    assertEquals(wrong, []);
    assertEquals(count, vectors.numberOfTests);
    assertGreater(count, 100);
  });
}

Deno.test("verifySignature() decides Wycheproof's cases of RSA with 8,192 bits as they say", async () => {
  const bytes = (text: string) => Uint8Array.fromBase64(text);
  for (const { scheme, publicKeyDer, tests } of rsa8192.groups) {
    const key = parseSubjectPublicKeyInfo(bytes(publicKeyDer));
    assertEquals(`${key}`, "rsa 8192");
    assertGreater(tests.length, 12);
    for (const { tcId, comment, msg, sig, result } of tests) {
      const data = new Uint8Array(decodeHex(msg));
      const valid = await verifySignature(key, scheme as SignatureScheme, data, bytes(sig));
      assertEquals(valid, result === "valid", `${scheme} ${tcId} ${comment}`);
    }
  }
});
