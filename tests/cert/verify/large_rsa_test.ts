// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import type { HashName, SignatureScheme } from "../../../cert/certificate/private_key.ts";
import { schemeRow } from "../../../cert/certificate/signature_algorithm.ts";
import { MAX_RSA_BITS, type SubjectPublicKeyInfo } from "../../../cert/certificate/spki.ts";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import {
  MAX_RSA_EXPONENT_BITS,
  verifyLargeRsa,
  webCryptoTakesRsa,
} from "../../../cert/verify/large_rsa.ts";
import { signatureCost } from "../../../cert/verify/verification_budget.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { Name } from "../../../cert/names/name.ts";
import { verifySignature } from "../../../cert/verify/verify_signature.ts";
import { replacing } from "../../support/failing_webcrypto.ts";
import { RSA_5120_KEY } from "../../support/large_rsa_keys.ts";
import { forgeRsa, pkcs1Block, pssBlock, rsaKey } from "../_forged_rsa.ts";
import { issue, makeKeys, NOW, withAlgorithm } from "../_support.ts";

const DATA = new TextEncoder().encode("what is signed");
const OTHER = new TextEncoder().encode("what is not");
const HASHES = ["SHA-256", "SHA-384", "SHA-512"] as const;
const nameOf = (hash: HashName) => hash.replace("-", "").toLowerCase() as "sha256";

async function assertVerdicts(
  key: SubjectPublicKeyInfo,
  scheme: SignatureScheme,
  signature: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const what = `${key} ${scheme}`;
  assert(await verifySignature(key, scheme, DATA, signature), what);
  assertFalse(await verifySignature(key, scheme, OTHER, signature), what);
  const changed = signature.with(signature.length - 1, signature.at(-1)! ^ 1);
  assertFalse(await verifySignature(key, scheme, DATA, new Uint8Array(changed)), what);
  assertFalse(await verifySignature(key, scheme, DATA, signature.slice(1)), what);
  const longer = Uint8Array.from([0, ...signature]);
  assertFalse(await verifySignature(key, scheme, DATA, longer), what);
}

for (const bits of [4095, 4096, 4097, 4104, 5119, 5120, 8192, MAX_RSA_BITS]) {
  Deno.test(`verifySignature() verifies RSA of ${bits} bits, both schemes, and nothing changed`, async () => {
    for (const hash of HASHES) {
      const { publicKey, signature } = forgeRsa(bits, await pkcs1Block(bits, hash, DATA));
      assertEquals(publicKey.algorithm, { type: "rsa", modulusLength: bits });
      await assertVerdicts(publicKey, `rsa_pkcs1_${nameOf(hash)}`, signature);
      const pss = forgeRsa(bits, await pssBlock(bits, hash, DATA));
      assertEquals(pss.publicKey.algorithm, { type: "rsa", modulusLength: bits });
      await assertVerdicts(pss.publicKey, `rsa_pss_rsae_${nameOf(hash)}`, pss.signature);
      const key = withAlgorithm(pss.publicKey, (w) => w.oid(OIDS.rsassaPss));
      await assertVerdicts(key, `rsa_pss_pss_${nameOf(hash)}`, pss.signature);
    }
  });
}

Deno.test("parseSubjectPublicKeyInfo() refuses RSA of one bit too many, and names the limit", () => {
  const error = assertThrows(() => rsaKey((1n << BigInt(MAX_RSA_BITS)) + 1n, 65537n), NssError);
  assertEquals(error.name, "SEC_ERROR_UNSUPPORTED_KEYALG");
  assertEquals(
    error.message,
    "Cannot use public key: its RSA modulus has 16385 bits, more than 16384; use a shorter key, or " +
      "one of ECDSA",
  );
});

/** The block with one byte changed: each of the first and last, and some between. */
function* changes(block: Uint8Array): Generator<[number, Uint8Array]> {
  for (let i = 0; i < block.length; i++) {
    if (i > 8 && i < block.length - 70 && i % 8 !== 0) continue;
    yield [i, block.with(i, block[i]! ^ (i === 0 ? 1 : 0x10))];
  }
}

Deno.test("verifyLargeRsa() compares the whole block of PKCS#1: a change of any byte is refused", async () => {
  const bits = 4104;
  const block = await pkcs1Block(bits, "SHA-256", DATA);
  const { algorithm } = schemeRow("rsa_pkcs1_sha256");
  for (const [i, changed] of changes(block)) {
    const { publicKey, signature } = forgeRsa(bits, changed);
    assertFalse(await verifyLargeRsa(publicKey, algorithm, DATA, signature), `byte ${i}`);
  }
});

Deno.test("verifyLargeRsa() takes no block of PKCS#1 with less padding, no NULL, or more after it", async () => {
  const bits = 4104;
  const { algorithm } = schemeRow("rsa_pkcs1_sha256");
  const hex = (await pkcs1Block(bits, "SHA-256", DATA)).toHex();
  const digest = hex.slice(-64);
  const info = hex.slice(-102);
  const padded = (start: string, end: string) =>
    `${start}${"ff".repeat(bits / 8 - (start.length + end.length) / 2)}${end}`;
  const blocks = [
    padded("0001", `00302f300b0609608648016503040201${"0420"}${digest}`), // no NULL
    padded("0002", `00${info}`),
    padded("0001", `0000${info}`),
    `0001${"ff".repeat(8)}00${info}`.padEnd(bits / 4, "0"), // Bleichenbacher's low exponents
    `0001${"ff".repeat(8)}00${info}`.padStart(bits / 4, "0"),
    padded("0001", `00${digest}`),
    padded("0001", `00${info.replace(/^3031/, "308131")}`),
  ];
  for (const block of blocks) {
    const { publicKey, signature } = forgeRsa(bits, Uint8Array.fromHex(block));
    assertFalse(await verifyLargeRsa(publicKey, algorithm, DATA, signature), block);
  }
});

Deno.test("verifyLargeRsa() compares the whole block of PSS: a change of any byte is refused", async () => {
  const { algorithm } = schemeRow("rsa_pss_rsae_sha256");
  // The block has as many bytes as the modulus, or one less
  for (const bits of [4104, 4105]) {
    const block = await pssBlock(bits, "SHA-256", DATA);
    for (const [i, changed] of changes(block)) {
      const { publicKey, signature } = forgeRsa(bits, changed);
      assertFalse(await verifyLargeRsa(publicKey, algorithm, DATA, signature), `byte ${i}`);
    }
  }
});

Deno.test("verifyLargeRsa() wants the salt of PSS to be as long as the scheme says", async () => {
  const bits = 4104;
  const { algorithm } = schemeRow("rsa_pss_rsae_sha256");
  for (const length of [0, 20, 31, 32, 33, 64]) {
    const block = await pssBlock(bits, "SHA-256", DATA, new Uint8Array(length).fill(7));
    const { publicKey, signature } = forgeRsa(bits, block);
    assertEquals(await verifyLargeRsa(publicKey, algorithm, DATA, signature), length === 32);
  }
});

Deno.test("verifyLargeRsa() refuses what is not below the modulus", async () => {
  const bits = 4104;
  const { algorithm } = schemeRow("rsa_pkcs1_sha256");
  const { publicKey, signature } = forgeRsa(bits, await pkcs1Block(bits, "SHA-256", DATA));
  const modulus = new DerReader(publicKey.publicKey, "key").sequence("").unsignedInteger("");
  const root = BigInt(`0x${signature.toHex()}`);
  const sum = (root + BigInt(`0x${modulus.toHex()}`)).toString(16).padStart(bits / 4, "0");
  assertEquals(sum.length, bits / 4);
  for (const bytes of [Uint8Array.fromHex(sum), modulus, new Uint8Array(bits / 8).fill(0xff)]) {
    assertFalse(await verifyLargeRsa(publicKey, algorithm, DATA, bytes));
  }
});

Deno.test("verifyLargeRsa() judges as WebCrypto does, whatever bit of a signature changes", async () => {
  const { publicKey, privateKey } = await makeKeys("RSA-2048");
  for (const scheme of ["rsa_pkcs1_sha384", "rsa_pss_rsae_sha512", "rsa_pkcs1_sha1"] as const) {
    const signature = await privateKey.sign(scheme, DATA);
    const { algorithm } = schemeRow(scheme);
    assert(await verifyLargeRsa(publicKey, algorithm, DATA, signature));
    for (let i = 0; i < signature.length; i += 5) {
      const changed = signature.slice();
      changed[i]! ^= 1 << i % 8;
      const verdict = await verifySignature(publicKey, scheme, DATA, changed);
      assertEquals(await verifyLargeRsa(publicKey, algorithm, DATA, changed), verdict);
    }
  }
});

function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = result * result % modulus;
    if (bit === "1") result = result * base % modulus;
  }
  return result;
}

/** The inverse of an odd prime by Fermat. */
const inverse = (a: bigint, prime: bigint) => modPow(a, prime - 2n, prime);

Deno.test("verifySignature() raises to exponents of up to 32 bits, and says that 33 are too many", async () => {
  // The primes of 2,560 bits, and a prime exponent, so that it has an inverse
  const pkcs8 = Uint8Array.fromBase64(RSA_5120_KEY.replaceAll(/-----.*-----|\n/g, ""));
  const info = new DerReader(pkcs8, "key").sequence("");
  info.integer("version");
  info.sequence("algorithm");
  const key = new DerReader(info.octetString("key"), "key").sequence("");
  const numbers = Array.from({ length: 6 }, () => BigInt(`0x${key.integer("").toHex()}`));
  const [p, q] = [numbers[4]!, numbers[5]!];
  const phi = (p - 1n) * (q - 1n);
  const block = BigInt(`0x${(await pkcs1Block(5120, "SHA-256", DATA)).toHex()}`);
  const largest = 4294967291n; // the largest prime below 2^32
  // d = (1 + k phi) / e, where k = -1 / phi mod e
  const k = largest - inverse(phi % largest, largest);
  const signed = modPow(block, (1n + k * phi) / largest, p * q);
  const signature = Uint8Array.fromHex(signed.toString(16).padStart(1280, "0"));
  await assertVerdicts(rsaKey(p * q, largest), "rsa_pkcs1_sha256", signature);

  const tooLong = rsaKey(p * q, (1n << BigInt(MAX_RSA_EXPONENT_BITS)) + 1n);
  const error = await assertRejects(
    () => verifySignature(tooLong, "rsa_pkcs1_sha256", DATA, signature),
    NssError,
    "is too long to do without: 33 bits, more than 32",
  );
  assertEquals(error.name, "SEC_ERROR_UNSUPPORTED_KEYALG");
});

Deno.test("verifyLargeRsa() lets timers and I/O run after each 2 ms of work or so", async () => {
  const { setTimeout } = globalThis;
  let yields = 0;
  const counted = (...args: Parameters<typeof setTimeout>) => {
    yields++;
    return Reflect.apply(setTimeout, globalThis, args);
  };
  const count = async (bits: number, exponent: bigint) => {
    const { publicKey } = forgeRsa(bits, await pkcs1Block(bits, "SHA-256", DATA));
    const modulus = new DerReader(publicKey.publicKey, "key").sequence("").unsignedInteger("");
    const key = rsaKey(BigInt(`0x${modulus.toHex()}`), exponent);
    const signature = new Uint8Array(Math.ceil(bits / 8)).fill(3);
    const { algorithm } = schemeRow("rsa_pkcs1_sha256");
    yields = 0;
    assertFalse(await verifyLargeRsa(key, algorithm, DATA, signature));
    return yields;
  };
  await replacing(globalThis, "setTimeout", counted, async () => {
    // 17 and 63 multiplications, 32 and 8 at a time
    assertEquals(await count(8192, 65537n), 0);
    assertEquals(await count(8192, 4294967295n), 1);
    assertEquals(await count(16384, 65537n), 1);
    assertEquals(await count(16384, 4294967295n), 7);
  });
});

/** Makes an instance of the module that has learnt nothing yet. */
async function fresh(): Promise<typeof import("../../../cert/verify/large_rsa.ts")> {
  return await import(`../../../cert/verify/large_rsa.ts?${crypto.randomUUID()}`);
}

Deno.test("webCryptoTakesRsa() asks the runtime once for a size, by a signature that is right", async () => {
  const { subtle } = crypto;
  const asked: SubjectPublicKeyInfo[] = [];
  const { parseSubjectPublicKeyInfo } = await import("../../../cert/certificate/spki.ts");
  for (const answer of [true, false, new Error("Too large")]) {
    const { webCryptoTakesRsa, verifyLargeRsa } = await fresh();
    asked.length = 0;
    const importKey = (_: string, spki: Uint8Array<ArrayBuffer>) => {
      asked.push(parseSubjectPublicKeyInfo(spki));
      return Promise.resolve({});
    };
    const verify = async (
      _: unknown,
      __: unknown,
      signature: Uint8Array<ArrayBuffer>,
      data: Uint8Array<ArrayBuffer>,
    ) => {
      const { algorithm } = schemeRow("rsa_pkcs1_sha256");
      assert(await verifyLargeRsa(asked.at(-1)!, algorithm, data, signature));
      if (answer instanceof Error) throw answer;
      return answer;
    };
    await replacing(subtle, "importKey", importKey, async () => {
      await replacing(subtle, "verify", verify, async () => {
        assert(await webCryptoTakesRsa(4096));
        for (const bits of [5120, 5120, 5121, 5122, 5119, 4097]) {
          assertEquals(await webCryptoTakesRsa(bits), answer === true);
        }
      });
    });
    // What is larger than what is taken is asked, or what is smaller than what is refused
    const sizes = answer === true ? [5120, 5121, 5122] : [5120, 5119, 4097];
    assertEquals(asked.map(String), sizes.map((size) => `rsa ${size}`));
  }
});

Deno.test("verifySignature() leaves large RSA keys to a runtime that takes them", async () => {
  const takes = await webCryptoTakesRsa(4097);
  const { publicKey, signature } = forgeRsa(4097, await pkcs1Block(4097, "SHA-256", DATA));
  const { subtle } = crypto;
  const verify = subtle.verify;
  let count = 0;
  const counted = (...args: Parameters<typeof verify>) => {
    count++;
    return Reflect.apply(verify, subtle, args);
  };
  await replacing(subtle, "verify", counted, async () => {
    for (let i = 0; i < 3; i++) {
      assert(await verifySignature(publicKey, "rsa_pkcs1_sha256", DATA, signature));
    }
  });
  assertEquals(count, takes ? 3 : 0);
});

Deno.test("signatureCost() grows with the square of an RSA key's length", async () => {
  const cost = (bits: number) => signatureCost(rsaKey((1n << BigInt(bits - 1)) + 1n, 65537n));
  assertEquals([1024, 4096, 5838, 5839, 8192, 16384].map(cost), [1, 1, 1, 2, 2, 8]);
  assertEquals(signatureCost((await makeKeys("P-384")).publicKey), 1);
});

Deno.test("verifyCertificateChain() gives up after fewer signatures by large RSA keys", async () => {
  const issuerName = "CN=Large";
  const signature = new Uint8Array(2048).fill(1);
  const leaf = await issue({
    issuerName,
    signer: {
      algorithm: { type: "rsa", modulusLength: MAX_RSA_BITS },
      sign: () => Promise.resolve(signature),
    },
  });
  const anchors = Array.from({ length: 13 }, (_, i) => ({
    subject: Name.parse(issuerName),
    subjectPublicKeyInfo: rsaKey((1n << 16383n) + BigInt(2 * i + 1), 65537n),
  }));
  const messageOf = async (count: number) => {
    const options = { anchors: anchors.slice(0, count), time: NOW, usage: "sslServer" } as const;
    return (await assertRejects(() => verifyCertificateChain(leaf.certificate, options), NssError))
      .message;
  };
  // 12 of them cost 96 of the 100
  assertStringIncludes(await messageOf(12), "its signature is not of the rsa 16384 key");
  assertStringIncludes(await messageOf(13), "gave up after 100 signatures");
});
