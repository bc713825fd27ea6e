// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NssError } from "@nss/nss/cert";
import { importPkcs12, importPrivateKey } from "@nss/nss/pkcs11";
import { loadRc2 } from "../../support/forge_rc2.ts";
import { testShared } from "../../support/shared_data.ts";
import { skip } from "../../support/skip.ts";
import { countDigests } from "../../support/count_digests.ts";

const forge = await loadRc2();

function testCase(
  title: string,
  name: string,
  run: (file: Uint8Array<ArrayBuffer>) => Promise<void>,
): void {
  testShared(
    `field case ${name}: ${title}`,
    `data/field_cases/${name}`,
    async (contents) => await run(await contents.bytes()),
  );
}

testCase("Java's trusted certificates", "jdk_cacerts_sample.p12", async (file) => {
  const { identities, certificates } = await importPkcs12(file, "");
  assertEquals(identities, []);
  assertEquals(certificates.length, 7);
  assertEquals(
    certificates[0]?.friendlyName,
    "debian:entrust.net_premium_2048_secure_server_ca.pem.crt [jdk]",
  );
});

testCase("no MAC, by an option that says so", "nomac.p12", async (file) => {
  const error = await assertRejects(() => importPkcs12(file, "pw"), NssError);
  assertEquals(error.name, "SEC_ERROR_PKCS12_INVALID_MAC");
  assertStringIncludes(error.message, "allowMissingMac");
  const { identities } = await importPkcs12(file, "pw", { allowMissingMac: true });
  assertEquals(identities.length, 1);
  assertEquals(identities[0]?.certificates.length, 1);
  const wrong = await assertRejects(
    () => importPkcs12(file, "wrong", { allowMissingMac: true }),
    NssError,
  );
  assertEquals(wrong.name, "SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT");
});

for (
  const [name, password] of [
    ["legacy_rc2.p12", "pw"],
    ["firefox_rc2_600000_iterations.p12", "password"],
  ] as const
) {
  testCase("RC2 is refused before anything is hashed", name, async (file) => {
    const digests = await countDigests(async () => {
      const error = await assertRejects(() => importPkcs12(file, password), NssError);
      assertEquals(error.name, "SEC_ERROR_PKCS12_UNSUPPORTED_PBE_ALGORITHM");
      assertStringIncludes(error.message, "RC2");
      assertStringIncludes(error.message, "decryptRc2");
    });
    assertEquals(digests, 0);
  });

  // Its 3,600,000 iterations take half a minute
  if (name.startsWith("firefox") && !Deno.env.has("NSS_SOAK")) continue;
  const title = "certificates and key by the recipe's RC2";
  if ("reason" in forge) skip(title, forge.reason);
  else {
    testCase(title, name, async (file) => {
      const { identities: [identity] } = await importPkcs12(file, password, forge);
      assert(identity !== undefined);
      assertEquals(identity.certificates.length, 1);
    });
  }
}

for (const name of ["trad_aes256.pem", "p8_scrypt.pem"]) {
  testCase("an encrypted key", name, async (file) => {
    const text = new TextDecoder().decode(file);
    for (const input of [text, file]) {
      const key = await importPrivateKey(input, { password: "pw" });
      assertEquals(key.algorithm.type, "rsa");
      const error = await assertRejects(
        () => importPrivateKey(input, { password: "wrong" }),
        NssError,
      );
      assertEquals(error.name, "SEC_ERROR_BAD_PASSWORD");
    }
  });
}

testCase("the seed is missing", "key-mldsa44-expanded.pem", async (file) => {
  const error = await assertRejects(() => importPrivateKey(file), NssError);
  assertEquals(error.name, "SEC_ERROR_UNSUPPORTED_KEYALG");
  assertStringIncludes(error.message, "without the seed");
});
