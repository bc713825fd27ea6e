// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertGreater } from "@std/assert";
import { decodeHex } from "@std/encoding";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import { parseSubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { verifySignature } from "../../cert/verify/verify_signature.ts";
import { testShared } from "../support/shared_data.ts";

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

for (const [name, scheme] of Object.entries(FILES)) {
  const title = `verifySignature() decides every case of Wycheproof's ${name} as it says`;
  testShared(title, `data/wycheproof/${name}.json.gz`, async (data) => {
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
