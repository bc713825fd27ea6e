// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import {
  generateHpkeKeyPair,
  HpkeError,
  type HpkeKeyPair,
  isHpkePublicKey,
  isHpkeSuiteAvailable,
  setupHpkeReceiver,
  setupHpkeSender,
} from "../../../ssl/crypto/hpke.ts";
import { importRawHpkeKey } from "../../support/hpke_keys.ts";
import rfc9180 from "../../vectors/rfc9180.json" with { type: "json" };

const hex = Uint8Array.fromHex;
const text = (value: string) => new TextEncoder().encode(value);

for (const vector of rfc9180.vectors) {
  const suite = { kem: vector.kem_id, kdf: vector.kdf_id, aead: vector.aead_id };
  const name = `KEM 0x${suite.kem.toString(16)}, KDF ${suite.kdf}, AEAD ${suite.aead}`;

  const pairOf = async (secret: string, serialized: string): Promise<HpkeKeyPair> => {
    const publicKey = hex(serialized);
    return { publicKey, privateKey: await importRawHpkeKey(suite.kem, hex(secret), publicKey) };
  };

  Deno.test(`hpke: RFC 9180's vector of ${name} is sealed and opened`, async () => {
    assert(isHpkeSuiteAvailable(suite));
    const receiver = await pairOf(vector.skRm, vector.pkRm);
    const ephemeral = await pairOf(vector.skEm, vector.pkEm);
    const info = hex(vector.info);
    const { enc, context } = await setupHpkeSender(suite, receiver.publicKey, info, ephemeral);
    assertEquals(enc.toHex(), vector.enc);
    const opener = await setupHpkeReceiver(suite, receiver, enc, info);
    for (const { aad, pt, ct } of vector.encryptions) {
      assertEquals((await context.seal(hex(aad), hex(pt))).toHex(), ct);
      assertEquals((await opener.open(hex(aad), hex(ct))).toHex(), pt);
    }
  });
}

const SUITE = { kem: 0x20, kdf: 1, aead: 1 };

Deno.test("hpke: a context opens neither another aad, info or order, nor a changed byte", async () => {
  const receiver = await generateHpkeKeyPair(SUITE.kem, false);
  const { enc, context } = await setupHpkeSender(SUITE, receiver.publicKey, text("info"));
  const [first, second] = [
    await context.seal(text("aad"), text("first")),
    await context.seal(text("aad"), text("second")),
  ];
  const other = await setupHpkeReceiver(SUITE, receiver, enc, text("other"));
  const opener = await setupHpkeReceiver(SUITE, receiver, enc, text("info"));
  const changed = first.slice();
  changed[0]! ^= 1;
  for (
    const open of [
      () => other.open(text("aad"), first),
      () => opener.open(text("other"), first),
      () => opener.open(text("aad"), second),
      () => opener.open(text("aad"), changed),
    ]
  ) {
    await assertRejects(open, HpkeError);
  }
  // What did not decrypt has taken no sequence number.
  assertEquals(await opener.open(text("aad"), first), text("first"));
  assertEquals(await opener.open(text("aad"), second), text("second"));
});

Deno.test("hpke: keys of another form, of small order, or not on the curve are refused", async () => {
  const { privateKey, publicKey } = await generateHpkeKeyPair(SUITE.kem, false);
  const bad = [new Uint8Array(0), new Uint8Array(31), new Uint8Array(32), new Uint8Array(33)];
  for (const key of bad) {
    await assertRejects(() => setupHpkeSender(SUITE, key, text("")), HpkeError);
    const receiver = { privateKey, publicKey };
    await assertRejects(() => setupHpkeReceiver(SUITE, receiver, key, text("")), HpkeError);
  }
  const p256 = { kem: 0x10, kdf: 1, aead: 1 };
  const point = (await generateHpkeKeyPair(p256.kem, false)).publicKey;
  const offCurve = point.slice();
  offCurve[64]! ^= 1;
  const compressed = point.slice(0, 33);
  compressed[0] = 2;
  const hybrid = point.slice();
  hybrid[0] = 6;
  for (const key of [offCurve, compressed, hybrid]) {
    await assertRejects(() => setupHpkeSender(p256, key, text("")), HpkeError);
  }
  assert(isHpkePublicKey(p256.kem, point));
  assert(!isHpkePublicKey(p256.kem, hybrid));
  assert(!isHpkePublicKey(SUITE.kem, point));
  assert(isHpkePublicKey(0x7777, point));
});

Deno.test("hpke: unknown algorithms are not available", () => {
  for (const part of ["kem", "kdf", "aead"] as const) {
    assert(!isHpkeSuiteAvailable({ ...SUITE, [part]: 0x7777 }));
  }
  assert(!isHpkeSuiteAvailable({ ...SUITE, aead: 0xffff })); // only exports
});

Deno.test("hpke: a sender's contexts differ, as their ephemeral keys do", async () => {
  const { publicKey } = await generateHpkeKeyPair(SUITE.kem, false);
  const [one, two] = await Promise.all([
    setupHpkeSender(SUITE, publicKey, text("")),
    setupHpkeSender(SUITE, publicKey, text("")),
  ]);
  assertNotEquals(one.enc, two.enc);
  assertNotEquals(
    await one.context.seal(text(""), text("x")),
    await two.context.seal(text(""), text("x")),
  );
});
