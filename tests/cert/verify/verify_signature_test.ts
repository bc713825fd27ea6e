// Copyright 2026 the NSS for Deno authors. MIT license.

import { generateKeyPairSync, sign } from "node:crypto";
import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import type { SignatureScheme } from "../../../cert/certificate/private_key.ts";
import { writeRsaPssParameters } from "../../../cert/certificate/rsa_pss_parameters.ts";
import { schemeRow, signatureSchemesOf } from "../../../cert/certificate/signature_algorithm.ts";
import { parseSubjectPublicKeyInfo } from "../../../cert/certificate/spki.ts";
import {
  ecdsaRawSignature,
  verifySignature,
  verifySignedData,
} from "../../../cert/verify/verify_signature.ts";
import { makeKeys, type TestKeyType, withAlgorithm } from "../_support.ts";

const DATA = new TextEncoder().encode("what is signed");
const OTHER = new TextEncoder().encode("what is not");
const KINDS: TestKeyType[] = ["P-256", "P-384", "P-521", "Ed25519", "ML-DSA-44", "RSA-2048"];

Deno.test("verifySignature() verifies every scheme of every kind of key, and nothing changed", async () => {
  for (const kind of KINDS) {
    const { publicKey, privateKey } = await makeKeys(kind);
    for (const scheme of signatureSchemesOf(publicKey.algorithm)) {
      const signature = await privateKey.sign(scheme, DATA);
      assert(await verifySignature(publicKey, scheme, DATA, signature), scheme);
      assertFalse(await verifySignature(publicKey, scheme, OTHER, signature), scheme);
      const changed = signature.slice();
      changed[changed.length - 1]! ^= 1;
      assertFalse(await verifySignature(publicKey, scheme, DATA, changed), scheme);
      assertFalse(await verifySignature(publicKey, scheme, DATA, signature.slice(1)), scheme);
      assertFalse(await verifySignature(publicKey, scheme, DATA, new Uint8Array(0)), scheme);
      const longer = Uint8Array.from([...signature, 0]);
      assertFalse(await verifySignature(publicKey, scheme, DATA, longer), scheme);
    }
  }
});

Deno.test("verifySignature() refuses a scheme of another kind of key", async () => {
  const schemes: SignatureScheme[] = ["ed25519", "rsa_pss_rsae_sha256", "ecdsa_secp384r1_sha384"];
  const { publicKey, privateKey } = await makeKeys("P-256");
  const signature = await privateKey.sign("ecdsa_secp256r1_sha256", DATA);
  for (const scheme of schemes) {
    assertFalse(await verifySignature(publicKey, scheme, DATA, signature));
  }
});

Deno.test("verifySignature() binds curve and hash, unless any curve is allowed", async () => {
  const { publicKey, privateKey } = await makeKeys("P-384");
  const scheme = "ecdsa_secp256r1_sha256";
  const signature = await privateKey.sign(scheme, DATA);
  assertFalse(await verifySignature(publicKey, scheme, DATA, signature));
  assert(await verifySignature(publicKey, scheme, DATA, signature, { anyCurve: true }));
  assert(await verifySignedData(publicKey, schemeRow(scheme).algorithm, DATA, signature));
});

Deno.test("verifySignature() wants the salt of RSASSA-PSS to be as long as the hash", async () => {
  const parameters = {
    name: "RSA-PSS",
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: "SHA-256",
  };
  const pair = await crypto.subtle.generateKey(parameters, true, ["sign", "verify"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const key = parseSubjectPublicKeyInfo(spki);
  for (const saltLength of [0, 20, 32, 48]) {
    const sign = { name: "RSA-PSS", saltLength };
    const signature = new Uint8Array(await crypto.subtle.sign(sign, pair.privateKey, DATA));
    const valid = await verifySignature(key, "rsa_pss_rsae_sha256", DATA, signature);
    assertEquals(valid, saltLength === 32);
  }
});

Deno.test("verifySignature() verifies with keys of the RSASSA-PSS kind, within their parameters", async () => {
  const { publicKey, privateKey } = await makeKeys("RSA-2048");
  const signature = await privateKey.sign("rsa_pss_rsae_sha256", DATA);
  const any = withAlgorithm(publicKey, (w) => w.oid(OIDS.rsassaPss));
  assert(await verifySignature(any, "rsa_pss_pss_sha256", DATA, signature));
  assertFalse(await verifySignature(any, "rsa_pss_rsae_sha256", DATA, signature));
  const bound = (hash: "SHA-256" | "SHA-384", saltLength: number) =>
    withAlgorithm(publicKey, (w) => {
      writeRsaPssParameters(w.oid(OIDS.rsassaPss), { hash, saltLength });
    });
  assert(await verifySignature(bound("SHA-256", 32), "rsa_pss_pss_sha256", DATA, signature));
  assertFalse(await verifySignature(bound("SHA-384", 48), "rsa_pss_pss_sha256", DATA, signature));
  assertFalse(await verifySignature(bound("SHA-256", 33), "rsa_pss_pss_sha256", DATA, signature));
  const pkcs1 = await privateKey.sign("rsa_pkcs1_sha256", DATA);
  assertFalse(await verifySignature(any, "rsa_pkcs1_sha256", DATA, pkcs1));
});

Deno.test("verifySignature() refuses a point that is not on the curve", async () => {
  const { publicKey, privateKey } = await makeKeys("P-256");
  const signature = await privateKey.sign("ecdsa_secp256r1_sha256", DATA);
  const der = publicKey.der.slice();
  der[der.length - 1]! ^= 1;
  const off = parseSubjectPublicKeyInfo(der);
  const error = await assertRejects(
    () => verifySignature(off, "ecdsa_secp256r1_sha256", DATA, signature),
    NssError,
    "WebCrypto refuses the ec P-256 key as invalid",
  );
  assertEquals(error.name, "SEC_ERROR_BAD_KEY");
});

Deno.test("verifySignature() imports a key once for each algorithm and hash", async () => {
  const { publicKey, privateKey } = await makeKeys("RSA-2048");
  const { subtle } = crypto;
  const importKey = subtle.importKey;
  const signature = await privateKey.sign("rsa_pkcs1_sha256", DATA);
  const pss = await privateKey.sign("rsa_pss_rsae_sha256", DATA);
  let count = 0;
  const counted = (...args: Parameters<typeof importKey>) => {
    count++;
    return Reflect.apply(importKey, subtle, args);
  };
  Object.defineProperty(subtle, "importKey", { value: counted, configurable: true });
  try {
    for (let i = 0; i < 3; i++) {
      assert(await verifySignature(publicKey, "rsa_pkcs1_sha256", DATA, signature));
      assert(await verifySignature(publicKey, "rsa_pss_rsae_sha256", DATA, pss));
    }
  } finally {
    Reflect.deleteProperty(subtle, "importKey");
  }
  assertEquals(count, 2);
});

const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ecdsa = (r: bigint, s: bigint) =>
  new DerWriter().sequence((w) => w.integer(r).integer(s)).finish();

Deno.test("ecdsaRawSignature() wants r and s from 1 to the order less one", () => {
  assertEquals(ecdsaRawSignature(ecdsa(1n, N - 1n), "P-256")?.length, 64);
  const bad: [bigint, bigint][] = [[0n, 1n], [1n, 0n], [N, 1n], [1n, N], [-1n, 1n], [1n, N + 1n]];
  for (const [r, s] of [...bad, [1n << 256n, 1n] as const]) {
    assertEquals(ecdsaRawSignature(ecdsa(r, s), "P-256"), null);
  }
});

Deno.test("ecdsaRawSignature() pads to the size of the curve", () => {
  for (const [curve, size] of [["P-256", 32], ["P-384", 48], ["P-521", 66]] as const) {
    const raw = ecdsaRawSignature(ecdsa(1n, 2n), curve)!;
    assertEquals([raw.length, raw[size - 1], raw[2 * size - 1]], [2 * size, 1, 2]);
  }
});

Deno.test("ecdsaRawSignature() wants DER", () => {
  const good = ecdsa(1n, 2n);
  for (let size = 0; size < good.length; size++) {
    assertEquals(ecdsaRawSignature(good.slice(0, size), "P-256"), null);
  }
  assertEquals(ecdsaRawSignature(Uint8Array.from([...good, 0]), "P-256"), null);
  const three = new DerWriter().sequence((w) => w.integer(1).integer(2).integer(3)).finish();
  assertEquals(ecdsaRawSignature(three, "P-256"), null);
  assertEquals(ecdsaRawSignature(Uint8Array.of(0x30, 7, 2, 2, 0, 1, 2, 1, 2), "P-256"), null);
});

Deno.test("verifySignature() says when WebCrypto refuses a key", async () => {
  const cases = {
    NotSupportedError: "SEC_ERROR_UNSUPPORTED_KEYALG",
    DataError: "SEC_ERROR_BAD_KEY",
  };
  for (const [name, expected] of Object.entries(cases)) {
    const { publicKey } = await makeKeys("Ed25519");
    const refuse = () => Promise.reject(new DOMException("refused", name));
    Object.defineProperty(crypto.subtle, "importKey", { value: refuse, configurable: true });
    try {
      const error = await assertRejects(
        () => verifySignature(publicKey, "ed25519", DATA, new Uint8Array(64)),
        NssError,
      );
      assertEquals(error.name, expected);
    } finally {
      Reflect.deleteProperty(crypto.subtle, "importKey");
    }
  }
});

Deno.test("verifySignature() takes no ECDSA signature of zeros (CVE-2022-21449)", async () => {
  const { publicKey } = await makeKeys("P-256");
  const zeros = Uint8Array.fromHex("3006020100020100");
  const content = new Uint8Array([1, 2, 3]);
  assertEquals(await verifySignature(publicKey, "ecdsa_secp256r1_sha256", content, zeros), false);
});

/** The integer whose cube is the least that is not below `n`. */
function cubeRoot(n: bigint): bigint {
  let [low, high] = [0n, 1n << 700n];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (middle ** 3n < n) low = middle + 1n;
    else high = middle;
  }
  return low;
}

Deno.test("verifySignature() takes no RSA signature with anything beside the hash (BERserk)", async () => {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048, publicExponent: 3 });
  const spki = new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));
  const publicKey = parseSubjectPublicKeyInfo(spki);
  const content = new TextEncoder().encode("pay Mallory");
  // A key with the exponent 3 is none that is refused for it: its honest signature is good.
  const honest = new Uint8Array(sign("sha256", content, pair.privateKey));
  assertEquals(await verifySignature(publicKey, "rsa_pkcs1_sha256", content, honest), true);
  // A block as PKCS#1 has it, but with little padding, the hash early, and the rest whatever a cube
  // has there.
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const start = `0001${"ff".repeat(8)}00${DIGEST_INFO_SHA256}${hash.toHex()}`;
  const block = BigInt(`0x${start.padEnd(512, "0")}`);
  const root = cubeRoot(block);
  assertEquals((root ** 3n).toString(16).padStart(512, "0").slice(0, start.length), start);
  const forged = Uint8Array.fromHex(root.toString(16).padStart(512, "0"));
  assertEquals(await verifySignature(publicKey, "rsa_pkcs1_sha256", content, forged), false);
});

/** The DER before a hash of SHA-256 (RFC 8017, Section 9.2). */
const DIGEST_INFO_SHA256 = "3031300d060960864801650304020105000420";
