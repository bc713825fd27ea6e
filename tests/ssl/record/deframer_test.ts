// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertFalse,
  assertLessOrEqual,
  assertStrictEquals,
} from "@std/assert";
import { Deframer, type SealedRecord } from "../../../ssl/record/deframer.ts";
import {
  MAX_CIPHERTEXT_LENGTH,
  MAX_PLAINTEXT_LENGTH,
  writeRecordHeader,
} from "../../../ssl/record/header.ts";
import { assertRefused } from "../messages/refused.ts";
import { countCopiedBytes } from "../wire/count_copied.ts";
import { Random } from "../wire/random.ts";

function record(type: number, fragment: Uint8Array, version = 0x0303): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(5 + fragment.length);
  writeRecordHeader(bytes, 0, type, version, fragment.length);
  bytes.set(fragment, 5);
  return bytes;
}

function header(type: number, version: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(5);
  writeRecordHeader(bytes, 0, type, version, length);
  return bytes;
}

const ascii = (text: string) => new TextEncoder().encode(text);

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function takeAll(deframer: Deframer): SealedRecord[] {
  const records: SealedRecord[] = [];
  for (let next; (next = deframer.next()) !== null;) records.push(next);
  return records;
}

/** What a record was cut from, as a copy. */
function bytesOf({ header, fragment }: SealedRecord): Uint8Array<ArrayBuffer> {
  return concat([header, fragment]);
}

const STREAM = (() => {
  const random = new Random(1);
  const types = [22, 20, 23, 23, 21, 22, 23];
  return [40, 1, 0, 117, 2, 5, 64].map((length, i) => record(types[i]!, random.bytes(length)));
})();

Deno.test("Deframer gives the same records for chunks of every size", () => {
  const stream = concat(STREAM);
  for (let size = 1; size <= stream.length; size++) {
    const deframer = new Deframer();
    // One buffer for all chunks, as a socket may have it.
    const chunk = new Uint8Array(size);
    const records: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) {
      const read = stream.subarray(at, at + size);
      chunk.set(read);
      deframer.push(chunk.subarray(0, read.length));
      for (const next of takeAll(deframer)) {
        assertEquals([next.type, next.version], [next.header[0], 0x0303]);
        records.push(bytesOf(next));
      }
      deframer.finishChunk();
      chunk.fill(0xaa);
    }
    assertEquals(records, STREAM, `chunks of ${size}`);
    assertFalse(deframer.pending);
  }
});

Deno.test("Deframer gives the same records for chunks of random sizes", () => {
  const stream = concat(STREAM);
  const random = new Random(2);
  for (let round = 0; round < 300; round++) {
    const deframer = new Deframer();
    const records: Uint8Array[] = [];
    for (let at = 0; at < stream.length;) {
      const chunk = stream.slice(at, at + random.integer(0, 90));
      at += chunk.length;
      deframer.push(chunk);
      // Sometimes not all is taken, and sometimes the chunk is not finished.
      const take = random.pick([0, 1, 100]);
      for (let i = 0; i < take; i++) {
        const next = deframer.next();
        if (next === null) break;
        records.push(bytesOf(next));
      }
      if (random.below(2) === 0) {
        deframer.finishChunk();
        chunk.fill(0xaa);
      }
    }
    records.push(...takeAll(deframer).map(bytesOf));
    assertEquals(records, STREAM);
  }
});

Deno.test("Deframer hands out records within a chunk as subarrays of it", () => {
  const chunk = concat(STREAM);
  const deframer = new Deframer();
  deframer.push(chunk);
  const copied = countCopiedBytes(() => {
    let at = 0;
    for (const { header, fragment } of takeAll(deframer)) {
      assertStrictEquals(header.buffer, chunk.buffer);
      assertStrictEquals(fragment.buffer, chunk.buffer);
      assertEquals([header.byteOffset, fragment.byteOffset], [at, at + 5]);
      at += 5 + fragment.length;
    }
    deframer.finishChunk();
  });
  assertEquals(copied, 0);
});

Deno.test("Deframer copies only the record that its chunk does not finish, into a buffer of its length", () => {
  const first = record(23, new Uint8Array(1000));
  const second = record(23, new Random(1).bytes(600));
  const third = record(23, new Uint8Array(2000));
  const stream = concat([first, second, third]);
  const at = first.length + 100;
  const deframer = new Deframer();
  const copied = countCopiedBytes(() => {
    deframer.push(stream.subarray(0, at));
    assertEquals(takeAll(deframer).length, 1);
    deframer.finishChunk();
    deframer.push(stream.subarray(at));
    const joined = deframer.next()!;
    assertEquals(joined.fragment, second.subarray(5));
    assertEquals(joined.fragment.buffer.byteLength, second.length);
    const whole = deframer.next()!;
    assertStrictEquals(whole.fragment.buffer, stream.buffer);
    deframer.finishChunk();
  });
  assertEquals(copied, second.length);
  assertFalse(deframer.pending);
});

Deno.test("Deframer copies each byte once or little more where chunks have one byte", () => {
  const bytes = record(23, new Uint8Array(MAX_PLAINTEXT_LENGTH));
  const deframer = new Deframer();
  let records = 0;
  const copied = countCopiedBytes(() => {
    for (let at = 0; at < bytes.length; at++) {
      deframer.push(bytes.subarray(at, at + 1));
      records += takeAll(deframer).length;
      deframer.finishChunk();
    }
  });
  assertEquals(records, 1);
  assertLessOrEqual(copied, bytes.length + 5);
});

Deno.test("Deframer.pending tells a part of a record from none", () => {
  const deframer = new Deframer();
  assertFalse(deframer.pending);
  const bytes = record(22, new Uint8Array(3));
  for (let length = 1; length < bytes.length; length++) {
    deframer.push(bytes.subarray(length - 1, length));
    assertEquals(deframer.next(), null);
    assert(deframer.pending);
    deframer.finishChunk();
    assert(deframer.pending);
  }
  deframer.push(bytes.subarray(-1));
  assert(deframer.next() !== null);
  assertFalse(deframer.pending);
});

Deno.test("Deframer takes fragments up to its limit and refuses one byte more by the header alone", () => {
  for (const limit of [MAX_PLAINTEXT_LENGTH, MAX_CIPHERTEXT_LENGTH, 100]) {
    const deframer = new Deframer();
    assertEquals(deframer.limit, MAX_PLAINTEXT_LENGTH);
    deframer.limit = limit;
    deframer.push(record(23, new Uint8Array(limit)));
    assertEquals(deframer.next()?.fragment.length, limit);
    for (const chunkSize of [1, 5]) {
      const refusing = new Deframer();
      refusing.limit = limit;
      const bytes = header(23, 0x0303, limit + 1);
      for (let at = 0; at < 5; at += chunkSize) {
        if (at > 0) assertEquals(refusing.next(), null);
        refusing.finishChunk();
        refusing.push(bytes.subarray(at, at + chunkSize));
      }
      // The error stays.
      for (let again = 0; again < 3; again++) {
        assertRefused(
          () => refusing.next(),
          "SSL_ERROR_RX_RECORD_TOO_LONG",
          "record_overflow",
          `it is ${limit + 1} bytes long, more than ${limit}`,
        );
        refusing.finishChunk();
      }
    }
  }
});

Deno.test("Deframer holds a record to the limit of the moment when it is read", () => {
  const deframer = new Deframer();
  const bytes = header(23, 0x0303, MAX_PLAINTEXT_LENGTH + 1);
  deframer.push(record(22, new Uint8Array(1)));
  deframer.push(bytes);
  assert(deframer.next() !== null);
  // Keys change between the two records.
  deframer.limit = MAX_CIPHERTEXT_LENGTH;
  assertEquals(deframer.next(), null);
  deframer.finishChunk();
  deframer.limit = MAX_PLAINTEXT_LENGTH;
  assertRefused(() => deframer.next(), "SSL_ERROR_RX_RECORD_TOO_LONG", "record_overflow");
});

Deno.test("Deframer knows four content types, in the first record and later", () => {
  for (let type = 0; type < 256; type++) {
    for (const before of [[], [record(22, new Uint8Array(1))]]) {
      const deframer = new Deframer();
      deframer.push(concat([...before, header(type, 0x0303, 0)]));
      for (const _ of before) deframer.next();
      if (type >= 20 && type <= 23) {
        assertEquals(deframer.next()?.type, type);
      } else {
        assertRefused(
          () => deframer.next(),
          "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
          "unexpected_message",
          before.length > 0 ? `its type is ${type}` : "the peer does not speak TLS",
        );
      }
    }
  }
});

Deno.test("Deframer ignores the minor version and refuses other major ones", () => {
  for (const version of [0x0300, 0x0301, 0x0304, 0x03ff]) {
    const deframer = new Deframer();
    deframer.push(header(22, version, 0));
    assertEquals(deframer.next()?.version, version);
  }
  for (const version of [0x0002, 0x0200, 0x0400, 0xfeff]) {
    for (const before of [[], [record(22, new Uint8Array(1))]]) {
      const deframer = new Deframer();
      deframer.push(concat([...before, header(22, version, 0)]));
      for (const _ of before) deframer.next();
      assertRefused(() => deframer.next(), "SSL_ERROR_UNSUPPORTED_VERSION", "protocol_version");
    }
  }
});

Deno.test("Deframer says what the peer speaks instead of TLS", () => {
  const beginnings = [
    ["HTTP/1.1 400 Bad Request\r\n", "it begins with an HTTP response"],
    ["GET / HTTP/1.1\r\n", "it begins with an HTTP request"],
    ["PRI * HTTP/2.0\r\n", "it begins with an HTTP request"],
    ["SSH-2.0-OpenSSH_9.2\r\n", "it begins with an SSH greeting"],
    ["220 mail.example ESMTP\r\n", "it begins with an SMTP or FTP greeting"],
    ["* OK IMAP4rev1\r\n", "it begins with an IMAP greeting"],
    ["+OK POP3\r\n", "it begins with a POP3 greeting"],
    ["* BYE too many", "it begins with an IMAP greeting"],
    ["554 no service\r\n", "it begins with a reply of SMTP, FTP or NNTP"],
    ["EHLO client", "it begins with a command that comes before TLS"],
    ["STARTTLS\r\n", "it begins with a command that comes before TLS"],
    ["-ERR Protocol error\r\n", "it begins with an error of Redis or POP3"],
    ['INFO {"server_id"', "it begins with a NATS greeting"],
    ["<?xml version", "it begins with XML, as of XMPP"],
    ["<stream:stream", "it begins with XML, as of XMPP"],
    ["<!DOCTYPE html>", "it begins with HTML"],
    ["RTSP/1.0 400", "it begins with a SIP or RTSP response"],
    ["RFB 003.008\n", "it begins with a VNC greeting"],
    ["AMQP\0\0\x09\x01", "it begins with an AMQP header"],
    ["\x4a\0\0\0\x0a8.0.36", "it begins with a MySQL or MariaDB greeting"],
    ["0\x0c\x02\x01\0", "it begins with an LDAP message"],
    ["\0\0\x12\x04\0\0\0\0\0", "it begins with an HTTP/2 frame"],
    ["hello", 'it begins with the text "hello": is this the right port'],
    ["hi\r\n!", "it begins with the bytes 68690d0a21: is this the right port"],
  ] as const;
  for (const [text, hint] of beginnings) {
    const deframer = new Deframer();
    deframer.push(ascii(text));
    assertRefused(
      () => deframer.next(),
      "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
      "unexpected_message",
      `Cannot read record: the peer does not speak TLS, ${hint}`,
    );
  }
});

Deno.test("Deframer recognises an SSL 2.0 hello", () => {
  for (const version of [[0, 2], [3, 1], [3, 3]]) {
    const deframer = new Deframer();
    deframer.push(Uint8Array.of(0x80, 0x2e, 1, ...version, 0, 0x15));
    assertRefused(
      () => deframer.next(),
      "SSL_ERROR_UNSUPPORTED_VERSION",
      "protocol_version",
      "SSL 2.0 hello",
    );
  }
});

Deno.test("Deframer says which records it has copied: those that came in more than one chunk", () => {
  const first = record(23, ascii("first"));
  const second = record(23, ascii("second"));
  const whole = concat([first, second]);
  for (let cut = 0; cut <= whole.length; cut++) {
    const deframer = new Deframer();
    const copied: boolean[] = [];
    for (const chunk of [whole.slice(0, cut), whole.slice(cut)]) {
      deframer.push(chunk);
      for (const taken of takeAll(deframer)) {
        copied.push(taken.copied);
        assertEquals(taken.copied, taken.fragment.buffer !== chunk.buffer);
      }
      deframer.finishChunk();
    }
    const inFirst = cut > 0 && cut < first.length;
    assertEquals(copied, [inFirst, cut > first.length && cut < whole.length], `${cut}`);
  }
});
