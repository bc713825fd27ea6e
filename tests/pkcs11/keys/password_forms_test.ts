// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type ErrorName, NssError } from "../../../cert/base/errors.ts";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import {
  importPrivateKey,
  type ImportPrivateKeyOptions,
} from "../../../pkcs11/keys/import_private_key.ts";
import type { DecryptRc2 } from "../../../pkcs11/pbe/ciphers.ts";
import { PBE_OIDS } from "../../../pkcs11/pbe/oids.ts";
import { MAX_SCRYPT_MEMORY } from "../../../pkcs11/pbe/password_scheme.ts";
import { countDigests } from "../../support/count_digests.ts";
import { loadRc2 } from "../../support/forge_rc2.ts";
import { Prng } from "../../support/prng.ts";
import { note, skip } from "../../support/skip.ts";
import { opensslTest } from "../_openssl.ts";
import { assertFails } from "./_import_fails.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const forge = await loadRc2();
const LEGACY = ["-provider", "default", "-provider", "legacy"];

const DES = [["-v1", "PBE-MD5-DES"], ["-v1", "PBE-SHA1-DES"], ["-v2", "des"], ["-scrypt"]];
const RC2 = [
  ["-v1", "PBE-SHA1-RC2-40"],
  ["-v1", "PBE-SHA1-RC2-128"],
  ["-v1", "PBE-MD5-RC2-64"],
  ["-v1", "PBE-SHA1-RC2-64"],
  ["-v2", "rc2-40"],
  ["-v2", "rc2-64"],
  ["-v2", "rc2"],
];
const TRADITIONAL = ["aes128", "aes192", "aes256", "des", "des-ede-cbc", "des3"];
const TRADITIONAL_RC2 = ["rc2", "rc2-64-cbc", "rc2-40-cbc"];

const isRc2 = (args: readonly string[]): boolean => args.some((arg) => /rc2/i.test(arg));

for (
  const args of [
    ...[...DES, ...RC2].map((args) => ["pkcs8", "-topk8", ...args]),
    ...[...TRADITIONAL, ...TRADITIONAL_RC2].map((name) => ["pkey", "-traditional", `-${name}`]),
  ]
) {
  const title = `importPrivateKey() decrypts what openssl ${args.join(" ")} writes`;
  if (isRc2(args) && "reason" in forge) {
    skip(title, forge.reason);
    continue;
  }
  opensslTest(title, async (folder) => {
    const options = "reason" in forge ? {} : forge;
    for (
      const [type, option] of [["EC", "ec_paramgen_curve:P-256"], ["RSA", "rsa_keygen_bits:2048"]]
    ) {
      const plain = await importPrivateKey(await folder.genpkey("key.pem", type!, option!));
      const pass = ["-passout", "pass:secret", "-out", "new.pem"];
      await folder.run(args[0]!, "-in", "key.pem", ...args.slice(1), ...LEGACY, ...pass);
      const pem = await folder.read("new.pem");
      for (
        const input of [
          pem,
          pem.replaceAll("\n", "\r\n"),
          pem.replaceAll("\n", "\r"),
          new TextEncoder().encode(pem),
        ]
      ) {
        const key = await importPrivateKey(input, { password: "secret", ...options });
        assert(key.publicKey!.equals(plain.publicKey!));
      }
      const wrong = { password: "wrong", ...options };
      await assertFails(pem, wrong, "SEC_ERROR_BAD_PASSWORD", "the password is wrong");
      await assertFails(pem, {}, "SEC_ERROR_BAD_PASSWORD", "no password is given");
      if (isRc2(args)) {
        const digests = await countDigests(() =>
          assertFails(pem, { password: "secret" }, "SEC_ERROR_INVALID_ALGORITHM", "decryptRc2")
        );
        assertEquals(digests, 0);
      }
      // The command that the message gives
      const again = ["-in", "new.pem", "-passin", "pass:secret", "-passout", "pass:secret"];
      await folder.run(
        ...["pkcs8", "-topk8", "-v2", "aes-256-cbc", ...LEGACY, ...again, "-out", "converted.pem"],
      );
      const converted = await folder.read("converted.pem");
      assert(
        (await importPrivateKey(converted, { password: "secret" })).publicKey!.equals(
          plain.publicKey!,
        ),
      );
    }
  });
}

opensslTest(
  "importPrivateKey() names the ciphers of OpenSSL that no runtime has",
  async (folder) => {
    await folder.genpkey("key.pem", "RSA", "rsa_keygen_bits:2048");
    for (const name of ["camellia256", "aria-256-cbc", "seed", "bf", "cast5-cbc"]) {
      const pass = ["-passout", "pass:secret", "-out", "new.pem"];
      await folder.run("pkey", "-in", "key.pem", "-traditional", `-${name}`, ...LEGACY, ...pass);
      const pem = await folder.read("new.pem");
      const [, cipher] = /DEK-Info: ([^,]*)/.exec(pem)!;
      await assertFails(pem, { password: "secret" }, "SEC_ERROR_INVALID_ALGORITHM", cipher!);
    }
    for (const args of [["-v1", "PBE-SHA1-RC4-128"], ["-v1", "PBE-SHA1-RC4-40"], ["-v2", "sm4"]]) {
      const pass = ["-passout", "pass:secret", "-out", "new.pem"];
      try {
        await folder.run("pkcs8", "-topk8", "-in", "key.pem", ...args, ...LEGACY, ...pass);
      } catch (error) {
        note(`not tried: openssl pkcs8 ${args.join(" ")}: ${error}`.split("\n")[0]!);
        continue;
      }
      const pem = await folder.read("new.pem");
      const digests = await countDigests(() =>
        assertFails(pem, { password: "secret" }, "SEC_ERROR_INVALID_ALGORITHM", "not supported")
      );
      assertEquals(digests, 0);
    }
  },
);

interface ScryptParameters {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** A key of nothing under scrypt. */
function scryptKey({ N, r, p }: ScryptParameters): Bytes {
  return new DerWriter().sequence((w) => {
    w.sequence((w) =>
      w.oid(PBE_OIDS.pbes2).sequence((w) => {
        w.sequence((w) =>
          w.oid(PBE_OIDS.scrypt).sequence((w) =>
            w.octetString(new Uint8Array(8)).integer(N).integer(r).integer(p)
          )
        );
        w.sequence((w) => w.oid(PBE_OIDS.aes256CBC).octetString(new Uint8Array(16)));
      })
    );
    w.octetString(new Uint8Array(32));
  }).finish();
}

Deno.test("importPrivateKey() takes scrypt with MAX_SCRYPT_MEMORY, and nothing that needs more", async () => {
  assertEquals(MAX_SCRYPT_MEMORY, 67_108_864);
  const password = "a";
  for (
    const [most, more] of [
      [{ N: 65_536, r: 8, p: 1 }, { N: 65_536, r: 9, p: 1 }],
      [{ N: 2, r: 1, p: 524_288 }, { N: 2, r: 1, p: 524_289 }],
    ] as const
  ) {
    await assertFails(scryptKey(most), { password }, "SEC_ERROR_BAD_PASSWORD", "wrong");
    const digests = await countDigests(() =>
      assertFails(scryptKey(more), { password }, "SEC_ERROR_BAD_DATA", "bytes of memory")
    );
    assertEquals(digests, 0);
  }
});

Deno.test("importPrivateKey() counts three times N * r * p for scrypt, before it works", async () => {
  const parameters = { N: 1024, r: 8, p: 2 };
  const maxIterations = 3 * 1024 * 8 * 2;
  const options = { password: "a", maxIterations };
  await assertFails(scryptKey(parameters), options, "SEC_ERROR_BAD_PASSWORD", "wrong");
  await assertFails(
    scryptKey(parameters),
    { ...options, maxIterations: maxIterations - 1 },
    "SEC_ERROR_BAD_DATA",
    `the work of ${maxIterations} iterations`,
  );
});

Deno.test("importPrivateKey() refuses what is no scrypt", async () => {
  for (const wrong of [{ N: 1 }, { N: 0 }, { N: 1000 }, { r: 0 }, { p: 0 }]) {
    const key = scryptKey({ N: 1024, r: 8, p: 1, ...wrong });
    await assertFails(key, { password: "a" }, "SEC_ERROR_BAD_DER", "no scrypt has");
  }
});

/** A key encrypted by a scheme of RFC 7292 or PBES1. */
function schemeKey(scheme: keyof typeof PBE_OIDS, iterations = 1, length = 16): Bytes {
  return new DerWriter().sequence((w) => {
    w.sequence((w) =>
      w.oid(PBE_OIDS[scheme]).sequence((w) => w.octetString(new Uint8Array(8)).integer(iterations))
    );
    w.octetString(new Uint8Array(length));
  }).finish();
}

Deno.test("importPrivateKey() counts twenty for each hash of the older schemes", async () => {
  const cases = [
    ["pbeWithMD5AndDESCBC", 1],
    ["pbeWithSHA1AndDESCBC", 1],
    ["pbeWithSHAAnd2KeyTripleDESCBC", 2], // one for the key, one for the initialization vector
    ["pbeWithSHAAnd3KeyTripleDESCBC", 3],
  ] as const;
  for (const [scheme, hashes] of cases) {
    const key = schemeKey(scheme, 7);
    const maxIterations = 20 * hashes * 7;
    await assertFails(key, { password: "a", maxIterations }, "SEC_ERROR_BAD_PASSWORD", "wrong");
    const digests = await countDigests(() =>
      assertFails(
        key,
        { password: "a", maxIterations: maxIterations - 1 },
        "SEC_ERROR_BAD_DATA",
        `the work of ${maxIterations} iterations`,
      )
    );
    assertEquals(digests, 0);
  }
});

Deno.test("importPrivateKey() hashes nothing for what is no number of blocks", async () => {
  for (const length of [0, 7, 17]) {
    const digests = await countDigests(() =>
      assertFails(
        schemeKey("pbeWithSHAAnd3KeyTripleDESCBC", 1, length),
        { password: "a" },
        "SEC_ERROR_BAD_PASSWORD",
        "damaged",
      )
    );
    assertEquals(digests, 0);
  }
});

Deno.test("decryptRc2 is given key, effective bits, IV and data, and what it returns is checked", async () => {
  const key = schemeKey("pbeWithSHAAnd40BitRC2CBC");
  const given: number[][] = [];
  const read = (decryptRc2: DecryptRc2) => importPrivateKey(key, { password: "a", decryptRc2 });
  const fails = async (decryptRc2: DecryptRc2, name: ErrorName, message: string) => {
    const error = await assertRejects(() => read(decryptRc2), NssError);
    assertEquals(error.name, name);
    assertStringIncludes(error.message, message);
  };
  await fails(
    ({ key, effectiveBits, iv, data }) => {
      given.push([key.length, effectiveBits, iv.length, data.length]);
      data.fill(8); // it may do as it likes with what it is given
      return data;
    },
    "SEC_ERROR_BAD_PASSWORD",
    "wrong",
  );
  assertEquals(given, [[5, 40, 8, 16]]);
  for (const padding of [0, 9, 17]) {
    await fails(() => new Uint8Array(16).fill(padding), "SEC_ERROR_BAD_PASSWORD", "wrong");
  }
  for (const length of [0, 8, 15, 17, 24]) {
    const returned = `decryptRc2 has returned ${length} bytes, not a Uint8Array of 16 bytes`;
    await fails(() => new Uint8Array(length), "SEC_ERROR_INVALID_ARGS", returned);
  }
  // deno-lint-ignore no-explicit-any
  const returns = (value: any) => () => value;
  await fails(returns(undefined), "SEC_ERROR_INVALID_ARGS", "decryptRc2 has returned undefined");
  await fails(returns("text"), "SEC_ERROR_INVALID_ARGS", "decryptRc2 has returned a string");
});

Deno.test("an error of decryptRc2 is no wrong password: it arrives as it is", async () => {
  const key = schemeKey("pbeWithSHAAnd40BitRC2CBC");
  const decryptRc2 = () => Promise.reject(new TypeError("of the application"));
  await assertRejects(
    () => importPrivateKey(key, { password: "a", decryptRc2 }),
    TypeError,
    "of the application",
  );
});

const TRADITIONAL_PEM = (dekInfo: string, body = "AAAAAAAAAAAAAAAAAAAAAA=="): string =>
  "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n" +
  `${dekInfo}\n\n${body}\n-----END RSA PRIVATE KEY-----\n`;

Deno.test("importPrivateKey() says what is wrong with the header of a traditional key", async () => {
  const iv = "00".repeat(16);
  const cases: [string, ErrorName, string][] = [
    [`DEK-Info: AES-128-CBC,${iv}`, "SEC_ERROR_BAD_PASSWORD", "the password is wrong"],
    [`DEK-Info: aes-128-cbc,${iv}`, "SEC_ERROR_BAD_PASSWORD", "the password is wrong"],
    ["DEK-Info: AES-128-CBC,0011", "SEC_ERROR_BAD_DER", "has 2 bytes, not 16"],
    [`DEK-Info: DES-CBC,${iv}`, "SEC_ERROR_BAD_DER", "has 16 bytes, not 8"],
    ["DEK-Info: AES-128-CBC", "SEC_ERROR_BAD_DER", "DEK-Info"],
    ["DEK-Info: AES-128-CBC,0", "SEC_ERROR_BAD_DER", "DEK-Info"],
    ["Comment: none", "SEC_ERROR_BAD_DER", "DEK-Info"],
    [`DEK-Info: AES-128-GCM,${iv}`, "SEC_ERROR_INVALID_ALGORITHM", "AES-128-GCM"],
  ];
  for (const [header, name, message] of cases) {
    await assertFails(TRADITIONAL_PEM(header), { password: "a" }, name, message);
  }
  const cut = TRADITIONAL_PEM(`DEK-Info: AES-128-CBC,${iv}`, "AAAA");
  await assertFails(cut, { password: "a" }, "SEC_ERROR_BAD_PASSWORD", "damaged");
});

opensslTest(
  "importPrivateKey() meets prefixes and mutations of each encryption with typed errors",
  async (folder) => {
    await folder.genpkey("key.pem", "EC", "ec_paramgen_curve:P-256");
    const out = [...LEGACY, "-passout", "pass:secret", "-out", "new.pem"];
    await folder.run("pkey", "-in", "key.pem", "-traditional", "-aes256", ...out);
    const traditional = await folder.read("new.pem");
    const texts = [traditional];
    for (
      const args of [
        ["-scrypt", "-scrypt_N", "16"],
        ["-v1", "PBE-MD5-DES", "-iter", "2"],
        ["-v1", "PBE-SHA1-RC2-40", "-iter", "2"],
        ["-v2", "rc2-64", "-iter", "2"],
      ]
    ) {
      await folder.run("pkcs8", "-topk8", "-in", "key.pem", ...args, ...out);
      texts.push(await folder.read("new.pem"));
    }
    const prng = new Prng(15);
    // A scrypt that asks for the most would take a second of each mutation
    const options: ImportPrivateKeyOptions = {
      password: "secret",
      maxIterations: 10_000,
      decryptRc2: ({ data }) => data,
    };
    const tryIt = async (input: string | Bytes): Promise<void> => {
      try {
        await importPrivateKey(input, options);
      } catch (error) {
        assert(error instanceof NssError && error.name !== "SEC_ERROR_LIBRARY_FAILURE", `${error}`);
      }
    };
    for (const text of texts) {
      for (let length = 0; length < text.length; length++) await tryIt(text.slice(0, length));
      for (let i = 0; i < 300; i++) {
        const at = prng.integer(0, text.length - 1);
        const char = String.fromCharCode(prng.integer(10, 126));
        await tryIt(text.slice(0, at) + char + text.slice(at + 1));
      }
      if (text === traditional) continue;
      const der = Uint8Array.fromBase64(text.replace(/-----[^\n]*-----/g, ""));
      const { length: head } = new DerReader(der, "key").sequence("").element("").der;
      for (let length = 0; length < head; length++) await tryIt(der.slice(0, length));
      for (let i = 0; i < 300; i++) {
        const bytes = der.slice();
        bytes[prng.integer(0, head)] = prng.integer(0, 255);
        await tryIt(bytes);
      }
    }
  },
);
