// Copyright 2026 the NSS for Deno authors. MIT license.

import { createDecipheriv } from "node:crypto";
import { assertEquals, assertFalse, assertLessOrEqual, assertRejects } from "@std/assert";
import { encodeHex } from "@std/encoding";
import type { SealedRecord } from "../../../ssl/record/deframer.ts";
import { TLS12_CIPHER_SUITES, type Tls12CipherSuite } from "../../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../../ssl/tables/content_types.ts";
import {
  additionalDataOf,
  assertFails,
  assertTakesAllAtTheCall,
  type Bytes,
  bytesOf,
  joined,
  keyBytes,
  recordOf,
  seal,
  sealWithNode,
  tls12SpecOf,
} from "./tls12_records.ts";
import { countBytesCopiedDuring } from "../wire/count_copied.ts";

const { alert, applicationData, handshake } = ContentType;
const SUITES = TLS12_CIPHER_SUITES.filter(({ bulk, auth }) => bulk !== "AES-CBC" && auth === "rsa");
const SEQUENCES = [0, 1, 255, 256, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 7];

/** What a record of ChaCha20-Poly1305 holds, computed as RFC 7905 says, by node:crypto. */
function openChaCha(suite: Tls12CipherSuite, sealed: Bytes, sequence: number, type: number): Bytes {
  const { key, fixedIv } = keyBytes(suite);
  const counter = additionalDataOf(sequence, 0, 0).slice(0, 8);
  const nonce = joined(new Uint8Array(4), counter).map((byte, i) => byte ^ fixedIv[i]!);
  const length = sealed.length - 16;
  const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  decipher.setAAD(additionalDataOf(sequence, type, length), { plaintextLength: length });
  decipher.setAuthTag(sealed.subarray(length));
  return joined(decipher.update(sealed.subarray(0, length)), decipher.final());
}

for (const suite of SUITES) {
  const explicitLength = 12 - suite.fixedIvLength;

  Deno.test(`Tls12AeadSpec.open() gives back what Tls12AeadSpec.seal() took (${suite.name})`, async () => {
    const [writer, reader] = [await tls12SpecOf(suite), await tls12SpecOf(suite)];
    for (const type of [alert, handshake, applicationData]) {
      for (const length of [0, 1, 2, 255, 16383, 16384]) {
        const fragment = bytesOf(length, type);
        const sealed = await seal(writer, type, fragment);
        assertEquals(sealed.length, length + writer.overhead);
        assertEquals(await reader.open(recordOf(sealed, type)), { type, fragment });
      }
    }
    assertEquals([writer.sequence, reader.sequence], [18, 18]);
    assertEquals(writer.overhead, explicitLength + 16);
  });

  Deno.test(`Tls12AeadSpec takes sequence number and bytes at the call (${suite.name})`, async () => {
    await assertTakesAllAtTheCall(() => tls12SpecOf(suite));
  });

  Deno.test(`Tls12AeadSpec.seal() does what node:crypto does (${suite.name})`, async () => {
    for (const sequence of SEQUENCES) {
      const unlimited = { ...suite, maxRecords: 2 ** 48 };
      const spec = await tls12SpecOf(unlimited, sequence);
      const content = bytesOf(100, 5);
      const sealed = await seal(spec, handshake, content);
      assertEquals(spec.sequence, sequence + 1);
      if (suite.bulk === "AES-GCM") {
        const keys = keyBytes(suite);
        const expected = sealWithNode({ suite, keys, sequence, type: handshake, content });
        assertEquals(encodeHex(sealed), encodeHex(expected));
      } else {
        assertEquals(openChaCha(suite, sealed, sequence, handshake), content);
      }
      const reader = await tls12SpecOf(unlimited, sequence);
      assertEquals((await reader.open(recordOf(sealed, handshake))).fragment, content);
    }
  });

  Deno.test(`Tls12AeadSpec copies nothing of a record but its nonce (${suite.name})`, async () => {
    const [writer, reader] = [await tls12SpecOf(suite), await tls12SpecOf(suite)];
    const content = bytesOf(16384);
    let record: SealedRecord | undefined;
    const sealing = await countBytesCopiedDuring(async () => {
      const { prefix, body } = await writer.seal(applicationData, content);
      record = recordOf(joined(prefix, body));
    });
    const opening = await countBytesCopiedDuring(() => reader.open(record!));
    for (const copied of [sealing, opening]) assertLessOrEqual(copied, 32);
  });

  Deno.test(`Tls12AeadSpec.open() refuses what is not its next record (${suite.name})`, async () => {
    const writer = await tls12SpecOf(suite);
    const sealed = await seal(writer, applicationData, bytesOf(20));
    const second = await seal(writer, applicationData, bytesOf(20));
    const good = recordOf(sealed);
    const bad: [string, SealedRecord][] = [
      ["the next but one", recordOf(second)],
      ["another type in the header", recordOf(sealed, handshake)],
      ["another version in the header", recordOf(sealed, applicationData, 0x0301)],
      ["a byte more", recordOf(joined(sealed, Uint8Array.of(0)))],
    ];
    for (let place = 0; place < sealed.length; place++) {
      const changed = sealed.slice();
      changed[place]! ^= 0x80;
      bad.push([`byte ${place} changed`, recordOf(changed)]);
    }
    for (let length = 0; length < sealed.length; length++) {
      bad.push([`cut after ${length} bytes`, recordOf(sealed.slice(0, length))]);
    }
    for (const [what, record] of bad) {
      const spec = await tls12SpecOf(suite);
      await assertFails(() => spec.open(record), "SSL_ERROR_BAD_MAC_READ", "bad_record_mac", what);
      assertEquals(spec.sequence, 1);
      const restarted = spec.restart();
      assertEquals(restarted.sequence, 0);
      assertEquals((await restarted.open(good)).fragment, bytesOf(20));
    }
  });

  Deno.test(`Tls12AeadSpec.recordsLeft ends with the suite's maxRecords (${suite.name})`, async () => {
    const spec = await tls12SpecOf(suite, suite.maxRecords - 1);
    assertEquals(spec.recordsLeft, 1);
    const sealed = await seal(spec, alert, bytesOf(2));
    assertEquals([spec.recordsLeft, spec.sequence], [0, suite.maxRecords]);
    const reader = await tls12SpecOf(suite, suite.maxRecords - 1);
    await reader.open(recordOf(sealed, alert));
    for (
      const attempt of [() => seal(spec, alert, bytesOf(2)), () => reader.open(recordOf(sealed))]
    ) {
      await assertFails(attempt, "SSL_ERROR_TOO_MANY_RECORDS", "internal_error");
    }
    assertEquals([spec.recordsLeft, reader.recordsLeft], [0, 0]);
  });

  Deno.test(`Tls12AeadSpec.seal() takes 2^14 bytes and no more, and counts nothing else (${suite.name})`, async () => {
    const spec = await tls12SpecOf(suite);
    await assertRejects(() => seal(spec, handshake, new Uint8Array(2 ** 14 + 1)), RangeError);
    assertEquals(spec.sequence, 0);
    await seal(spec, handshake, new Uint8Array(2 ** 14));
    assertEquals(spec.sequence, 1);
  });

  Deno.test(`Tls12AeadSpec.open() takes records of 2^14+2048 bytes and no more (${suite.name})`, async () => {
    for (
      const [length, name, alert] of [
        [2 ** 14 + 2048, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac"],
        [2 ** 14 + 2049, "SSL_ERROR_RX_RECORD_TOO_LONG", "record_overflow"],
      ] as const
    ) {
      const spec = await tls12SpecOf(suite);
      await assertFails(() => spec.open(recordOf(new Uint8Array(length))), name, alert);
    }
  });
}

for (const suite of SUITES.filter(({ bulk }) => bulk === "AES-GCM")) {
  Deno.test(`Tls12AeadSpec.open() takes whatever nonce the record shows (${suite.name})`, async () => {
    const spec = await tls12SpecOf(suite);
    for (let sequence = 0; sequence < 4; sequence++) {
      const content = bytesOf(10 * sequence, sequence);
      const shown = bytesOf(8, 77 * sequence);
      const sealed = sealWithNode({
        suite,
        keys: keyBytes(suite),
        sequence,
        type: handshake,
        content,
        shown,
      });
      assertEquals((await spec.open(recordOf(sealed, handshake))).fragment, content);
    }
  });

  Deno.test(`Tls12AeadSpec.open() takes 2^14 bytes of content and no more (${suite.name})`, async () => {
    for (const length of [2 ** 14, 2 ** 14 + 1]) {
      const content = bytesOf(length);
      const keys = keyBytes(suite);
      const sealed = sealWithNode({ suite, keys, sequence: 0, type: handshake, content });
      const opening = (await tls12SpecOf(suite)).open(recordOf(sealed, handshake));
      if (length === 2 ** 14) assertEquals((await opening).fragment, content);
      else await assertFails(() => opening, "SSL_ERROR_RX_RECORD_TOO_LONG", "record_overflow");
    }
  });
}

Deno.test("Tls12AeadSpec shows the content type", async () => {
  const spec = await tls12SpecOf(SUITES[0]!);
  assertEquals(spec.encrypts, true);
  assertFalse(spec.hidesType);
  for (const type of [alert, handshake, applicationData]) assertEquals(spec.wireType(type), type);
});
