// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import { preSharedKeyClientHello } from "../../../ssl/extensions/pre_shared_key.ts";
import {
  type ClientHello,
  encodeClientHello,
  parseClientHello,
  replaceBinders,
  truncateBinders,
} from "../../../ssl/messages/client_hello.ts";
import { encodeHandshake } from "../../../ssl/messages/handshake.ts";
import { Random } from "../wire/random.ts";
import { assertRefused } from "./refused.ts";
import { clientHello, extensionBlock } from "./samples.ts";

const zeros = (length: number) => new Uint8Array(length);

/** A hello with no extensions, cut by hand where the encoder would refuse. */
function rawHello(fields: { sessionId?: number; suites?: number; compression?: number }) {
  const { sessionId = 32, suites = 2, compression = 1 } = fields;
  return Uint8Array.from([
    3,
    3,
    ...zeros(32),
    sessionId,
    ...zeros(sessionId),
    suites >> 8,
    suites & 0xff,
    ...zeros(suites),
    compression,
    ...zeros(compression),
  ]);
}

function refuses(body: Uint8Array<ArrayBuffer>): void {
  assertRefused(
    () => parseClientHello(body),
    "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO",
    "decode_error",
  );
}

Deno.test("parseClientHello() takes session IDs of up to 32 bytes", () => {
  for (const sessionId of [0, 32]) {
    assertEquals(parseClientHello(rawHello({ sessionId })).legacySessionId.length, sessionId);
  }
  refuses(rawHello({ sessionId: 33 }));
});

Deno.test("parseClientHello() takes 2 to 2^16-2 bytes of whole cipher suites", () => {
  for (const suites of [2, 0xfffe]) {
    assertEquals(parseClientHello(rawHello({ suites })).cipherSuites.length, suites / 2);
  }
  for (const suites of [0, 1, 3, 0xffff]) refuses(rawHello({ suites }));
});

Deno.test("parseClientHello() takes 1 to 255 compression methods", () => {
  for (const compression of [1, 255]) {
    const hello = parseClientHello(rawHello({ compression }));
    assertEquals(hello.legacyCompressionMethods.length, compression);
  }
  refuses(rawHello({ compression: 0 }));
});

Deno.test("parseClientHello() tells an absent block of extensions from an empty one", () => {
  const hello = rawHello({});
  assertEquals(parseClientHello(hello).extensions, undefined);
  const empty = Uint8Array.from([...hello, 0, 0]);
  assertEquals(parseClientHello(empty).extensions?.types(), []);
  assertEquals(encodeClientHello(parseClientHello(hello)), hello);
  assertEquals(encodeClientHello(parseClientHello(empty)), empty);
});

Deno.test("encodeClientHello() refuses what the RFC does not allow", () => {
  const good = clientHello(new Random(1), undefined);
  const bad: Partial<ClientHello>[] = [
    { random: zeros(31) },
    { random: zeros(33) },
    { legacySessionId: zeros(33) },
    { cipherSuites: [] },
    { cipherSuites: Array(0x8000).fill(1) },
    { cipherSuites: [0x10000] },
    { legacyCompressionMethods: zeros(0) },
    { legacyCompressionMethods: zeros(256) },
  ];
  for (const fields of bad) {
    assertThrows(() => encodeClientHello({ ...good, ...fields }), RangeError);
  }
});

function helloWithBinders(random: Random, lengths: readonly number[]) {
  const extensions = extensionBlock(random, "ClientHello", 0.5);
  const block = new ExtensionBlock();
  for (const type of extensions.types()) {
    if (type !== preSharedKeyClientHello.type) block.addBody(type, extensions.body(type)!);
  }
  block.add(preSharedKeyClientHello, {
    identities: lengths.map((length) => ({
      identity: random.bytes(length),
      obfuscatedTicketAge: random.below(2 ** 32),
    })),
    binders: lengths.map((length) => zeros(length)),
  });
  return encodeHandshake(1, encodeClientHello(clientHello(random, block)));
}

Deno.test("truncateBinders() cuts off the list of binders with its length, and nothing else", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random(seed);
    for (const lengths of [[32], [48], [32, 48, 32]]) {
      const message = helloWithBinders(random, lengths);
      const partial = truncateBinders(message);
      const cut = 2 + lengths.reduce((sum, length) => sum + 1 + length, 0);
      assertEquals(partial.length, message.length - cut);
      assertStrictEquals(partial.buffer, message.buffer);
      assertEquals(partial, message.subarray(0, message.length - cut));
    }
  }
});

Deno.test("truncateBinders() refuses a hello that offers no pre-shared key", () => {
  const random = new Random(1);
  for (const block of [undefined, new ExtensionBlock().addBody(0x0a0a, zeros(3))]) {
    const message = encodeHandshake(1, encodeClientHello(clientHello(random, block)));
    assertThrows(() => truncateBinders(message), RangeError, "offers no pre-shared key");
  }
});

Deno.test("replaceBinders() puts binders where parseClientHello() finds them", () => {
  const random = new Random(2);
  for (const lengths of [[32], [48, 32]]) {
    const message = helloWithBinders(random, lengths);
    const binders = lengths.map((length) => random.bytes(length));
    const before = message.slice();
    const bound = replaceBinders(message, binders);
    assertEquals(message, before);
    assertEquals(truncateBinders(bound), truncateBinders(message));
    const { extensions } = parseClientHello(bound.subarray(4));
    assertEquals(extensions?.get(preSharedKeyClientHello)?.binders, binders);
  }
});

Deno.test("replaceBinders() refuses binders of other number or lengths", () => {
  const message = helloWithBinders(new Random(3), [32, 48]);
  // The last one has the right sum.
  for (const lengths of [[32], [48, 48], [32, 48, 32], [48, 32]]) {
    assertThrows(() => replaceBinders(message, lengths.map(zeros)), RangeError, "differ");
  }
});
