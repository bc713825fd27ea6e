// Copyright 2026 the NSS for Deno authors. MIT license.

import { Buffer } from "node:buffer";
import {
  assert,
  assertEquals,
  assertExists,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { TAG } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { encodePem } from "../../../cert/der/pem.ts";
import type {
  KeyAlgorithm,
  PrivateKey,
  SignatureScheme,
} from "../../../cert/certificate/private_key.ts";
import { verifySignature } from "../../../cert/verify/verify_signature.ts";
import { importPrivateKey } from "../../../pkcs11/keys/import_private_key.ts";
import { encodePkcs8 } from "../../../pkcs11/keys/pkcs8.ts";
import { exportPkcs8 } from "../../../pkcs11/keys/private_key.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { opensslTest } from "../_openssl.ts";
import { corpusOf, testShared } from "../../support/shared_data.ts";

const DATA = new TextEncoder().encode("to be signed");

const ALL_SCHEMES: readonly SignatureScheme[] = [
  "rsa_pkcs1_sha1",
  "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
  "rsa_pss_rsae_sha256",
  "rsa_pss_rsae_sha384",
  "rsa_pss_rsae_sha512",
  "rsa_pss_pss_sha256",
  "rsa_pss_pss_sha384",
  "rsa_pss_pss_sha512",
  "ecdsa_sha1",
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512",
  "ed25519",
  "mldsa44",
  "mldsa65",
  "mldsa87",
];

const RSA_SCHEMES = ALL_SCHEMES.filter((s) => s.startsWith("rsa_pkcs1") || s.includes("rsae"));
const PSS_SCHEMES = ALL_SCHEMES.filter((s) => s.startsWith("rsa_pss_pss"));

function schemesOf(key: PrivateKey): readonly SignatureScheme[] {
  return (key as { schemes?: readonly SignatureScheme[] }).schemes!;
}

/** Signs in every way; those expected must verify, all others must be refused. */
async function assertSigns(key: PrivateKey, expected: readonly SignatureScheme[]): Promise<void> {
  assertExists(key.publicKey);
  for (const scheme of ALL_SCHEMES) {
    if (!expected.includes(scheme)) {
      const error = await assertRejects(() => key.sign(scheme, DATA), NssError);
      assertEquals(error.name, "SEC_ERROR_INVALID_ALGORITHM", scheme);
      continue;
    }
    const signature = await key.sign(scheme, DATA);
    const options = { anyCurve: true };
    assert(await verifySignature(key.publicKey, scheme, DATA, signature, options), scheme);
    const other = DATA.slice();
    other[0]! ^= 1;
    assertFalse(await verifySignature(key.publicKey, scheme, other, signature, options), scheme);
  }
}

async function assertFails(
  input: Parameters<typeof importPrivateKey>[0],
  name: NssError["name"],
  message: string,
): Promise<void> {
  const error = await assertRejects(() => importPrivateKey(input), NssError);
  assertEquals(error.name, name);
  assertStringIncludes(error.message, message);
}

/** Generated once; tests do not change it. */
const P256 = await generateKeyPair("ec-p256", { extractable: true });
const P256_PKCS8 = await P256.exportPkcs8();
const RSA_PKCS8 = await (await generateKeyPair("rsa-2048", { extractable: true })).exportPkcs8();

Deno.test("importPrivateKey() takes PKCS#8 of RSA and signs in all ways of rsaEncryption", async () => {
  const key = await importPrivateKey(RSA_PKCS8);
  assertEquals(key.algorithm, { type: "rsa", modulusLength: 2048 });
  assertEquals(key.publicKey?.algorithm, key.algorithm);
  await assertSigns(key, RSA_SCHEMES);
  assertEquals(
    schemesOf(key),
    RSA_SCHEMES.filter((s) => s !== "rsa_pkcs1_sha1").toSorted(pssFirst),
  );
});

const ECDSA_SCHEMES: SignatureScheme[] = [
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512",
];

/** The order of `signatureSchemesOf()`. */
function pssFirst(a: SignatureScheme, b: SignatureScheme): number {
  return Number(a.includes("pkcs1")) - Number(b.includes("pkcs1"));
}

Deno.test("importPrivateKey() takes elliptic curve keys and signs with DER signatures", async () => {
  for (
    const [type, curve, scheme] of [
      ["ec-p256", "P-256", "ecdsa_secp256r1_sha256"],
      ["ec-p384", "P-384", "ecdsa_secp384r1_sha384"],
      ["ec-p521", "P-521", "ecdsa_secp521r1_sha512"],
    ] as const
  ) {
    const pair = await generateKeyPair(type, { extractable: true });
    const key = await importPrivateKey(await pair.exportPkcs8());
    assertEquals(key.algorithm, { type: "ec", curve });
    // With other hashes in TLS 1.2 and X.509; that of the curve is the first.
    assertEquals(schemesOf(key)[0], scheme);
    assertEquals(schemesOf(key).toSorted(), ECDSA_SCHEMES);
    for (const other of ECDSA_SCHEMES) {
      const signature = await key.sign(other, DATA);
      assert(
        await verifySignature(pair.publicKey, other, DATA, signature, { anyCurve: true }),
        other,
      );
    }
    assert(key.publicKey?.equals(pair.publicKey));
    // Many times, because one signature in two has a leading zero bit, and one in 256 a leading
    // zero byte.
    for (let i = 0; i < 40; i++) {
      const signature = await key.sign(scheme, DATA);
      assertEquals(signature[0], 0x30);
      assert(await verifySignature(pair.publicKey, scheme, DATA, signature));
    }
  }
});

Deno.test("importPrivateKey() lets an ECDSA key sign with another curve's hash, as TLS 1.2 and X.509 do", async () => {
  const key = await importPrivateKey(P256_PKCS8);
  await assertSigns(key, [
    "ecdsa_sha1",
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512",
  ]);
});

Deno.test("importPrivateKey() takes Ed25519 and ML-DSA keys", async () => {
  for (const type of ["ed25519", "mldsa44", "mldsa65", "mldsa87"] as const) {
    const pair = await generateKeyPair(type, { extractable: true });
    const key = await importPrivateKey(await pair.exportPkcs8());
    assertEquals(key.algorithm, { type });
    assert(key.publicKey?.equals(pair.publicKey), type);
    await assertSigns(key, [type]);
  }
});

Deno.test("importPrivateKey() tells the forms of ML-DSA keys apart by their tags and lengths (RFC 9881, Section 6)", async () => {
  const sizes = { mldsa44: 2560, mldsa65: 4032, mldsa87: 4896 } as const;
  for (
    const [type, size] of Object.entries(sizes) as ["mldsa44" | "mldsa65" | "mldsa87", number][]
  ) {
    const algorithm = new DerWriter().sequence((w) => w.oid(OIDS[type])).finish();
    const importing = (write: (w: DerWriter) => unknown) => {
      const inner = new DerWriter();
      write(inner);
      return importPrivateKey(encodePkcs8(algorithm, inner.finish()));
    };
    const octets = (length: number) => new Uint8Array(length).fill(42);
    const seed = (length: number) => Uint8Array.of(0x80, length, ...octets(length));
    const both = (first: number, second: number) => (w: DerWriter) =>
      w.sequence((w) => w.octetString(octets(first)).octetString(octets(second)));
    assertEquals((await importing((w) => w.raw(seed(32)))).algorithm, { type });
    const rows: readonly [(w: DerWriter) => unknown, string][] = [
      [(w) => w.raw(seed(31)), "SEC_ERROR_BAD_DER"],
      [(w) => w.raw(seed(33)), "SEC_ERROR_BAD_DER"],
      [(w) => w.raw(Uint8Array.of(0x80, 33, ...octets(32))), "SEC_ERROR_BAD_DER"],
      [(w) => w.raw(octets(32)), "SEC_ERROR_BAD_DER"],
      [(w) => w.octetString(octets(size)), "SEC_ERROR_UNSUPPORTED_KEYALG"],
      [(w) => w.octetString(octets(size - 1)), "SEC_ERROR_BAD_DER"],
      [(w) => w.octetString(octets(size + 1)), "SEC_ERROR_BAD_DER"],
      [both(31, size), "SEC_ERROR_BAD_DER"],
      [both(33, size), "SEC_ERROR_BAD_DER"],
      [both(32, size - 1), "SEC_ERROR_BAD_DER"],
      [both(32, size + 1), "SEC_ERROR_BAD_DER"],
      // The expanded key is another seed's: WebCrypto compares them.
      [both(32, size), "SEC_ERROR_BAD_KEY"],
      [() => {}, "SEC_ERROR_BAD_DER"],
    ];
    for (const [i, [write, name]] of rows.entries()) {
      const error = await assertRejects(() => importing(write), NssError);
      assertEquals(error.name, name, `${type} ${i}: ${error.message}`);
    }
    // A bare seed is random: it may begin as any of the forms.
    for (let first = 0; first < 256; first++) {
      const bare = octets(32).with(0, first);
      const error = await assertRejects(() => importing((w) => w.raw(bare)), NssError);
      assertEquals(error.name, "SEC_ERROR_BAD_DER", `${type} ${first}`);
      assertStringIncludes(error.message, "neither the seed, the expanded key nor both");
    }
  }
});

Deno.test("importPrivateKey() takes PEM among other blocks, as text and as bytes", async () => {
  const pem = "# a comment\n" + encodePem("CERTIFICATE", Uint8Array.of(0x30, 0)) +
    encodePem("PRIVATE KEY", P256_PKCS8);
  const fromText = await importPrivateKey(pem);
  const fromBytes = await importPrivateKey(new TextEncoder().encode(pem));
  assert(fromText.publicKey?.equals(P256.publicKey));
  assert(fromBytes.publicKey?.equals(P256.publicKey));
});

Deno.test("importPrivateKey() leaves the caller's bytes alone", async () => {
  const bytes = P256_PKCS8.slice();
  await importPrivateKey(bytes);
  assertEquals(bytes, P256_PKCS8);
});

Deno.test("importPrivateKey() returns any object that signs as it is", async () => {
  const key: PrivateKey = {
    algorithm: { type: "ed25519" },
    sign: () => Promise.resolve(new Uint8Array(64)),
  };
  assertStrictEquals(await importPrivateKey(key), key);
});

Deno.test("importPrivateKey() makes keys that may not leave", async () => {
  const key = await importPrivateKey(P256_PKCS8);
  const error = await assertRejects(() => exportPkcs8(key), NssError, "extractable");
  assertEquals(error.name, "SEC_ERROR_INVALID_KEY");
});

Deno.test("importPrivateKey() shows nothing of the key when it is printed", async () => {
  const key = await importPrivateKey(P256_PKCS8);
  const scalar = P256_PKCS8.subarray(36, 68);
  for (const text of [Deno.inspect(key, { depth: 9, showHidden: true }), JSON.stringify(key)]) {
    assertFalse(text.includes(scalar.toHex()));
    assertFalse(text.includes(scalar.toBase64({ alphabet: "base64url", omitPadding: true })));
    assertFalse(text.includes(Array.from(scalar.subarray(0, 8)).join(", ")));
  }
});

Deno.test("importPrivateKey() signs in the ways that a CryptoKey allows", async () => {
  const cases: [
    Algorithm | RsaHashedKeyGenParams | EcKeyGenParams,
    KeyAlgorithm,
    SignatureScheme[],
  ][] = [
    [rsaParameters("RSA-PSS", "SHA-256"), { type: "rsa", modulusLength: 2048 }, [
      "rsa_pss_rsae_sha256",
    ]],
    [rsaParameters("RSASSA-PKCS1-v1_5", "SHA-384"), { type: "rsa", modulusLength: 2048 }, [
      "rsa_pkcs1_sha384",
    ]],
    [{ name: "ECDSA", namedCurve: "P-384" }, { type: "ec", curve: "P-384" }, [
      "ecdsa_secp384r1_sha384",
      "ecdsa_secp256r1_sha256",
      "ecdsa_secp521r1_sha512",
    ]],
    [{ name: "Ed25519" }, { type: "ed25519" }, ["ed25519"]],
    [{ name: "ML-DSA-44" }, { type: "mldsa44" }, ["mldsa44"]],
  ];
  for (const [parameters, algorithm, schemes] of cases) {
    const pair = await crypto.subtle.generateKey(parameters, false, ["sign", "verify"]);
    const key = await importPrivateKey((pair as CryptoKeyPair).privateKey);
    assertEquals(key.algorithm, algorithm);
    assertEquals(schemesOf(key), schemes);
    assertExists(key.publicKey);
    if (algorithm.type !== "ec") await assertSigns(key, schemes);
  }
});

Deno.test("importPrivateKey() says what a CryptoKey is bound to when it refuses to sign", async () => {
  const parameters = rsaParameters("RSASSA-PKCS1-v1_5", "SHA-256");
  const pair = await crypto.subtle.generateKey(parameters, false, ["sign", "verify"]);
  const key = await importPrivateKey(pair.privateKey);
  const error = await assertRejects(() => key.sign("rsa_pss_rsae_sha256", DATA), NssError);
  assertEquals(error.name, "SEC_ERROR_INVALID_ALGORITHM");
  assertStringIncludes(error.message, "RSASSA-PKCS1-v1_5 with SHA-256 only");
});

function rsaParameters(name: string, hash: string): RsaHashedKeyGenParams {
  return { name, hash, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
}

Deno.test("importPrivateKey() takes the public half of a CryptoKey where getPublicKey is missing", async () => {
  const prototype = Object.getPrototypeOf(crypto.subtle) as object;
  const original = Object.getOwnPropertyDescriptor(prototype, "getPublicKey");
  Object.defineProperty(prototype, "getPublicKey", { configurable: true, value: undefined });
  try {
    for (const type of ["ec-p256", "ed25519", "mldsa44"] as const) {
      const pair = await generateKeyPair(type, { extractable: true });
      const key = await importPrivateKey(await pair.exportPkcs8());
      assert(key.publicKey?.equals(pair.publicKey), type);
    }
    const { privateKey } = await crypto.subtle.generateKey(
      { name: "ECDSA", namedCurve: "P-256" },
      false,
      ["sign", "verify"],
    );
    const key = await importPrivateKey(privateKey);
    assertFalse("publicKey" in key);
    assertEquals((await key.sign("ecdsa_secp256r1_sha256", DATA))[0], 0x30);
  } finally {
    if (original !== undefined) Object.defineProperty(prototype, "getPublicKey", original);
  }
});

Deno.test("importPrivateKey() refuses a CryptoKey that may not sign", async () => {
  const ecdsa = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
    "verify",
  ]);
  await assertFails(ecdsa.publicKey, "SEC_ERROR_INVALID_ARGS", "a public one for verify");
  const ecdh = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, [
    "deriveBits",
  ]);
  await assertFails(ecdh.privateKey, "SEC_ERROR_INVALID_ARGS", "for deriveBits");
  const hmac = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  await assertFails(hmac, "SEC_ERROR_INVALID_ARGS", "a secret one for sign");
});

Deno.test("importPrivateKey() refuses what is no key at all", async () => {
  await assertFails("", "SEC_ERROR_NO_KEY", "no PEM");
  await assertFails(encodePem("CERTIFICATE", P256_PKCS8), "SEC_ERROR_NO_KEY", "only CERTIFICATE");
  await assertFails(new Uint8Array(), "SEC_ERROR_BAD_DER", "private key");
  await assertFails(Uint8Array.of(1, 2, 3), "SEC_ERROR_BAD_DER", "private key");
  for (const input of [null, undefined, 5, {}, { algorithm: {}, sign() {} }]) {
    const call = () => Reflect.apply(importPrivateKey, undefined, [input]) as Promise<unknown>;
    const says = input == null ? "none is given" : "no PrivateKey";
    const error = await assertRejects(call, NssError, says);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});

Deno.test("importPrivateKey() refuses a text with two keys", async () => {
  const pem = encodePem("PRIVATE KEY", P256_PKCS8);
  await assertFails(pem + pem, "SEC_ERROR_INVALID_ARGS", "holds 2 private keys");
});

Deno.test("importPrivateKey() refuses a key whose parts do not belong together", async () => {
  const other = (await generateKeyPair("ec-p256")).publicKey.publicKey;
  const wrong = P256_PKCS8.slice();
  wrong.set(other, wrong.length - other.length);
  await assertFails(wrong, "SEC_ERROR_BAD_KEY", "private key");

  const rsa = RSA_PKCS8.slice();
  rsa[400]! ^= 1; // in the private exponent
  await assertFails(rsa, "SEC_ERROR_BAD_KEY", "do not belong together");
});

Deno.test("importPrivateKey() fails at every strict prefix", async () => {
  for (let length = 0; length < P256_PKCS8.length; length++) {
    await assertFails(P256_PKCS8.subarray(0, length), "SEC_ERROR_BAD_DER", "private key");
  }
});

Deno.test("importPrivateKey() takes a scalar without its leading zeros and without the point", async () => {
  // RFC 5915 wants the zeros; OpenSSL before 1.0 and others leave them out.
  const scalar = new Uint8Array(31).fill(7);
  const key = await importPrivateKey(
    new DerWriter().sequence((w) => {
      w.integer(1).octetString(scalar);
      w.constructed(0xa0, (w) => w.oid("1.2.840.10045.3.1.7"));
    }).finish(),
  );
  assertEquals(key.algorithm, { type: "ec", curve: "P-256" });
  await assertRejects(() => key.sign("ed25519", DATA), NssError);
});

Deno.test("importPrivateKey() takes a scalar with the sign byte of an INTEGER, as GnuTLS writes it", async () => {
  const sec1 = (...scalar: number[]) =>
    new DerWriter().sequence((w) => {
      w.integer(1).octetString(Uint8Array.from(scalar));
      w.constructed(0xa0, (w) => w.oid("1.2.840.10045.3.1.7"));
    }).finish();
  const scalar = Array.from({ length: 32 }, () => 0x87);
  const [bare, signed] = [
    await importPrivateKey(sec1(...scalar)),
    await importPrivateKey(sec1(0, ...scalar)),
  ];
  assertEquals(signed.publicKey?.der.toHex(), bare.publicKey?.der.toHex());
  // One byte, and a zero
  await assertFails(sec1(1, ...scalar), "SEC_ERROR_BAD_DER", "33 bytes are none of P-256");
  await assertFails(sec1(0, 0, ...scalar), "SEC_ERROR_BAD_DER", "34 bytes are none of P-256");
});

Deno.test("importPrivateKey() refuses a scalar that is longer than the order, or is none", async () => {
  const sec1 = (length: number) =>
    new DerWriter().sequence((w) => {
      w.integer(1).octetString(new Uint8Array(length).fill(7));
      w.constructed(0xa0, (w) => w.oid("1.2.840.10045.3.1.7"));
    }).finish();
  await importPrivateKey(sec1(32));
  for (const length of [0, 33]) {
    await assertFails(sec1(length), "SEC_ERROR_BAD_DER", `${length} bytes are none of P-256`);
  }
});

Deno.test("importPrivateKey() takes PKCS#8 of both versions, and no later one", async () => {
  assertEquals(P256_PKCS8.subarray(3, 6), Uint8Array.of(2, 1, 0)); // its version
  await importPrivateKey(new Uint8Array(P256_PKCS8.with(5, 1)));
  await assertFails(new Uint8Array(P256_PKCS8.with(5, 2)), "SEC_ERROR_BAD_DER", "2 is unknown");
});

Deno.test("importPrivateKey() refuses other algorithms by name", async () => {
  const pkcs8 = (oid: string) =>
    new DerWriter().sequence((w) =>
      w.integer(0).sequence((w) => w.oid(oid)).octetString((w) =>
        w.primitive(TAG.octetString, DATA)
      )
    ).finish();
  await assertFails(pkcs8("1.2.840.10040.4.1"), "SEC_ERROR_UNSUPPORTED_KEYALG", "DSA");
  await assertFails(pkcs8("1.3.101.113"), "SEC_ERROR_UNSUPPORTED_KEYALG", "Ed448");
  await assertFails(pkcs8("1.2.3.4"), "SEC_ERROR_UNSUPPORTED_KEYALG", "1.2.3.4");
  await assertFails(
    encodePem("OPENSSH PRIVATE KEY", DATA),
    "SEC_ERROR_UNSUPPORTED_KEYALG",
    "ssh-keygen",
  );
});

Deno.test("importPrivateKey() keeps its mouth shut about the key in its errors", async () => {
  const damaged = P256_PKCS8.slice();
  damaged[34] = 2; // the tag of the scalar
  const error = await assertRejects(() => importPrivateKey(damaged), NssError);
  assertFalse(error.message.includes(P256_PKCS8.subarray(36, 40).toHex()));
  assertStringIncludes(error.message, "privateKey");
});

Deno.test("sign() names the key that is too short", async () => {
  const parameters = { ...rsaParameters("RSA-PSS", "SHA-512"), modulusLength: 1024 };
  const { privateKey } = await crypto.subtle.generateKey(parameters, false, ["sign", "verify"]);
  const key = await importPrivateKey(privateKey);
  assertEquals(schemesOf(key), []); // 64 + 64 + 2 bytes are more than 128
  const error = await assertRejects(() => key.sign("rsa_pss_rsae_sha512", DATA), NssError);
  assertEquals(error.name, "SEC_ERROR_INVALID_ALGORITHM");
  assertStringIncludes(error.message, "rsa 1024 is too short for rsa_pss_rsae_sha512");
});

/** How OpenSSL verifies each scheme. */
function verifyArguments(scheme: SignatureScheme): string[] {
  const hash = /sha\d+$/.exec(scheme)?.[0];
  if (hash === undefined) {
    return ["pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-in", "data"];
  }
  const pss = scheme.includes("pss")
    ? ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
    : [];
  return ["dgst", `-${hash}`, ...pss, "-verify", "public.pem"];
}

for (
  const [name, options, algorithm, schemes] of [
    ["RSA", ["rsa_keygen_bits:2048"], { type: "rsa", modulusLength: 2048 }, RSA_SCHEMES],
    ["RSA-PSS", ["rsa_keygen_bits:2048"], { type: "rsa-pss", modulusLength: 2048 }, PSS_SCHEMES],
    [
      "RSA-PSS",
      [
        "rsa_keygen_bits:2048",
        "rsa_pss_keygen_md:sha384",
        "rsa_pss_keygen_mgf1_md:sha384",
        "rsa_pss_keygen_saltlen:48",
      ],
      { type: "rsa-pss", modulusLength: 2048, hash: "SHA-384", saltLength: 48 },
      [
        "rsa_pss_pss_sha384",
      ],
    ],
    ["EC", ["ec_paramgen_curve:P-256"], { type: "ec", curve: "P-256" }, ["ecdsa_secp256r1_sha256"]],
    ["EC", ["ec_paramgen_curve:P-384"], { type: "ec", curve: "P-384" }, ["ecdsa_secp384r1_sha384"]],
    ["EC", ["ec_paramgen_curve:P-521"], { type: "ec", curve: "P-521" }, ["ecdsa_secp521r1_sha512"]],
    ["ED25519", [], { type: "ed25519" }, ["ed25519"]],
  ] as [string, string[], KeyAlgorithm, SignatureScheme[]][]
) {
  const title = [name, ...options.map((option) => option.split(":")[1])].join(" ");
  opensslTest(
    `importPrivateKey() takes OpenSSL's ${title}, and OpenSSL verifies what it signs`,
    async (folder) => {
      const key = await importPrivateKey(await folder.genpkey("key.pem", name, ...options));
      assertEquals(key.algorithm, algorithm);
      const publicPem = await folder.run("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
        .then(() => folder.read("public.pem"));
      assertEquals(key.publicKey?.toPem(), publicPem);
      await folder.write("data", DATA);
      for (const scheme of schemes) {
        const signature = await key.sign(scheme, DATA);
        assert(await verifySignature(key.publicKey!, scheme, DATA, signature), scheme);
        await folder.write("signature", signature);
        const args = verifyArguments(scheme);
        args.push(args[0] === "dgst" ? "-signature" : "-sigfile", "signature");
        if (args[0] === "dgst") args.push("data");
        await folder.run(...args);
      }
    },
  );
}

opensslTest("importPrivateKey() takes OpenSSL's older forms", async (folder) => {
  const ec = await importPrivateKey(
    await folder.genpkey("ec.pem", "EC", "ec_paramgen_curve:P-521"),
  );
  const rsa = await importPrivateKey(
    await folder.genpkey("rsa.pem", "RSA", "rsa_keygen_bits:2048"),
  );
  await folder.run("pkey", "-in", "rsa.pem", "-traditional", "-out", "pkcs1.pem");
  await folder.run("pkey", "-in", "ec.pem", "-traditional", "-out", "sec1.pem");
  await folder.run("ec", "-in", "ec.pem", "-conv_form", "compressed", "-out", "compressed.pem");
  await folder.run("ec", "-in", "ec.pem", "-no_public", "-out", "no_public.pem");
  assertStringIncludes(await folder.read("pkcs1.pem"), "BEGIN RSA PRIVATE KEY");
  assertStringIncludes(await folder.read("sec1.pem"), "BEGIN EC PRIVATE KEY");
  const cases: [string, PrivateKey][] = [
    ["pkcs1.pem", rsa],
    ["sec1.pem", ec],
    ["compressed.pem", ec],
    ["no_public.pem", ec],
  ];
  for (const [name, expected] of cases) {
    const pem = await folder.read(name);
    assert((await importPrivateKey(pem)).publicKey?.equals(expected.publicKey!), name);
    const der = Uint8Array.fromBase64(pem.replace(/-----[^\n]*-----/g, ""));
    assert((await importPrivateKey(der)).publicKey?.equals(expected.publicKey!), name);
  }
});

opensslTest("importPrivateKey() refuses other curves and explicit ones", async (folder) => {
  const k1 = await folder.genpkey("k1.pem", "EC", "ec_paramgen_curve:secp256k1");
  await assertFails(k1, "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE", "secp256k1");
  const explicit = await folder.genpkey(
    ...["explicit.pem", "EC", "ec_paramgen_curve:P-256", "ec_param_enc:explicit"] as const,
  );
  await assertFails(
    explicit,
    "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE",
    "the parameters of its curve",
  );
});

const CORPUS = "data/fuzz_corpora/pkcs8.jsonl.gz";
testShared(
  "importPrivateKey() meets BoringSSL's corpus and its mutations with typed errors only",
  CORPUS,
  async (contents) => {
    let imported = 0;
    for (const { id, data: original } of await corpusOf(contents)) {
      // Each byte of the first 80 changed in turn: lengths, versions and algorithms.
      for (let i = -1; i < Math.min(80, original.length); i++) {
        const bytes = original.slice();
        if (i >= 0) bytes[i]! ^= 0x01 << (i % 8);
        try {
          await importPrivateKey(bytes);
          imported++;
        } catch (error) {
          assertInstanceOf(error, NssError, `${id} ${i}: ${error}`);
        }
      }
    }
    assert(imported > 0, "the corpus holds good keys as well");
  },
);

Deno.test("importPrivateKey() leaves the caller's bytes as they are, those of a Buffer, too", async () => {
  for (const bytes of [Buffer.from(P256_PKCS8), P256_PKCS8.slice()]) {
    await importPrivateKey(bytes);
    await importPrivateKey(bytes);
    assertEquals(new Uint8Array(bytes), P256_PKCS8);
  }
});
