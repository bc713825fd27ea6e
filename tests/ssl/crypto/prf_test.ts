// Copyright 2026 the NSS for Deno authors. MIT license.

import { createHmac } from "node:crypto";
import { assertEquals } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding";
import { PrfSecret } from "../../../ssl/crypto/prf.ts";
import { bytesOf } from "../record/tls12_records.ts";

const fromHex = (text: string) => Uint8Array.from(decodeHex(text.replaceAll(/\s/g, "")));

/** Vectors that went over the IETF's TLS list, and that most implementations test with. */
const VECTORS = [
  {
    hash: "SHA-256",
    secret: "9bbe436ba940f017b17652849a71db35",
    seed: "a0ba9f936cda311827a6f796ffd5198c",
    output: `
      e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a
      6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab
      4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701
      87347b66`,
  },
  {
    hash: "SHA-384",
    secret: "b80b733d6ceefcdc71566ea48e5567df",
    seed: "cd665cf6a8447dd6ff8b27555edb7465",
    output: `
      7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd
      e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd
      8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425
      9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6
      91c8f3a26854308d5eaa3be85e0990703d73e56f`,
  },
] as const;

/** The PRF of RFC 5246, by node:crypto. */
function prf(hash: string, secret: Uint8Array, label: string, seed: Uint8Array, length: number) {
  const name = hash.replace("-", "").toLowerCase();
  const hmac = (...parts: Uint8Array[]) =>
    Uint8Array.from(
      parts.reduce((mac, part) => mac.update(part), createHmac(name, secret)).digest(),
    );
  const start = Uint8Array.from([...new TextEncoder().encode(label), ...seed]);
  const output: number[] = [];
  for (let a = hmac(start); output.length < length; a = hmac(a)) output.push(...hmac(a, start));
  return Uint8Array.from(output.slice(0, length));
}

for (const { hash, secret, seed, output } of VECTORS) {
  Deno.test(`PrfSecret.expand() gives the known answer (${hash})`, async () => {
    const expected = fromHex(output);
    const key = await PrfSecret.import(hash, fromHex(secret));
    const actual = await key.expand("test label", fromHex(seed), expected.length);
    assertEquals(encodeHex(actual), encodeHex(expected));
  });

  Deno.test(`PrfSecret.expand() does what node:crypto does, for every length (${hash})`, async () => {
    const bytes = bytesOf(48, 9);
    const key = await PrfSecret.import(hash, bytes.slice());
    for (const length of [0, 1, 12, 31, 32, 33, 47, 48, 49, 64, 96, 104, 200]) {
      for (const seedLength of [0, 32, 48, 64]) {
        const seed = bytesOf(seedLength, length);
        const actual = await key.expand("key expansion", seed, length);
        assertEquals(actual, prf(hash, bytes, "key expansion", seed, length));
      }
    }
  });
}

Deno.test("PrfSecret.import() overwrites the secret", async () => {
  const secret = bytesOf(48, 1);
  await PrfSecret.import("SHA-256", secret);
  assertEquals(secret, new Uint8Array(48));
});
