// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { createCertificate, NssError } from "@nss/nss/cert";
import { exportPkcs12, generateKeyPair } from "@nss/nss/pkcs11";
import { pkcs12Protection } from "../../../pkcs11/pkcs12/pkcs12_protection.ts";
import { Prng } from "../../support/prng.ts";

async function makeFile(iterations: number): Promise<Uint8Array<ArrayBuffer>> {
  const keys = await generateKeyPair("ec-p256", { extractable: true });
  const certificate = await createCertificate({ ...keys, dnsNames: ["a.test"] });
  const { privateKey: key } = keys;
  return await exportPkcs12({ key, certificates: [certificate], password: "x", iterations });
}

Deno.test("pkcs12Protection() calls few iterations weak: at 9,999, and not at 10,000", async () => {
  for (const [iterations, isWeak] of [[9_999, true], [10_000, false]] as const) {
    const { mac, parts } = pkcs12Protection(await makeFile(iterations));
    assertEquals(mac, { name: "sha256", iterations, isWeak });
    const name = "pbkdf2, hmacWithSHA256, aes256CBC";
    assertEquals(parts, [{ name, iterations, isWeak }, { name, iterations, isWeak }]);
  }
});

Deno.test("pkcs12Protection() meets files that are cut or altered with typed errors", async () => {
  const file = await makeFile(1);
  const typed = (bytes: Uint8Array<ArrayBuffer>) => {
    try {
      pkcs12Protection(bytes);
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
    }
  };
  for (let length = 0; length < file.length; length++) typed(file.slice(0, length));
  const prng = new Prng(2020);
  for (let i = 0; i < 3000; i++) {
    const altered = file.slice();
    altered[prng.uint32() % altered.length] = prng.uint32() % 256;
    typed(altered);
  }
});
