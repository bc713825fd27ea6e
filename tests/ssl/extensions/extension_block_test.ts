// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { alpnProtocols } from "../../../ssl/extensions/application_layer_protocol_negotiation.ts";
import { cookie } from "../../../ssl/extensions/cookie.ts";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import { keyShareClientHello, keyShareServerHello } from "../../../ssl/extensions/key_share.ts";
import { preSharedKeyClientHello } from "../../../ssl/extensions/pre_shared_key.ts";
import { MESSAGE_KINDS } from "../../../ssl/extensions/registry.ts";
import { supportedVersionsClientHello } from "../../../ssl/extensions/supported_versions.ts";
import { ExtensionType } from "../../../ssl/tables/extension_types.ts";
import { DecodeError } from "../../../ssl/wire/decode_error.ts";
import { Reader } from "../../../ssl/wire/reader.ts";
import { Writer } from "../../../ssl/wire/writer.ts";
import { assertRefused } from "../messages/refused.ts";
import { carriers } from "../messages/samples.ts";
import { Random } from "../wire/random.ts";

function encoded(block: ExtensionBlock): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  block.encode(writer);
  return writer.finish();
}

function raw(...extensions: readonly (readonly [type: number, body: Uint8Array])[]) {
  const writer = new Writer();
  writer.vector16((block) => extensions.forEach(([type, body]) => block.u16(type).vector16(body)));
  return writer.finish();
}

const parse = (bytes: Uint8Array<ArrayBuffer>) =>
  ExtensionBlock.parse(new Reader(bytes), "ClientHello");

Deno.test("ExtensionBlock keeps unknown extensions, their order and their bytes", () => {
  const random = new Random(1);
  for (const kind of MESSAGE_KINDS) {
    for (let round = 0; round < 20; round++) {
      const types = new Set(random.list(1, 10, () => 0x4000 + random.below(0x4000)));
      const bytes = raw(
        ...[...types].map((type) => [type, random.bytes(random.below(40))] as const),
      );
      const block = ExtensionBlock.parse(new Reader(bytes), kind);
      assertEquals(block.types(), [...types]);
      assertEquals(encoded(block), bytes);
    }
  }
});

Deno.test("ExtensionBlock keeps the bytes of what it recognises, even where they say less than they hold", () => {
  // A name of another type, and a protocol that is not UTF-8.
  const serverName = Uint8Array.of(0, 9, 7, 0, 1, 9, 0, 0, 2, 0x61, 0x62);
  const alpn = Uint8Array.of(0, 3, 2, 0xff, 0xfe);
  const bytes = raw([16, alpn], [0, serverName]);
  const block = parse(bytes);
  assertEquals(encoded(block), bytes);
  assertEquals(block.get(alpnProtocols), ["\ufffd\ufffd"]);
});

Deno.test("ExtensionBlock.get() tells absent extensions from present ones", () => {
  const block = parse(raw([43, Uint8Array.of(2, 3, 4)], [0x0a0a, Uint8Array.of(1)]));
  assertEquals(block.get(supportedVersionsClientHello), [0x0304]);
  assertEquals(block.get(cookie), undefined);
  assertEquals(block.body(0x0a0a), Uint8Array.of(1));
  assertEquals(block.body(ExtensionType.cookie), undefined);
  assert(block.has(0x0a0a));
  assertFalse(block.has(ExtensionType.cookie));
});

Deno.test("ExtensionBlock.get() refuses the codec of another message", () => {
  const block = new ExtensionBlock().add(keyShareClientHello, []);
  for (const received of [block, parse(encoded(block))]) {
    assertEquals(received.get(keyShareClientHello), []);
    assertThrows(() => received.get(keyShareServerHello), TypeError, "key_share");
  }
});

Deno.test("ExtensionBlock.add() refuses a second extension of one type", () => {
  const block = new ExtensionBlock().add(cookie, Uint8Array.of(1));
  assertThrows(() => block.add(cookie, Uint8Array.of(2)), RangeError, "cookie is there already");
  assertThrows(() => block.addBody(44, Uint8Array.of(2)), RangeError, "cookie is there already");
  assertEquals(block.types(), [44]);
});

Deno.test("ExtensionBlock.parse() refuses a second extension of one type, known or not", () => {
  for (const type of [44, 0x0a0a]) {
    const body = Uint8Array.of(0, 1, 1);
    assertThrows(
      () => parse(raw([type, body], [43, Uint8Array.of(2, 3, 4)], [type, body])),
      DecodeError,
      "comes twice",
    );
  }
  for (const kind of MESSAGE_KINDS) {
    const carrier = carriers(new Random(1))[kind];
    const twice = carrier.encode(
      new ExtensionBlock().addBody(0x0a0a, new Uint8Array(5)).addBody(0x0a0b, new Uint8Array(5)),
    );
    const second = twice.toHex().lastIndexOf("0a0b") / 2 + 1;
    twice[second] = 0x0a;
    assertRefused(() => carrier.parse(twice), carrier.error, "decode_error", "0x0a0a comes twice");
  }
});

Deno.test("ExtensionBlock.parse() refuses pre_shared_key before other extensions of a ClientHello", () => {
  const psks = {
    identities: [{ identity: Uint8Array.of(1), obfuscatedTicketAge: 0 }],
    binders: [new Uint8Array(32)],
  };
  const last = new ExtensionBlock().add(cookie, Uint8Array.of(1)).add(
    preSharedKeyClientHello,
    psks,
  );
  assertEquals(parse(encoded(last)).types(), [44, 41]);
  const first = new ExtensionBlock().add(preSharedKeyClientHello, psks).addBody(
    0x0a0a,
    new Uint8Array(),
  );
  assertRefused(
    () => parse(encoded(first)),
    "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO",
    "illegal_parameter",
    "pre_shared_key is not the last one",
  );
});

Deno.test("ExtensionBlock.parse() leaves what follows the block to be read", () => {
  const reader = new Reader(Uint8Array.from([...raw([0x0a0a, new Uint8Array(2)]), 7]));
  ExtensionBlock.parse(reader, "CertificateEntry");
  assertEquals(reader.rest(), Uint8Array.of(7));
});
