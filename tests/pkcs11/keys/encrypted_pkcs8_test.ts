// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { type ErrorName, NssError } from "../../../cert/base/errors.ts";
import { decodePem, encodePem } from "../../../cert/der/pem.ts";
import type { PrivateKey } from "../../../cert/certificate/private_key.ts";
import { exportPrivateKeyPem, generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { importPrivateKey } from "../../../pkcs11/keys/import_private_key.ts";
import { importPkcs12 } from "../../../pkcs11/pkcs12/import_pkcs12.ts";
import { iterateHash } from "../../../pkcs11/pbe/iterated_hash.ts";
import { IterationBudget, MAX_ITERATIONS, MAX_WORK } from "../../../pkcs11/pbe/iteration_budget.ts";
import { PBE_OIDS } from "../../../pkcs11/pbe/oids.ts";
import { bmpPassword, pkcs12Kdf, PURPOSE } from "../../../pkcs11/pbe/pkcs12_kdf.ts";
import { exportPkcs8 } from "../../../pkcs11/keys/private_key.ts";
import { mutate, overCorpus, typed } from "../../fuzz/_support.ts";
import { Prng } from "../../support/prng.ts";
import { opensslTest } from "../_openssl.ts";
import { assertFails } from "./_import_fails.ts";

const PASSWORD = "pässword 🔑";

const { privateKey: KEY } = await generateKeyPair("ec-p256", { extractable: true });
const PEM = await exportPrivateKeyPem(KEY, { password: PASSWORD, iterations: 3 });
const DER = decodePem(PEM)[0]!.der;

function assertSame(key: PrivateKey): void {
  assert(key.publicKey!.equals(KEY.publicKey!));
}

Deno.test("exportPrivateKeyPem() encrypts what importPrivateKey() decrypts, as PEM and as DER", async () => {
  assertStringIncludes(PEM, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
  assertSame(await importPrivateKey(PEM, { password: PASSWORD }));
  assertSame(await importPrivateKey(DER, { password: PASSWORD }));
  assertSame(await importPrivateKey(new TextEncoder().encode(PEM), { password: PASSWORD }));
  for (const type of ["rsa-pss-2048", "ed25519"] as const) {
    const { privateKey, publicKey } = await generateKeyPair(type, { extractable: true });
    const pem = await exportPrivateKeyPem(privateKey, { password: "", iterations: 1 });
    const key = await importPrivateKey(pem, { password: "" });
    assert(key.publicKey!.equals(publicKey));
  }
});

Deno.test("exportPrivateKeyPem() hashes 600,000 times by default and salts each time", async () => {
  const pems = await Promise.all([1, 2].map(() => exportPrivateKeyPem(KEY, { password: "a" })));
  const hexes = pems.map((pem) => decodePem(pem)[0]!.der.toHex());
  for (const hex of hexes) assertStringIncludes(hex, "02030927c0"); // INTEGER 600000
  assert(hexes[0] !== hexes[1]);
});

Deno.test("exportPrivateKeyPem() refuses iterations that nobody could read", async () => {
  for (const iterations of [0, -1, 1.5, NaN, MAX_ITERATIONS + 1]) {
    const error = await assertRejects(
      () => exportPrivateKeyPem(KEY, { password: "a", iterations }),
      NssError,
    );
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});

Deno.test("importPrivateKey() asks a password function only for an encrypted key", async () => {
  let asked = 0;
  const password = (): Promise<string> => {
    asked++;
    return Promise.resolve(PASSWORD);
  };
  assertSame(await importPrivateKey(await exportPrivateKeyPem(KEY), { password }));
  assertEquals(asked, 0);
  assertSame(await importPrivateKey(PEM, { password }));
  assertEquals(asked, 1);
});

Deno.test("importPrivateKey() lets a key leave only where asked to", async () => {
  const key = await importPrivateKey(PEM, { password: PASSWORD });
  const error = await assertRejects(() => exportPkcs8(key), NssError);
  assertEquals(error.name, "SEC_ERROR_INVALID_KEY");
  for (const type of ["ec-p384", "rsa-pss-2048", "rsa-2048", "ed25519"] as const) {
    const pair = await generateKeyPair(type, { extractable: true });
    const pem = await exportPrivateKeyPem(pair.privateKey);
    const again = await importPrivateKey(pem, { extractable: true });
    assertEquals(await exportPrivateKeyPem(again), pem, type);
  }
});

Deno.test("importPrivateKey() tells a missing password from a wrong one", async () => {
  for (const input of [PEM, DER]) {
    await assertFails(input, {}, "SEC_ERROR_BAD_PASSWORD", "no password is given");
    await assertFails(
      input,
      { password: "wrong" },
      "SEC_ERROR_BAD_PASSWORD",
      "the password is wrong",
    );
  }
});

Deno.test("importPrivateKey() never says more than that the password is wrong", async () => {
  // One wrong password in 256 leaves good padding; then the plaintext is no key
  for (let i = 0; i < 700; i++) {
    await assertFails(DER, { password: `wrong ${i}` }, "SEC_ERROR_BAD_PASSWORD", "the password is");
  }
});

Deno.test("importPrivateKey() spends no more iterations than allowed", async () => {
  const pem = await exportPrivateKeyPem(KEY, { password: PASSWORD, iterations: 1000 });
  assertSame(await importPrivateKey(pem, { password: PASSWORD, maxIterations: 1000 }));
  await assertFails(
    pem,
    { password: PASSWORD, maxIterations: 999 },
    "SEC_ERROR_BAD_DATA",
    "the work of 1000 iterations, more than maxIterations allows, 999",
  );
  const info = withIterations(MAX_WORK + 1);
  await assertFails(info, { password: PASSWORD }, "SEC_ERROR_BAD_DATA", `${MAX_WORK}`);
  await assertFails(withIterations(0), { password: PASSWORD }, "SEC_ERROR_BAD_DER", "0 is less");
});

interface Scheme {
  iterations?: number;
  keyLength?: number;
  prf?: string;
  cipher?: string;
  iv?: number;
  kdf?: string;
  scheme?: string;
}

/** An encrypted key of nothing, with everything as wanted. */
function encrypted(scheme: Scheme): Uint8Array<ArrayBuffer> {
  const { iterations = 1, keyLength, prf = PBE_OIDS.hmacWithSHA256 } = scheme;
  return new DerWriter().sequence((w) => {
    w.sequence((w) => {
      w.oid(scheme.scheme ?? PBE_OIDS.pbes2).sequence((w) => {
        w.sequence((w) => {
          w.oid(scheme.kdf ?? PBE_OIDS.pbkdf2).sequence((w) => {
            w.octetString(new Uint8Array(8)).integer(iterations);
            if (keyLength !== undefined) w.integer(keyLength);
            w.sequence((w) => w.oid(prf).null());
          });
        });
        w.sequence((w) =>
          w.oid(scheme.cipher ?? PBE_OIDS.aes256CBC).octetString(new Uint8Array(scheme.iv ?? 16))
        );
      });
    });
    w.octetString(new Uint8Array(32));
  }).finish();
}

const withIterations = (iterations: number): Uint8Array<ArrayBuffer> => encrypted({ iterations });

Deno.test("importPrivateKey() names what it cannot decrypt", async () => {
  const cases: [Scheme, ErrorName, string][] = [
    [{ prf: PBE_OIDS.hmacWithSHA224 }, "SEC_ERROR_INVALID_ALGORITHM", "hmacWithSHA224"],
    [{ cipher: "1.2.3" }, "SEC_ERROR_INVALID_ALGORITHM", "1.2.3"],
    [{ cipher: "1.2.156.10197.1.104.2" }, "SEC_ERROR_INVALID_ALGORITHM", "SM4-CBC"],
    [{ prf: "1.2.643.7.1.1.4.2" }, "SEC_ERROR_INVALID_ALGORITHM", "GOST R 34.11-2012"],
    [{ kdf: "1.2.3" }, "SEC_ERROR_INVALID_ALGORITHM", "1.2.3"],
    [{ scheme: PBE_OIDS.pbeWithMD2AndDESCBC }, "SEC_ERROR_INVALID_ALGORITHM", "MD2"],
    [{ scheme: PBE_OIDS.pbeWithSHAAnd128BitRC4 }, "SEC_ERROR_INVALID_ALGORITHM", "RC4"],
    [{ scheme: PBE_OIDS.pbeWithSHAAnd40BitRC2CBC }, "SEC_ERROR_INVALID_ALGORITHM", "RC2"],
    [{ iv: 15 }, "SEC_ERROR_BAD_DER", "15 bytes"],
    [{ keyLength: 16 }, "SEC_ERROR_BAD_DER", "key of 16 bytes"],
    [{ keyLength: 32 }, "SEC_ERROR_BAD_PASSWORD", "wrong"],
  ];
  for (const [scheme, name, message] of cases) {
    await assertFails(encrypted(scheme), { password: "a" }, name, message);
  }
});

Deno.test("importPrivateKey() meets every prefix and a thousand mutations of an encrypted key with typed errors", async () => {
  const prng = new Prng(1);
  const tryIt = async (bytes: Uint8Array): Promise<void> => {
    try {
      await importPrivateKey(bytes, { password: PASSWORD, maxIterations: 10_000 });
    } catch (error) {
      assert(error instanceof NssError && error.name !== "SEC_ERROR_LIBRARY_FAILURE", `${error}`);
    }
  };
  for (let length = 0; length < DER.length; length++) await tryIt(DER.slice(0, length));
  for (let i = 0; i < 1000; i++) {
    const bytes = DER.slice();
    for (let times = prng.integer(1, 3); times > 0; times--) {
      bytes[prng.integer(0, bytes.length - 1)] = prng.integer(0, 255);
    }
    await tryIt(bytes);
  }
});

for (
  const [title, args] of [
    ["AES-256 and SHA-256", ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256"]],
    ["AES-128 and SHA-1", ["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"]],
    ["AES-192 and SHA-384", ["-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA384"]],
    ["AES-256 and SHA-512", ["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"]],
    ["3DES and SHA-256", ["-v2", "des3", "-v2prf", "hmacWithSHA256"]],
    ["PBE-SHA1-3DES", ["-v1", "PBE-SHA1-3DES"]],
    ["PBE-SHA1-2DES", ["-v1", "PBE-SHA1-2DES"]],
  ] as const
) {
  opensslTest(`importPrivateKey() decrypts OpenSSL's ${title}`, async (folder) => {
    const plain = await importPrivateKey(
      await folder.genpkey("key.pem", "EC", "ec_paramgen_curve:P-256"),
    );
    // PBES2 takes a password's UTF-8 in OpenSSL, the older schemes are for ASCII
    const password = title.startsWith("PBE") ? "secret" : PASSWORD;
    const pass = ["-passout", `pass:${password}`, "-out", "new.pem"];
    await folder.run("pkcs8", "-topk8", "-in", "key.pem", ...args, ...pass);
    const pem = await folder.read("new.pem");
    const key = await importPrivateKey(pem, { password });
    assert(key.publicKey!.equals(plain.publicKey!));
    await assertFails(
      pem,
      { password: "wrong" },
      "SEC_ERROR_BAD_PASSWORD",
      "the password is wrong",
    );
  });
}

opensslTest("exportPrivateKeyPem() writes what OpenSSL decrypts", async (folder) => {
  for (const type of ["ec-p256", "rsa-2048", "ed25519"] as const) {
    const { privateKey, publicKey } = await generateKeyPair(type, { extractable: true });
    const options = { password: PASSWORD, iterations: 10_000 };
    await folder.write("key.pem", await exportPrivateKeyPem(privateKey, options));
    const pem = await folder.run(
      "pkey",
      "-in",
      "key.pem",
      "-passin",
      `pass:${PASSWORD}`,
      "-pubout",
    );
    assertEquals(pem, publicKey.toPem());
    await assertRejects(() => folder.run("pkey", "-in", "key.pem", "-passin", "pass:wrong"));
  }
});

Deno.test("iterateHash() is WebCrypto's digest again and again", async () => {
  for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"] as const) {
    let expected = new Uint8Array(await crypto.subtle.digest(hash, new Uint8Array(3)));
    const first = expected;
    for (let i = 0; i < 300; i++) {
      if (i < 3 || i === 299) assertEquals(await iterateHash(hash, first, i), expected, hash);
      expected = new Uint8Array(await crypto.subtle.digest(hash, expected));
    }
    assertEquals(first, new Uint8Array(await crypto.subtle.digest(hash, new Uint8Array(3))));
  }
});

Deno.test("pkcs12Kdf() gives the vectors of Botan and Peter Gutmann", async () => {
  const cases: [string, string, number, number, string][] = [
    ["smeg", "0a58cf64530d823f", 1, 1, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"],
    ["smeg", "0a58cf64530d823f", 1, 2, "79993dfe048d3b76"],
    ["smeg", "642b99ab44fb4b1f", 1, 1, "f3a95fec48d7711e985cfe67908c5ab79fa3d7c5caa5d966"],
    ["smeg", "642b99ab44fb4b1f", 1, 2, "c0a38d64a79bea1d"],
    ["smeg", "3d83c0e4546ac140", 1, 3, "8d967d88f6caa9d714800ab3d48051d63f73a312"],
    ["queeg", "05dec959acff72f7", 1000, 1, "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"],
    ["queeg", "05dec959acff72f7", 1000, 2, "11dedad7758d4860"],
    ["queeg", "1682c0fc5b3f7ec5", 1000, 1, "483dd6e919d7de2e8e648ba8f862f3fbfbdc2bcb2c02957f"],
    ["queeg", "1682c0fc5b3f7ec5", 1000, 2, "9d461d1b00355c50"],
    ["queeg", "263216fcc2fab31c", 1000, 3, "5ec4c7a80df652294c3925b6489a7ab857c83476"],
  ];
  assertEquals(PURPOSE, { key: 1, iv: 2, mac: 3 });
  for (const [password, salt, iterations, purpose, expected] of cases) {
    const derived = await pkcs12Kdf(
      bmpPassword(password),
      { hash: "SHA-1", salt: Uint8Array.fromHex(salt), iterations, purpose },
      expected.length / 2,
    );
    assertEquals(derived.toHex(), expected);
  }
});

Deno.test("IterationBudget gives what it has, and no more", () => {
  const budget = new IterationBudget(10);
  budget.spend(4);
  budget.spend(6);
  const error = assertThrows(() => budget.spend(1), NssError);
  assertEquals(error.name, "SEC_ERROR_BAD_DATA");
  assertMatch(error.message, /the work of 11 iterations, more than maxIterations allows, 10/);
});

Deno.test("importPrivateKey() reads an encrypted key among other blocks", async () => {
  const text = `${encodePem("CERTIFICATE", new Uint8Array(3))}\n${PEM}`;
  assertSame(await importPrivateKey(text, { password: PASSWORD }));
  await assertFails(PEM + PEM, { password: PASSWORD }, "SEC_ERROR_INVALID_ARGS", "2 private keys");
});

for (const name of ["pkcs8", "read_pem"]) {
  overCorpus(
    `importPrivateKey() and importPkcs12() meet the corpus ${name} with typed errors, given a password`,
    name,
    1,
    async ({ data }, prng) => {
      const options = { password: "password", maxIterations: 20_000 };
      for (const bytes of [data, mutate(prng, data)]) {
        await typed(() => importPrivateKey(bytes, options));
        await typed(() => importPrivateKey(new TextDecoder("latin1").decode(bytes), options));
        await typed(() => importPkcs12(bytes, options.password, options));
      }
    },
  );
}
