// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { TAG } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { type ErrorName, NssError } from "../../../cert/base/errors.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { decodePem } from "../../../cert/der/pem.ts";
import { writeRsaPssParameters } from "../../../cert/certificate/rsa_pss_parameters.ts";
import {
  importableSpki,
  isOnItsCurve,
  MAX_RSA_BITS,
  parseSubjectPublicKeyInfo,
} from "../../../cert/certificate/spki.ts";
import { note } from "../../support/skip.ts";
import { makeKeys, withAlgorithm } from "../_support.ts";

function spki(
  algorithm: (writer: DerWriter) => void,
  key: Uint8Array | ((writer: DerWriter) => void),
): Uint8Array<ArrayBuffer> {
  return new DerWriter().sequence((w) => w.sequence(algorithm).bitString(key)).finish();
}

const rsa = (modulus: Uint8Array, exponent: Uint8Array) =>
  spki(
    (w) => w.oid(OIDS.rsaEncryption).null(),
    (w) => w.sequence((w) => w.unsignedInteger(modulus).unsignedInteger(exponent)),
  );
const ones = (bits: number) => {
  const bytes = new Uint8Array(Math.ceil(bits / 8)).fill(0xff);
  if (bits % 8 !== 0) bytes[0] = (1 << (bits % 8)) - 1;
  return bytes;
};
const E = Uint8Array.of(1, 0, 1);

function assertBad(der: Uint8Array, name: ErrorName): void {
  assertEquals(assertThrows(() => parseSubjectPublicKeyInfo(der), NssError).name, name);
}

Deno.test("parseSubjectPublicKeyInfo() reads every kind of key", async () => {
  const kinds = {
    "P-256": { type: "ec", curve: "P-256" },
    "P-384": { type: "ec", curve: "P-384" },
    "P-521": { type: "ec", curve: "P-521" },
    "Ed25519": { type: "ed25519" },
    "ML-DSA-44": { type: "mldsa44" },
    "RSA-2048": { type: "rsa", modulusLength: 2048 },
  } as const;
  for (const [kind, algorithm] of Object.entries(kinds)) {
    const { publicKey } = await makeKeys(kind as keyof typeof kinds);
    assertEquals(publicKey.algorithm, algorithm);
    assert(publicKey.equals(parseSubjectPublicKeyInfo(publicKey.der)));
  }
});

Deno.test("parseSubjectPublicKeyInfo() copies its input", async () => {
  const { publicKey } = await makeKeys("Ed25519");
  const bytes = publicKey.der.slice();
  const key = parseSubjectPublicKeyInfo(bytes);
  bytes.fill(0);
  assert(key.equals(publicKey));
});

Deno.test("parseSubjectPublicKeyInfo() refuses every strict prefix", async () => {
  const { publicKey } = await makeKeys("P-256");
  for (let size = 0; size < publicKey.der.length; size++) {
    assertThrows(() => parseSubjectPublicKeyInfo(publicKey.der.subarray(0, size)), NssError);
  }
});

Deno.test("parseSubjectPublicKeyInfo() counts the bits of an RSA modulus", () => {
  for (const bits of [16, 1024, 2047, 2048, 2052, MAX_RSA_BITS]) {
    const { algorithm } = parseSubjectPublicKeyInfo(rsa(ones(bits), E));
    assertEquals(algorithm, { type: "rsa", modulusLength: bits });
  }
  assertBad(rsa(ones(15), E), "SEC_ERROR_BAD_KEY");
  assertBad(rsa(ones(MAX_RSA_BITS + 1), E), "SEC_ERROR_UNSUPPORTED_KEYALG");
});

Deno.test("parseSubjectPublicKeyInfo() refuses RSA keys that cannot be one", () => {
  const even = ones(2048);
  even[even.length - 1] = 0xfe;
  assertBad(rsa(even, E), "SEC_ERROR_BAD_KEY");
  for (const exponent of [[0], [1], [2], [1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1]]) {
    assertBad(rsa(ones(2048), Uint8Array.from(exponent)), "SEC_ERROR_BAD_KEY");
  }
  parseSubjectPublicKeyInfo(rsa(ones(2048), Uint8Array.of(3)));
  parseSubjectPublicKeyInfo(rsa(ones(2048), Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1)));
});

Deno.test("parseSubjectPublicKeyInfo() wants the parameters of RSA to be NULL", () => {
  const body = (w: DerWriter) => {
    w.sequence((w) => w.unsignedInteger(ones(2048)).unsignedInteger(E));
  };
  assertBad(spki((w) => w.oid(OIDS.rsaEncryption), body), "SEC_ERROR_BAD_DER");
  assertBad(spki((w) => w.oid(OIDS.rsaEncryption).null().null(), body), "SEC_ERROR_BAD_DER");
});

Deno.test("parseSubjectPublicKeyInfo() reads the parameters of an RSASSA-PSS key", async () => {
  const { publicKey } = await makeKeys("RSA-2048");
  const any = withAlgorithm(publicKey, (w) => w.oid(OIDS.rsassaPss));
  assertEquals(any.algorithm, { type: "rsa-pss", modulusLength: 2048 });
  const bound = withAlgorithm(publicKey, (w) => {
    writeRsaPssParameters(w.oid(OIDS.rsassaPss), { hash: "SHA-384", saltLength: 48 });
  });
  assertEquals(bound.algorithm, {
    type: "rsa-pss",
    modulusLength: 2048,
    hash: "SHA-384",
    saltLength: 48,
  });
  assertEquals(importableSpki(any), publicKey.der);
  assertEquals(importableSpki(publicKey), publicKey.der);
});

Deno.test("parseSubjectPublicKeyInfo() takes named curves and uncompressed points alone", () => {
  const point = (size: number, first = 4) => {
    const bytes = new Uint8Array(size);
    bytes[0] = first;
    return bytes;
  };
  const ec = (curve: string) => (w: DerWriter) => {
    w.oid(OIDS.ecPublicKey).oid(curve);
  };
  parseSubjectPublicKeyInfo(spki(ec(OIDS.secp256r1), point(65)));
  assertBad(spki(ec(OIDS.secp256r1), point(33, 2)), "SEC_ERROR_BAD_KEY");
  assertBad(spki(ec(OIDS.secp256r1), point(65, 6)), "SEC_ERROR_BAD_KEY");
  assertBad(spki(ec(OIDS.secp256r1), point(64)), "SEC_ERROR_BAD_KEY");
  assertBad(spki(ec(OIDS.secp256r1), point(1, 0)), "SEC_ERROR_BAD_KEY");
  // P-192, explicit parameters, none
  const unsupported = "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE";
  assertBad(spki(ec("1.2.840.10045.3.1.1"), point(49)), unsupported);
  const explicit = (w: DerWriter) => {
    w.oid(OIDS.ecPublicKey).sequence((w) => w.integer(1));
  };
  assertBad(spki(explicit, point(65)), unsupported);
  assertBad(spki((w) => w.oid(OIDS.ecPublicKey), point(65)), unsupported);
});

Deno.test("parseSubjectPublicKeyInfo() wants raw keys without parameters and of their size", () => {
  const ed25519 = (w: DerWriter) => {
    w.oid(OIDS.ed25519);
  };
  parseSubjectPublicKeyInfo(spki(ed25519, new Uint8Array(32).fill(2)));
  assertBad(spki(ed25519, new Uint8Array(31)), "SEC_ERROR_BAD_KEY");
  assertBad(spki(ed25519, new Uint8Array(33)), "SEC_ERROR_BAD_KEY");
  assertBad(spki((w) => w.oid(OIDS.ed25519).null(), new Uint8Array(32)), "SEC_ERROR_BAD_DER");
});

Deno.test("parseSubjectPublicKeyInfo() names an algorithm that it does not support", () => {
  const dsa = spki((w) => w.oid(OIDS.dsa).null(), new Uint8Array(8));
  assertBad(dsa, "SEC_ERROR_UNSUPPORTED_KEYALG");
  assertThrows(() => parseSubjectPublicKeyInfo(dsa), NssError, "DSA");
});

Deno.test("parseSubjectPublicKeyInfo() wants whole bytes", () => {
  const der = new DerWriter().sequence((w) => {
    w.sequence((w) => w.oid(OIDS.ed25519));
    w.primitive(TAG.bitString, Uint8Array.of(1, ...new Uint8Array(32)));
  }).finish();
  assertBad(der, "SEC_ERROR_BAD_DER");
});

Deno.test("SubjectPublicKeyInfo.pin() is base64 of the SHA-256, as PEM and text say what it is", async () => {
  const { publicKey } = await makeKeys("P-384");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey.der));
  assertEquals(await publicKey.pin(), digest.toBase64());
  assertEquals(decodePem(publicKey.toPem(), "PUBLIC KEY")[0]?.der, publicKey.der);
  assertEquals(`${publicKey}`, "ec P-384");
  assertFalse(publicKey.equals((await makeKeys("P-384")).publicKey));
});

/** The field and the constant of Ed25519 (RFC 8032, Section 5.1). */
const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** The key whose point has a y coordinate, with the sign of x. */
function ed25519(y: bigint, sign = 0n): Uint8Array<ArrayBuffer> {
  const bigEndian = Uint8Array.fromHex((y | (sign << 255n)).toString(16).padStart(64, "0"));
  return spki((w) => w.oid(OIDS.ed25519), bigEndian.reverse());
}

Deno.test("parseSubjectPublicKeyInfo() refuses an Ed25519 key of small order, for which anyone can sign", async () => {
  const littleEndian = (hex: string) => BigInt(`0x${Uint8Array.fromHex(hex).reverse().toHex()}`);
  // Order 8: twice such a point has y = 0, so that d y^4 + 2 y^2 = 1
  const y8 = littleEndian("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
  assertEquals((D * y8 ** 4n + 2n * y8 ** 2n) % P, 1n);
  // Orders 1, 2, 4 and 8, then those of 1 and 4 not reduced
  for (const y of [1n, P - 1n, 0n, y8, P - y8, P + 1n, P]) {
    for (const sign of [0n, 1n]) {
      const error = assertThrows(() => parseSubjectPublicKeyInfo(ed25519(y, sign)), NssError);
      assertEquals(error.name, "SEC_ERROR_BAD_KEY");
      assertEquals(
        error.message,
        "Cannot use public key: the Ed25519 key is a point of small order, for which anyone can sign",
      );
    }
  }
  for (const y of [2n, 4n, y8 - 1n, y8 + 1n, P - 2n, P + 2n]) {
    assertEquals(parseSubjectPublicKeyInfo(ed25519(y)).algorithm, { type: "ed25519" });
  }
  // What it is about: a runtime takes the neutral element for a signature of anything
  const key = await crypto.subtle.importKey("spki", ed25519(1n), "Ed25519", false, ["verify"]);
  const forged = Uint8Array.of(1, ...new Uint8Array(63));
  note(`the runtime accepts it: ${await crypto.subtle.verify("Ed25519", key, forged, E)}`);
});

Deno.test("isOnItsCurve() wants coordinates that satisfy the equation and are reduced", async () => {
  const primes = {
    "P-256": 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    "P-384": 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    "P-521": 2n ** 521n - 1n,
  } as const;
  for (const [curve, prime] of Object.entries(primes)) {
    const { publicKey } = await makeKeys(curve as keyof typeof primes);
    assert(isOnItsCurve(publicKey), curve);
    const { der } = publicKey;
    const size = (publicKey.publicKey.length - 1) / 2;
    const withPoint = (x: Uint8Array, y: Uint8Array) => {
      const changed = der.slice();
      changed.set(x, der.length - 2 * size);
      changed.set(y, der.length - size);
      return isOnItsCurve(parseSubjectPublicKeyInfo(changed));
    };
    const [x, y] = [der.subarray(-2 * size, -size), der.subarray(-size)];
    assert(withPoint(x, y), curve);
    const bytesOf = (value: bigint) =>
      Uint8Array.fromHex(value.toString(16).padStart(2 * size, "0"));
    const numberOf = (bytes: Uint8Array) => BigInt(`0x${bytes.toHex()}`);
    assert(withPoint(x, bytesOf(prime - numberOf(y))), `the opposite point of ${curve}`);
    assertFalse(withPoint(y, x), curve);
    assertFalse(withPoint(x, y.with(size - 1, y[size - 1]! ^ 1)), curve);
    assertFalse(withPoint(new Uint8Array(size), new Uint8Array(size)), curve);
    assertFalse(withPoint(x, bytesOf(prime)), `a coordinate of ${curve} that is p`);
  }
  // x + p, of a point of P-521, where there is room: the equation holds, and it is not reduced
  const { publicKey } = await makeKeys("P-521");
  const { der } = publicKey;
  const x = BigInt(`0x${der.subarray(-132, -66).toHex()}`) + primes["P-521"];
  const changed = der.slice();
  changed.set(Uint8Array.fromHex(x.toString(16).padStart(132, "0")), der.length - 132);
  assertFalse(isOnItsCurve(parseSubjectPublicKeyInfo(changed)));
});

Deno.test("isOnItsCurve() wants an Ed25519 key that RFC 8032 decodes", async () => {
  for (let i = 0; i < 8; i++) {
    const { publicKey } = await makeKeys("Ed25519");
    assert(isOnItsCurve(publicKey));
    // The sign of x is not part of y
    const other = publicKey.der.slice();
    other[other.length - 1]! ^= 0x80;
    assert(isOnItsCurve(parseSubjectPublicKeyInfo(other)));
  }
  const power = (base: bigint, exponent: bigint) => {
    let result = 1n;
    for (const bit of exponent.toString(2)) {
      result = result * result * (bit === "1" ? base : 1n) % P;
    }
    return result;
  };
  // Euler's criterion, a way of its own
  for (let y = 2n; y < 40n; y++) {
    const square = power((y * y - 1n) * power(D * y * y + 1n, P - 2n), (P - 1n) / 2n) === 1n;
    assertEquals(isOnItsCurve(parseSubjectPublicKeyInfo(ed25519(y))), square, `${y}`);
  }
  // Not reduced: what is left is 3 and a point
  assert(isOnItsCurve(parseSubjectPublicKeyInfo(ed25519(3n))));
  assertFalse(isOnItsCurve(parseSubjectPublicKeyInfo(ed25519(P + 3n))));
});

Deno.test("isOnItsCurve() leaves keys alone that are no points", async () => {
  for (const type of ["RSA-2048", "ML-DSA-44"] as const) {
    assert(isOnItsCurve((await makeKeys(type)).publicKey));
  }
});
