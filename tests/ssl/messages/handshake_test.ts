// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertLess, assertThrows } from "@std/assert";
import {
  encodeHandshake,
  HandshakeJoiner,
  type HandshakeMessage,
  MAX_HANDSHAKE_SIZE,
} from "../../../ssl/messages/handshake.ts";
import { countCopiedBytes } from "../wire/count_copied.ts";
import { Random } from "../wire/random.ts";
import { assertRefused } from "./refused.ts";

function* cut(bytes: Uint8Array<ArrayBuffer>, size: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function takeAll(joiner: HandshakeJoiner): HandshakeMessage[] {
  const messages: HandshakeMessage[] = [];
  for (let message; (message = joiner.next()) !== null;) messages.push(message);
  return messages;
}

Deno.test("encodeHandshake() puts type and length before the body", () => {
  assertEquals(encodeHandshake(20, Uint8Array.of(7, 8)), Uint8Array.of(20, 0, 0, 2, 7, 8));
  assertEquals(encodeHandshake(5, new Uint8Array()), Uint8Array.of(5, 0, 0, 0));
  assertThrows(() => encodeHandshake(11, new Uint8Array(2 ** 24)), RangeError);
});

Deno.test("HandshakeJoiner joins fragments of any size to the same messages", () => {
  const random = new Random(1);
  const bodies = [0, 1, 3, 0, 4, 5, 300, 0].map((length) => random.bytes(length));
  const sent = bodies.map((body, type) => encodeHandshake(type, body));
  const stream = concat(sent);
  for (let size = 1; size <= stream.length; size++) {
    const joiner = new HandshakeJoiner();
    const messages: HandshakeMessage[] = [];
    for (const fragment of cut(stream, size)) {
      joiner.push(fragment);
      messages.push(...takeAll(joiner));
    }
    assertEquals(messages, bodies.map((body, type) => ({ type, body, raw: sent[type]! })));
    assertFalse(joiner.pending);
  }
});

Deno.test("HandshakeJoiner joins what is pushed before anything is taken", () => {
  const random = new Random(2);
  for (let round = 0; round < 50; round++) {
    const sent = random.list(1, 12, () => encodeHandshake(1, random.bytes(random.below(60))));
    const joiner = new HandshakeJoiner();
    const taken: HandshakeMessage[] = [];
    for (const fragment of cut(concat(sent), random.integer(1, 90))) {
      joiner.push(fragment);
      if (random.below(3) === 0) taken.push(...[joiner.next()].filter((m) => m !== null));
    }
    taken.push(...takeAll(joiner));
    assertEquals(taken.map(({ raw }) => raw), sent);
  }
});

Deno.test("HandshakeJoiner.pending tells a part of a message from none", () => {
  const joiner = new HandshakeJoiner();
  assertFalse(joiner.pending);
  const message = encodeHandshake(1, Uint8Array.of(1, 2));
  for (const byte of message.subarray(0, -1)) {
    joiner.push(Uint8Array.of(byte));
    assertEquals(joiner.next(), null);
    assert(joiner.pending);
  }
  joiner.push(message.subarray(-1));
  assert(joiner.next() !== null);
  assertFalse(joiner.pending);
  joiner.push(new Uint8Array());
  assertFalse(joiner.pending);
});

Deno.test("HandshakeJoiner gives messages that outlive the fragments", () => {
  const joiner = new HandshakeJoiner();
  const fragment = encodeHandshake(20, Uint8Array.of(1, 2, 3));
  joiner.push(fragment);
  fragment.fill(0);
  const message = joiner.next()!;
  joiner.push(encodeHandshake(21, Uint8Array.of(9, 9, 9)));
  assertEquals(message.raw, Uint8Array.of(20, 0, 0, 3, 1, 2, 3));
  assertEquals(message.body, Uint8Array.of(1, 2, 3));
});

Deno.test("HandshakeJoiner takes MAX_HANDSHAKE_SIZE and refuses one more by the header alone", () => {
  const joiner = new HandshakeJoiner();
  joiner.push(encodeHandshake(11, new Uint8Array(MAX_HANDSHAKE_SIZE)));
  assertEquals(joiner.next()?.body.length, MAX_HANDSHAKE_SIZE);
  for (const length of [MAX_HANDSHAKE_SIZE + 1, 2 ** 24 - 1]) {
    const refusing = new HandshakeJoiner();
    const header = Uint8Array.of(11, length >> 16, length >> 8 & 0xff, length & 0xff);
    refusing.push(header.subarray(0, 3));
    assertEquals(refusing.next(), null);
    refusing.push(header.subarray(3));
    for (let again = 0; again < 2; again++) {
      assertRefused(
        () => refusing.next(),
        "SSL_ERROR_RX_MALFORMED_HANDSHAKE",
        "decode_error",
        `Cannot read certificate: it is ${length} bytes long, more than ${MAX_HANDSHAKE_SIZE}`,
      );
    }
  }
});

Deno.test("HandshakeJoiner copies each byte a bounded number of times, whatever the fragments", () => {
  const message = encodeHandshake(11, new Uint8Array(MAX_HANDSHAKE_SIZE));
  for (const size of [1, 7, 1000, message.length]) {
    const copied = countCopiedBytes(() => {
      const joiner = new HandshakeJoiner();
      for (const fragment of cut(message, size)) {
        joiner.push(fragment);
        joiner.next();
      }
      assertFalse(joiner.pending);
    });
    assertLess(copied, 5 * message.length);
  }
});
