// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { parseSubjectPublicKeyInfo } from "../../../cert/certificate/spki.ts";
import { unsupportedKeyName } from "../../../cert/der/oids.ts";
import { decodePem } from "../../../cert/der/pem.ts";
import { importPrivateKey } from "../../../pkcs11/keys/import_private_key.ts";
import { opensslTest } from "../_openssl.ts";

const CURVES = [
  ...["secp256k1", "secp224r1", "SM2"],
  ...[160, 192, 224, 256, 320, 384, 512].flatMap((size) =>
    ["r1", "t1"].map((suffix) => `brainpoolP${size}${suffix}`)
  ),
];

for (const curve of CURVES) {
  opensslTest(
    `importPrivateKey() and the parser of public keys name the curve ${curve}`,
    async (folder) => {
      const pem = await folder.genpkey("key.pem", "EC", `ec_paramgen_curve:${curve}`);
      const error = await assertRejects(() => importPrivateKey(pem), NssError);
      assertEquals(error.name, "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE");
      assertStringIncludes(error.message, `its curve is ${curve}, and only`);
      const spki = decodePem(await folder.run("pkey", "-in", "key.pem", "-pubout"))[0]!.der;
      const refused = await assertRejects(
        () => Promise.try(() => parseSubjectPublicKeyInfo(spki)),
        NssError,
      );
      assertEquals(refused.name, "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE");
      assertStringIncludes(refused.message, `but on ${curve}`);
    },
  );
}

for (const kind of ["Ed448", "X448", "X25519", "Diffie-Hellman", "DSA"]) {
  opensslTest(
    `importPrivateKey() and the parser of public keys name the kind ${kind}`,
    async (folder) => {
      if (kind === "DSA") {
        const make = ["-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:1024"];
        await folder.run("genpkey", ...make, "-out", "parameters.pem");
        await folder.run("genpkey", "-paramfile", "parameters.pem", "-out", "key.pem");
      } else if (kind === "Diffie-Hellman") {
        await folder.genpkey("key.pem", "DH", "group:ffdhe2048");
      } else await folder.genpkey("key.pem", kind);
      const pem = await folder.read("key.pem");
      const error = await assertRejects(() => importPrivateKey(pem), NssError);
      assertEquals(error.name, "SEC_ERROR_UNSUPPORTED_KEYALG");
      assertStringIncludes(error.message, `its kind is ${kind}, and only`);
      const spki = decodePem(await folder.run("pkey", "-in", "key.pem", "-pubout"))[0]!.der;
      const refused = await assertRejects(
        () => Promise.try(() => parseSubjectPublicKeyInfo(spki)),
        NssError,
      );
      assertStringIncludes(refused.message, `its algorithm ${kind} is not supported`);
      if (kind !== "DSA") return;
      await folder.run("pkey", "-in", "key.pem", "-traditional", "-out", "old.pem");
      const old = await folder.read("old.pem");
      assertStringIncludes(old, "BEGIN DSA PRIVATE KEY");
      const other = await assertRejects(() => importPrivateKey(old), NssError);
      assertEquals(other.message, error.message);
    },
  );
}

Deno.test("unsupportedKeyName() is the identifier of what it does not know", () => {
  assertEquals(unsupportedKeyName("1.2.3.4"), "1.2.3.4");
  assertEquals(unsupportedKeyName("1.2.643.7.1.1.1.2"), "GOST R 34.10-2012 of 512 bits");
  assertEquals(unsupportedKeyName("2.16.840.1.101.3.4.3.31"), "SLH-DSA");
});
