// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { WriteHalf } from "../../../ssl/engine/write_half.ts";
import { PlaintextSpec, type RecordProtection } from "../../../ssl/record/cipher_spec.ts";
import { TLS12_CIPHER_SUITES } from "../../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../../ssl/tables/content_types.ts";
import { TLS_1_2 } from "../../../ssl/tables/versions.ts";
import { turns } from "../_support.ts";
import { tls12SpecOf } from "../record/tls12_records.ts";
import { countBytesCopiedDuring } from "../wire/count_copied.ts";

/** Looks like the protection of a version, and protects nothing. */
function protection(hidesType: boolean): RecordProtection {
  const plaintext = new PlaintextSpec();
  return {
    encrypts: true,
    hidesType,
    overhead: 0,
    sequence: 0,
    recordsLeft: Infinity,
    wireType: (type) => plaintext.wireType(type),
    seal: (type, fragment) => plaintext.seal(type, fragment),
    open: (record) => plaintext.open(record),
    restart: () => plaintext,
  };
}

/** How many change_cipher_spec there are in what has been written. */
async function countOf(half: WriteHalf): Promise<number> {
  let count = 0;
  while (!half.empty) {
    const output = await half.take();
    for (let at = 0; output !== null && at < output.length; at += 5 + output[at + 4]!) {
      assertEquals([output[at], output[at + 4]], [ContentType.changeCipherSpec, 1]);
      count++;
    }
  }
  return count;
}

Deno.test("WriteHalf.writeChangeCipherSpec() writes one in clear, and one in each renegotiation", async () => {
  const half = new WriteHalf(TLS_1_2);
  half.writeChangeCipherSpec();
  half.writeChangeCipherSpec(); // TLS 1.3: after a HelloRetryRequest and after ServerHello
  assertEquals(await countOf(half), 1);
  half.install(protection(true));
  half.writeChangeCipherSpec();
  assertEquals(await countOf(half), 0);
  half.install(protection(false)); // TLS 1.2
  for (let i = 0; i < 2; i++) {
    half.writeChangeCipherSpec();
    assertEquals(await countOf(half), 1);
  }
});

/** Protects nothing, and ends a seal when the test says so. */
class SealsOnDemand extends PlaintextSpec {
  readonly seals: PromiseWithResolvers<void>[] = [];

  override async seal(type: number, fragment: Uint8Array<ArrayBuffer>) {
    const sealed = await super.seal(type, fragment);
    const seal = Promise.withResolvers<void>();
    this.seals.push(seal);
    await seal.promise;
    return sealed;
  }
}

/** A half that has queued a flight in two records, then a record of application data. */
async function afterFlight(): Promise<{ half: WriteHalf; seals: SealsOnDemand["seals"] }> {
  const half = new WriteHalf(TLS_1_2);
  const spec = new SealsOnDemand();
  half.install(spec);
  for (let i = 0; i < 2; i++) {
    half.writeHandshake(new Uint8Array(10));
    half.flushHandshake();
  }
  half.writeApplicationData(new Uint8Array(20), 8);
  await turns();
  return { half, seals: spec.seals };
}

Deno.test("WriteHalf.take() waits for a whole flight, and not for what follows it", async () => {
  const { half, seals } = await afterFlight();
  const taking = half.take();
  seals[0]!.resolve();
  await turns();
  seals[1]!.resolve();
  assertEquals((await taking)?.length, 2 * 15);
  seals[2]!.resolve();
  assertEquals((await half.take())?.length, 25);
  assertEquals(half.empty, true);
});

Deno.test("WriteHalf.take() gives what is sealed of a flight before the error of the rest", async () => {
  const { half, seals } = await afterFlight();
  seals[0]!.resolve();
  seals[1]!.reject(new Error("of the runtime"));
  assertEquals((await half.take())?.length, 15);
  await assertRejects(() => half.take(), Error, "of the runtime");
});

Deno.test("WriteHalf.take() gives nothing of what has been dropped meanwhile", async () => {
  const { half, seals } = await afterFlight();
  const taking = half.take();
  half.clear();
  for (const seal of seals) seal.resolve();
  assertEquals(await taking, null);
});

const AEAD_SUITES = TLS12_CIPHER_SUITES.filter(({ bulk, auth }) =>
  bulk !== "AES-CBC" && auth === "rsa"
);
const RECORDS = 8;

for (const suite of AEAD_SUITES) {
  Deno.test(`WriteHalf copies what WebCrypto has sealed once, into the bytes for the transport (${suite.name})`, async () => {
    const half = new WriteHalf(TLS_1_2);
    half.install(await tls12SpecOf(suite));
    const data = new Uint8Array(RECORDS * 2 ** 14);
    let sent = 0;
    const copied = await countBytesCopiedDuring(async () => {
      assertEquals(half.writeApplicationData(data, RECORDS), data.length);
      while (!half.empty) sent += (await half.take())!.length;
    });
    assertEquals(sent, RECORDS * (5 + (12 - suite.fixedIvLength) + 2 ** 14 + 16));
    assertLess(copied - sent, RECORDS * 64, "nonces, and nothing of the content");
  });
}
