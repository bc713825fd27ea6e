// Copyright 2026 the NSS for Deno authors. MIT license.

import { createCipheriv } from "node:crypto";
import {
  assert,
  assertEquals,
  assertFalse,
  assertNotEquals,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { encodeHex } from "@std/encoding";
import { SslError } from "../../../ssl/base/errors.ts";
import { EarlySecret } from "../../../ssl/crypto/key_schedule.ts";
import {
  CipherSpec,
  type OpenedFragment,
  PlaintextSpec,
  type RecordProtection,
} from "../../../ssl/record/cipher_spec.ts";
import type { SealedRecord } from "../../../ssl/record/deframer.ts";
import { parseRecordHeader, writeRecordHeader } from "../../../ssl/record/header.ts";
import { CIPHER_SUITES, type CipherSuite } from "../../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../../ssl/tables/content_types.ts";
import { seal } from "./tls12_records.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const { alert, applicationData, handshake } = ContentType;
const NODE_CIPHERS: Readonly<Record<string, "aes-128-gcm" | "aes-256-gcm">> = {
  TLS_AES_128_GCM_SHA256: "aes-128-gcm",
  TLS_AES_256_GCM_SHA384: "aes-256-gcm",
};
const AES_128 = CIPHER_SUITES.find(({ name }) => name === "TLS_AES_128_GCM_SHA256")!;

const IV = Uint8Array.of(0xf0, 1, 2, 3, 0xf4, 5, 6, 7, 0xf8, 9, 10, 11);

function keyBytes(suite: CipherSuite): Bytes {
  return Uint8Array.from({ length: suite.keyLength }, (_, i) => 3 * i + 1);
}

function importKey(suite: CipherSuite): Promise<CryptoKey> {
  const format = suite.aead === "AES-GCM" ? "raw" : "raw-secret";
  return crypto.subtle.importKey(format, keyBytes(suite), suite.aead, false, [
    "encrypt",
    "decrypt",
  ]);
}

async function specOf(suite: CipherSuite, sequence = 0): Promise<CipherSpec> {
  return new CipherSpec(suite, await importKey(suite), IV, sequence);
}

function fragmentOf(length: number, seed = 0): Bytes {
  return Uint8Array.from({ length }, (_, i) => i * 31 + seed);
}

/** What the deframer makes of a sealed fragment. */
function recordOf(fragment: Bytes, type: number = applicationData): SealedRecord {
  const header = new Uint8Array(5);
  writeRecordHeader(header, 0, type, 0x0303, fragment.length);
  return { ...parseRecordHeader(header), header, fragment, copied: false };
}

/**
 * Seals any TLSInnerPlaintext, even one that CipherSpec would not make, as the record of a sequence
 * number.
 */
async function sealInner(suite: CipherSuite, inner: Bytes, sequence = 0): Promise<SealedRecord> {
  const iv = IV.slice();
  for (let i = 0, rest = sequence; i < 8; i++, rest = Math.floor(rest / 256)) {
    iv[11 - i]! ^= rest % 256;
  }
  const { header } = recordOf(new Uint8Array(inner.length + 16));
  const params = { name: suite.aead, iv, additionalData: header };
  const sealed = await crypto.subtle.encrypt(params, await importKey(suite), inner);
  return recordOf(new Uint8Array(sealed));
}

async function assertFails(
  attempt: () => Promise<unknown>,
  name: SslError["name"],
  alert: SslError["alert"],
): Promise<void> {
  const error = await assertRejects(attempt, SslError);
  assertEquals([error.name, error.alert], [name, alert]);
}

for (const suite of CIPHER_SUITES) {
  Deno.test(`CipherSpec.open() gives back what CipherSpec.seal() took (${suite.name})`, async () => {
    const [writer, reader] = [await specOf(suite), await specOf(suite)];
    for (const type of [alert, handshake, applicationData]) {
      for (const length of [0, 1, 2, 255, 16383, 16384]) {
        const fragment = fragmentOf(length, type);
        const sealed = await seal(writer, type, fragment);
        assertEquals(sealed.length, length + writer.overhead);
        assertEquals(await reader.open(recordOf(sealed)), { type, fragment });
      }
    }
    assertEquals([writer.sequence, reader.sequence], [18, 18]);
  });

  Deno.test(`CipherSpec.create() keys both ends alike (${suite.name})`, async () => {
    const secret = () =>
      EarlySecret.withoutPsk(suite.hash).enterHandshake(new Uint8Array(32).fill(8))
        .serverHandshakeTrafficSecret(new Uint8Array(suite.hashLength));
    const writer = await CipherSpec.create(suite, await secret());
    const reader = await CipherSpec.create(suite, await secret());
    const other = await CipherSpec.create(suite, await (await secret()).next());
    const record = recordOf(await seal(writer, handshake, fragmentOf(10)));
    assertEquals(await reader.open(record), { type: handshake, fragment: fragmentOf(10) });
    await assertFails(() => other.open(record), "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
  });

  Deno.test(`CipherSpec takes sequence numbers beyond 32 bits (${suite.name})`, async () => {
    for (const sequence of [0, 1, 255, 256, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 7]) {
      const unlimited = { ...suite, maxRecords: 2 ** 48 };
      const spec = await specOf(unlimited, sequence);
      const inner = Uint8Array.of(1, 2, 3, handshake);
      const { fragment } = await sealInner(suite, inner, sequence);
      assertEquals(encodeHex(await seal(spec, handshake, inner.slice(0, 3))), encodeHex(fragment));
      assertEquals(spec.sequence, sequence + 1);
    }
  });

  Deno.test(`CipherSpec takes sequence number and bytes at the call (${suite.name})`, async () => {
    // One after the other, each in a buffer of its own.
    const serial = await specOf(suite);
    const expected: string[] = [];
    for (let i = 0; i < 24; i++) {
      expected.push(
        encodeHex(await seal(serial, i % 2 ? handshake : alert, fragmentOf(700 * i, i))),
      );
    }
    // All at once, from one buffer, and between them the records of another connection.
    const [spec, stranger] = await Promise.all([specOf(suite), specOf(CIPHER_SUITES[0]!, 9)]);
    const buffer = new Uint8Array(16384);
    const sealing: Promise<Bytes>[] = [];
    for (let i = 0; i < 24; i++) {
      const fragment = buffer.subarray(0, 700 * i);
      fragment.set(fragmentOf(700 * i, i));
      sealing.push(seal(spec, i % 2 ? handshake : alert, fragment));
      fragment.fill(0xee);
      stranger.seal(applicationData, fragmentOf(i)).catch(() => {});
      assertEquals(spec.sequence, i + 1);
    }
    const sealed = await Promise.all(sealing);
    assertEquals(sealed.map((record) => encodeHex(record)), expected);

    const reader = await specOf(suite);
    const opening: Promise<OpenedFragment>[] = [];
    for (const [i, bytes] of sealed.entries()) {
      const record = recordOf(bytes);
      opening.push(reader.open(record));
      record.fragment.fill(0);
      record.header.fill(0);
      stranger.seal(applicationData, fragmentOf(i)).catch(() => {});
      assertEquals(reader.sequence, i + 1);
    }
    for (const [i, { type, fragment }] of (await Promise.all(opening)).entries()) {
      assertEquals(type, i % 2 ? handshake : alert);
      assertEquals(fragment, fragmentOf(700 * i, i));
    }
  });

  Deno.test(`CipherSpec.recordsLeft ends with the suite's maxRecords (${suite.name})`, async () => {
    const spec = await specOf(suite, suite.maxRecords - 1);
    assertEquals(spec.recordsLeft, 1);
    const sealed = await seal(spec, alert, fragmentOf(2));
    assertEquals([spec.recordsLeft, spec.sequence], [0, suite.maxRecords]);
    await assertFails(
      () => seal(spec, alert, fragmentOf(2)),
      "SSL_ERROR_TOO_MANY_RECORDS",
      new SslError("SSL_ERROR_TOO_MANY_RECORDS").alert,
    );
    assertEquals([spec.recordsLeft, spec.sequence], [0, suite.maxRecords]);

    const reader = await specOf(suite, suite.maxRecords - 1);
    assertEquals((await reader.open(recordOf(sealed))).type, alert);
    assertEquals(reader.recordsLeft, 0);
    assertEquals((await specOf(suite)).recordsLeft, suite.maxRecords);
  });

  Deno.test(`CipherSpec.open() takes records beyond the suite's maxRecords, up to the last sequence number (${suite.name})`, async () => {
    // RFC 9846, Section 5.5: receiving implementations SHOULD NOT enforce the limits.
    const unlimited = { ...suite, maxRecords: Infinity };
    const last = Number.MAX_SAFE_INTEGER - 1;
    for (const sequence of [suite.maxRecords, suite.maxRecords + 1, last]) {
      const sealed = await seal(await specOf(unlimited, sequence), alert, fragmentOf(2));
      const reader = await specOf(suite, sequence);
      assertEquals((await reader.open(recordOf(sealed))).type, alert);
      if (sequence !== last) continue;
      await assertFails(
        () => reader.open(recordOf(sealed)),
        "SSL_ERROR_TOO_MANY_RECORDS",
        new SslError("SSL_ERROR_TOO_MANY_RECORDS").alert,
      );
    }
  });

  Deno.test(`CipherSpec.open() refuses what is not its next record (${suite.name})`, async () => {
    const writer = await specOf(suite);
    const sealed = await seal(writer, applicationData, fragmentOf(20));
    const second = await seal(writer, applicationData, fragmentOf(20));
    const good = recordOf(sealed);
    const bad: [string, SealedRecord][] = [
      ["the next but one", recordOf(second)],
      ["another type in the header", recordOf(sealed, handshake)],
      ["another length in the header", { ...good, header: recordOf(new Uint8Array(3)).header }],
      ["a byte more", recordOf(Uint8Array.of(...sealed, 0))],
    ];
    for (const place of [0, 19, 20, 21, sealed.length - 1]) {
      const changed = sealed.slice();
      changed[place]! ^= 0x80;
      bad.push([`byte ${place} changed`, recordOf(changed)]);
    }
    for (let length = 0; length < sealed.length; length++) {
      bad.push([`cut after ${length} bytes`, recordOf(sealed.slice(0, length))]);
    }
    for (const [what, record] of bad) {
      const spec = await specOf(suite);
      const error = await assertRejects(() => spec.open(record), SslError, undefined, what);
      assertEquals([error.name, error.alert], ["SSL_ERROR_BAD_MAC_READ", "bad_record_mac"], what);
      // RFC 8446, Section 5.2: fatal; for early data, which is read past, restart() gives the
      // number back.
      assertEquals(spec.sequence, 1);
      const restarted = spec.restart();
      assertEquals(restarted.sequence, 0);
      assertEquals((await restarted.open(good)).fragment, fragmentOf(20));
    }
  });
}

for (const [name, cipher] of Object.entries(NODE_CIPHERS)) {
  Deno.test(`CipherSpec.seal() does what node:crypto does with ${cipher}`, async () => {
    const suite = CIPHER_SUITES.find((row) => row.name === name)!;
    const spec = await specOf(suite, 1);
    const iv = IV.slice();
    iv[11]! ^= 1;
    const node = createCipheriv(cipher, keyBytes(suite), iv);
    const content = fragmentOf(100);
    node.setAAD(recordOf(new Uint8Array(100 + 17)).header);
    const expected = [
      ...node.update(Uint8Array.of(...content, handshake)),
      ...node.final(),
      ...node.getAuthTag(),
    ];
    assertEquals(await seal(spec, handshake, content), Uint8Array.from(expected));
  });
}

Deno.test("CipherSpec.open() strips padding", async () => {
  for (const padding of [0, 1, 15, 16, 1000]) {
    const inner = Uint8Array.of(0, 5, 0, handshake, ...new Uint8Array(padding));
    const spec = await specOf(AES_128);
    const opened = await spec.open(await sealInner(AES_128, inner));
    assertEquals(opened, { type: handshake, fragment: Uint8Array.of(0, 5, 0) });
  }
  const bare = await sealInner(AES_128, Uint8Array.of(applicationData, 0, 0));
  assertEquals(await (await specOf(AES_128)).open(bare), {
    type: applicationData,
    fragment: new Uint8Array(0),
  });
});

Deno.test("CipherSpec.open() refuses a record that is all padding", async () => {
  for (const length of [0, 1, 2, 100, 16385]) {
    const record = await sealInner(AES_128, new Uint8Array(length));
    const spec = await specOf(AES_128);
    // RFC 8446, Section 5.4.
    await assertFails(
      () => spec.open(record),
      "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
      "unexpected_message",
    );
  }
});

Deno.test("CipherSpec.open() takes 2^14 bytes of content and padding, and no more", async () => {
  const contents = [
    (length: number) => Uint8Array.of(...fragmentOf(length), handshake),
    (length: number) => Uint8Array.of(1, handshake, ...new Uint8Array(length - 1)),
    (length: number) => new Uint8Array(length + 1),
  ];
  for (const [i, content] of contents.entries()) {
    const longest = await sealInner(AES_128, content(2 ** 14));
    const opening = (await specOf(AES_128)).open(longest);
    if (i < 2) assertEquals((await opening).type, handshake);
    else {
      // It is not too long, but has no type.
      await assertFails(
        () => opening,
        "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
        "unexpected_message",
      );
    }
    const tooLong = await sealInner(AES_128, content(2 ** 14 + 1));
    const spec = await specOf(AES_128);
    await assertFails(() => spec.open(tooLong), "SSL_ERROR_RX_RECORD_TOO_LONG", "record_overflow");
  }
});

Deno.test("CipherSpec.seal() takes 2^14 bytes and no more, and counts nothing else", async () => {
  const spec = await specOf(AES_128);
  await assertRejects(() => seal(spec, handshake, new Uint8Array(2 ** 14 + 1)), RangeError);
  assertEquals(spec.sequence, 0);
  assertEquals((await seal(spec, handshake, new Uint8Array(2 ** 14))).length, 2 ** 14 + 17);
  assertEquals(spec.sequence, 1);
});

Deno.test("CipherSpec.wireType() hides the content type", async () => {
  const spec: RecordProtection = await specOf(AES_128);
  assert(spec.encrypts);
  assert(spec.hidesType);
  for (const type of [alert, handshake, applicationData]) {
    assertEquals(spec.wireType(type), applicationData);
  }
});

Deno.test("CipherSpec.seal() makes another record of the same content each time", async () => {
  const spec = await specOf(AES_128);
  const one = await seal(spec, alert, fragmentOf(2));
  assertNotEquals(await seal(spec, alert, fragmentOf(2)), one);
});

Deno.test("PlaintextSpec passes records through and counts them", async () => {
  const spec: RecordProtection = new PlaintextSpec();
  assertFalse(spec.encrypts);
  assertFalse(spec.hidesType);
  assertEquals([spec.overhead, spec.sequence], [0, 0]);
  const fragment = fragmentOf(30);
  const sealing = seal(spec, handshake, fragment);
  fragment.fill(0); // the caller may reuse its buffer here as with any protection
  const sealed = await sealing;
  assertEquals(sealed, fragmentOf(30));
  assertNotStrictEquals(sealed, fragment);
  assertEquals(spec.wireType(handshake), handshake);
  const opened = await spec.open(recordOf(sealed, alert));
  assertEquals(opened.type, alert);
  assertStrictEquals(opened.fragment, sealed);
  assertEquals(spec.sequence, 2);
  assertEquals(spec.recordsLeft, Number.MAX_SAFE_INTEGER - 2);
  assertEquals(spec.restart().sequence, 0);
});
