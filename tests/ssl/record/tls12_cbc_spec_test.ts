// Copyright 2026 the NSS for Deno authors. MIT license.

import { createHmac } from "node:crypto";
import {
  assert,
  assertEquals,
  assertFalse,
  assertGreaterOrEqual,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { encodeHex } from "@std/encoding";
import { SslError } from "../../../ssl/base/errors.ts";
import type { SealedRecord } from "../../../ssl/record/deframer.ts";
import { Tls12CbcSpec } from "../../../ssl/record/tls12_cbc_spec.ts";
import { TLS12_CIPHER_SUITES, type Tls12CipherSuite } from "../../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../../ssl/tables/content_types.ts";
import { countSubtleCalls } from "../handshake/subtle.ts";
import {
  additionalDataOf,
  assertFails,
  assertTakesAllAtTheCall,
  type Bytes,
  bytesOf,
  joined,
  keyBytes,
  type NodeSealing,
  recordOf,
  seal,
  sealWithNode,
} from "./tls12_records.ts";

const { alert, applicationData, handshake } = ContentType;
const SUITES = TLS12_CIPHER_SUITES.filter(({ bulk, auth }) => bulk === "AES-CBC" && auth === "rsa");
const SHA1 = SUITES.find(({ name }) => name === "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")!;

/** Random bytes that a test knows: each IV in turn. */
function countingRandom(): (length: number) => Bytes {
  let calls = 0;
  return (length) => bytesOf(length, 7 * ++calls);
}

async function specOf(
  suite: Tls12CipherSuite,
  encryptThenMac: boolean,
  sequence = 0,
): Promise<Tls12CbcSpec> {
  const { key, mac } = keyBytes(suite);
  const hash = suite.mac!;
  const keys = {
    encryption: await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["encrypt", "decrypt"]),
    mac: await crypto.subtle.importKey("raw", mac, { name: "HMAC", hash }, false, [
      "sign",
      "verify",
    ]),
  };
  return new Tls12CbcSpec(suite, keys, { encryptThenMac, random: countingRandom(), sequence });
}

/** A record of 100 bytes of application data in the first place, made by node:crypto. */
function nodeRecord(suite: Tls12CipherSuite, sealing: Partial<NodeSealing> = {}): SealedRecord {
  return recordOf(sealWithNode({
    suite,
    keys: keyBytes(suite),
    sequence: 0,
    type: applicationData,
    content: bytesOf(100),
    ...sealing,
  }));
}

/** A padding as it should be. */
function paddingOf(value: number): Bytes {
  return new Uint8Array(value + 1).fill(value);
}

/** The paddings that make a length a multiple of sixteen. */
function* paddingsFor(length: number): Generator<Bytes> {
  for (let value = 15 - length % 16; value < 256; value += 16) yield paddingOf(value);
}

const CASES = SUITES.flatMap((suite) =>
  [false, true].map((encryptThenMac) =>
    [suite, encryptThenMac, `${suite.name}, MAC ${encryptThenMac ? "outside" : "inside"}`] as const
  )
);

for (const [suite, encryptThenMac, title] of CASES) {
  const make = (sequence = 0) => specOf(suite, encryptThenMac, sequence);

  Deno.test(`Tls12CbcSpec.open() gives back what Tls12CbcSpec.seal() took (${title})`, async () => {
    const [writer, reader] = [await make(), await make()];
    for (const type of [alert, handshake, applicationData]) {
      for (const length of [0, 1, 2, 11, 12, 15, 16, 17, 255, 16383, 16384]) {
        const fragment = bytesOf(length, type);
        const sealed = await seal(writer, type, fragment);
        assertGreaterOrEqual(length + writer.overhead, sealed.length);
        assertGreaterOrEqual(sealed.length, length + writer.overhead - 15);
        assertEquals(await reader.open(recordOf(sealed, type)), { type, fragment });
      }
    }
    assertEquals([writer.sequence, reader.sequence], [33, 33]);
  });

  Deno.test(`Tls12CbcSpec takes sequence number and bytes at the call (${title})`, async () => {
    await assertTakesAllAtTheCall(make);
  });

  Deno.test(`Tls12CbcSpec.seal() does what node:crypto does (${title})`, async () => {
    for (const sequence of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 7]) {
      const unlimited = { ...suite, maxRecords: 2 ** 48 };
      const spec = await specOf(unlimited, encryptThenMac, sequence);
      const random = countingRandom();
      for (const length of [0, 10, 11, 12, 13, 16384]) {
        const content = bytesOf(length, 3);
        const expected = sealWithNode({
          suite,
          keys: keyBytes(suite),
          sequence: spec.sequence,
          type: handshake,
          content,
          shown: random(16),
          encryptThenMac,
        });
        assertEquals(encodeHex(await seal(spec, handshake, content)), encodeHex(expected));
      }
    }
  });

  Deno.test(`Tls12CbcSpec.open() takes every length of padding (${title})`, async () => {
    for (const content of [bytesOf(0), bytesOf(5), bytesOf(100)]) {
      for (const padding of paddingsFor(content.length + (encryptThenMac ? 0 : suite.macLength))) {
        const record = nodeRecord(suite, { content, padding, encryptThenMac });
        assertEquals((await (await make()).open(record)).fragment, content, `${padding.length}`);
      }
    }
  });

  Deno.test(`Tls12CbcSpec.open() refuses what is not its next record, and does not say why (${title})`, async () => {
    const good = nodeRecord(suite, { encryptThenMac });
    assertEquals((await (await make()).open(good)).fragment, bytesOf(100));
    const bad: [string, SealedRecord][] = [
      ["the next but one", nodeRecord(suite, { encryptThenMac, sequence: 1 })],
      ["another type in the header", recordOf(good.fragment, handshake)],
      ["another version in the header", recordOf(good.fragment, applicationData, 0x0302)],
      ["a byte more", recordOf(joined(good.fragment, Uint8Array.of(0)))],
      ["a block more", recordOf(joined(good.fragment, new Uint8Array(16)))],
      ["nothing", recordOf(new Uint8Array(0))],
      ["an IV alone", recordOf(new Uint8Array(16))],
      ["no room for a MAC", recordOf(new Uint8Array(32))],
    ];
    const first = 15 - (100 + (encryptThenMac ? 0 : suite.macLength)) % 16;
    for (const value of [first, first + 16]) {
      for (let place = 0; place <= value; place++) {
        const padding = paddingOf(value);
        padding[place]! ^= 0x10;
        const name = `byte ${place} of a padding of ${value}`;
        bad.push([name, nodeRecord(suite, { encryptThenMac, padding })]);
      }
    }
    const long = new Uint8Array(first + 1).fill(255);
    bad.push([
      "a padding longer than the record",
      nodeRecord(suite, { encryptThenMac, padding: long }),
    ]);
    for (let place = 0; place < suite.macLength; place++) {
      const changeMac = (mac: Bytes) => void (mac[place]! ^= 1);
      bad.push([`byte ${place} of the MAC`, nodeRecord(suite, { encryptThenMac, changeMac })]);
    }
    for (let place = 0; place < good.fragment.length; place++) {
      const changed = good.fragment.slice();
      changed[place]! ^= 0x80;
      bad.push([`byte ${place} of the record`, recordOf(changed)]);
    }
    for (let length = 0; length < good.fragment.length; length++) {
      bad.push([`cut after ${length} bytes`, recordOf(good.fragment.slice(0, length))]);
    }
    const messages = new Set<string>();
    for (const [what, record] of bad) {
      const spec = await make();
      const attempt = () => spec.open(record);
      const error = await assertFails(attempt, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac", what);
      assertEquals(error.cause, undefined);
      messages.add(error.message);
      assertEquals(spec.sequence, 1);
      const restarted = spec.restart();
      assertEquals((await restarted.open(good)).fragment, bytesOf(100));
      assertEquals(restarted.sequence, 1);
    }
    assertEquals(messages.size, 1);
  });

  Deno.test(`Tls12CbcSpec.open() takes 2^14 bytes of content and no more (${title})`, async () => {
    for (const length of [2 ** 14, 2 ** 14 + 1]) {
      const content = bytesOf(length);
      const opening = (await make()).open(nodeRecord(suite, { encryptThenMac, content }));
      if (length === 2 ** 14) assertEquals((await opening).fragment, content);
      else await assertFails(() => opening, "SSL_ERROR_RX_RECORD_TOO_LONG", "record_overflow");
    }
  });

  Deno.test(`Tls12CbcSpec.recordsLeft ends with the suite's maxRecords (${title})`, async () => {
    const spec = await make(suite.maxRecords - 1);
    assertEquals(spec.recordsLeft, 1);
    const sealed = await seal(spec, alert, bytesOf(2));
    const reader = await make(suite.maxRecords - 1);
    await reader.open(recordOf(sealed, alert));
    for (
      const attempt of [() => seal(spec, alert, bytesOf(2)), () => reader.open(recordOf(sealed))]
    ) {
      await assertFails(attempt, "SSL_ERROR_TOO_MANY_RECORDS", "internal_error");
    }
    assertEquals([spec.recordsLeft, reader.recordsLeft], [0, 0]);
  });
}

Deno.test("Tls12CbcSpec.open() refuses a bad padding of one byte before which all is as it should be", async () => {
  for (const suite of SUITES) {
    for (const encryptThenMac of [false, true]) {
      const content = bytesOf(127 - (encryptThenMac ? 0 : suite.macLength), 3);
      for (let value = 0; value < 256; value++) {
        const record = nodeRecord(suite, {
          content,
          padding: Uint8Array.of(value),
          encryptThenMac,
        });
        const opening = (await specOf(suite, encryptThenMac)).open(record);
        if (value === 0) assertEquals((await opening).fragment, content);
        else {await assertFails(
            () => opening,
            "SSL_ERROR_BAD_MAC_READ",
            "bad_record_mac",
            `${value}`,
          );}
      }
    }
  }
});

Deno.test("Tls12CbcSpec.open() refuses parts of blocks, also under the right MAC", async () => {
  const whole = nodeRecord(SHA1, { encryptThenMac: true }).fragment;
  for (const length of [0, 15, 16, 17, 31, 33, 47, 63]) {
    const encrypted = whole.slice(0, length);
    const mac = createHmac("sha1", keyBytes(SHA1).mac)
      .update(additionalDataOf(0, applicationData, length)).update(encrypted).digest();
    const spec = await specOf(SHA1, true);
    const attempt = () => spec.open(recordOf(joined(encrypted, mac)));
    await assertFails(attempt, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac", `${length}`);
  }
});

Deno.test("Tls12CbcSpec.open() takes records of 2^14+2048 bytes and no more", async () => {
  for (const encryptThenMac of [false, true]) {
    for (
      const [length, name, alert] of [
        [2 ** 14 + 2048, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac"],
        [2 ** 14 + 2049, "SSL_ERROR_RX_RECORD_TOO_LONG", "record_overflow"],
      ] as const
    ) {
      const spec = await specOf(SHA1, encryptThenMac);
      await assertFails(() => spec.open(recordOf(new Uint8Array(length))), name, alert);
    }
  }
});

Deno.test("Tls12CbcSpec.seal() takes 2^14 bytes and no more, and counts nothing else", async () => {
  for (const encryptThenMac of [false, true]) {
    const spec = await specOf(SHA1, encryptThenMac);
    await assertRejects(() => seal(spec, handshake, new Uint8Array(2 ** 14 + 1)), RangeError);
    assertEquals(spec.sequence, 0);
    assertGreaterOrEqual((await seal(spec, handshake, new Uint8Array(2 ** 14))).length, 2 ** 14);
    assertEquals(spec.sequence, 1);
  }
});

Deno.test("Tls12CbcSpec.seal() asks for a random IV for each record, and shows it", async () => {
  for (const encryptThenMac of [false, true]) {
    const spec = await specOf(SHA1, encryptThenMac);
    const expected = countingRandom();
    const records = [await seal(spec, alert, bytesOf(2)), await seal(spec, alert, bytesOf(2))];
    for (const sealed of records) assertEquals(sealed.slice(0, 16), expected(16));
    assertNotEquals(records[0]!.slice(16), records[1]!.slice(16));
  }
});

Deno.test("Tls12CbcSpec shows the content type", async () => {
  const spec = await specOf(SHA1, false);
  assert(spec.encrypts);
  assertFalse(spec.hidesType);
  for (const type of [alert, handshake, applicationData]) assertEquals(spec.wireType(type), type);
});

Deno.test("Tls12CbcSpec.open() decrypts nothing whose outer MAC is wrong", async () => {
  for (const place of [0, 16, 40, -1]) {
    const { fragment } = nodeRecord(SHA1, { encryptThenMac: true });
    fragment[place < 0 ? fragment.length + place : place]! ^= 1;
    const spec = await specOf(SHA1, true);
    const counts = await countSubtleCalls(() =>
      assertRejects(() => spec.open(recordOf(fragment)), SslError)
    );
    assertEquals(counts, { all: 1, verify: 1 });
  }
});

/** What an HMAC costs: how many blocks its hash function takes for the message and its end. */
function hashBlocks(length: number, suite: Tls12CipherSuite): number {
  const [block, end] = suite.mac === "SHA-384" ? [128, 17] : [64, 9];
  return Math.ceil((length + end) / block);
}

/** Counts the blocks that HMACs take meanwhile, of the data that `sign` and `verify` are given. */
async function countHashBlocks(
  suite: Tls12CipherSuite,
  run: () => Promise<unknown>,
): Promise<number> {
  const { subtle } = crypto;
  const methods: readonly string[] = ["sign", "verify"];
  let blocks = 0;
  for (const method of methods) {
    const original: (...args: unknown[]) => Promise<unknown> = Reflect.get(subtle, method);
    Object.defineProperty(subtle, method, {
      configurable: true,
      value: (...args: unknown[]) => {
        const data = args.at(-1);
        if (!(data instanceof Uint8Array)) throw new TypeError("Not the data");
        blocks += hashBlocks(data.length, suite);
        return original.apply(subtle, args);
      },
    });
  }
  try {
    await run();
  } finally {
    for (const method of methods) Reflect.deleteProperty(subtle, method);
  }
  return blocks;
}

for (const suite of SUITES) {
  Deno.test(`Tls12CbcSpec.open() costs the same for all records of one length (${suite.name})`, async () => {
    // 20 blocks between the IV and the end, filled with contents and paddings of all lengths, good
    // and bad.
    const total = 20 * 16;
    const records: [string, SealedRecord][] = [];
    for (let value = 0; value < 256; value++) {
      const content = bytesOf(total - suite.macLength - value - 1);
      const padding = paddingOf(value);
      records.push([`good ${value}`, nodeRecord(suite, { content, padding })]);
      const changeMac = (mac: Bytes) => void (mac[0]! ^= 1);
      records.push([`bad MAC ${value}`, nodeRecord(suite, { content, padding, changeMac })]);
      if (value === 0) continue;
      const bad = padding.slice();
      bad[0]! ^= 1;
      records.push([`bad padding ${value}`, nodeRecord(suite, { content, padding: bad })]);
    }
    const costs = new Set<string>();
    for (const [what, record] of records) {
      assertEquals(record.fragment.length, 16 + total);
      const spec = await specOf(suite, false);
      let opened = false;
      let blocks = 0;
      const calls = await countSubtleCalls(async () => {
        blocks = await countHashBlocks(
          suite,
          () => spec.open(record).then(() => opened = true, () => {}),
        );
      });
      assertEquals(opened, what.startsWith("good"), what);
      costs.add(JSON.stringify({ ...calls, blocks }));
    }
    assertEquals(costs.size, 1, [...costs].join());
  });
}
