// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import { ECH_INNER } from "../../../ssl/extensions/encrypted_client_hello.ts";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import { supportedGroups } from "../../../ssl/extensions/supported_groups.ts";
import { supportedVersionsClientHello } from "../../../ssl/extensions/supported_versions.ts";
import {
  type ClientHello,
  encodeClientHello,
  parseClientHello,
} from "../../../ssl/messages/client_hello.ts";
import {
  decodeClientHelloInner,
  ECH_OUTER_EXTENSIONS,
  encodeClientHelloInner,
} from "../../../ssl/messages/client_hello_inner.ts";
import { ExtensionType } from "../../../ssl/tables/extension_types.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const { encryptedClientHello, supportedGroups: groups, keyShare } = ExtensionType;
const BIG = 0x4444;

function helloOf(extensions: ExtensionBlock, sessionId = 32): ClientHello {
  return parseClientHello(encodeClientHello({
    legacyVersion: 0x0303,
    random: new Uint8Array(32).fill(sessionId),
    legacySessionId: new Uint8Array(sessionId).fill(5),
    cipherSuites: [0x1301],
    legacyCompressionMethods: new Uint8Array([0]),
    extensions,
  }));
}

const outer = helloOf(
  new ExtensionBlock().add(supportedVersionsClientHello, [0x0304, 0x0303])
    .add(supportedGroups, [0x1d])
    .addBody(BIG, new Uint8Array(30_000))
    .addBody(keyShare, new Uint8Array(2))
    .addBody(encryptedClientHello, new Uint8Array([0, 0, 1, 0, 1, 7, 0, 0, 0, 1, 0])),
);

/** An encoded inner hello with extensions. */
function inner(extensions: ExtensionBlock, padding = 0): Bytes {
  const encoded = encodeClientHelloInner(helloOf(extensions), []);
  return new Uint8Array([...encoded, ...new Uint8Array(padding)]);
}

function base(): ExtensionBlock {
  return new ExtensionBlock().add(supportedVersionsClientHello, [0x0304])
    .addBody(encryptedClientHello, ECH_INNER);
}

function types(...list: readonly number[]): Bytes {
  return new Uint8Array([2 * list.length, ...list.flatMap((type) => [type >> 8, type & 0xff])]);
}

function refused(encoded: Bytes): SslError {
  const error = assertThrows(() => decodeClientHelloInner(encoded, outer), SslError);
  return error;
}

Deno.test("client_hello_inner: what is copied comes back, with the outer session ID", () => {
  const extensions = base().add(supportedGroups, [0x1d]).addBody(keyShare, new Uint8Array(2));
  const hello = helloOf(extensions);
  const encoded = encodeClientHelloInner(hello, [groups, keyShare]);
  assert(encoded.length < encodeClientHello(hello).length - 32);
  for (const padding of [0, 1, 31, 500]) {
    const padded = new Uint8Array(encoded.length + padding);
    padded.set(encoded);
    const { body, hello: decoded } = decodeClientHelloInner(padded, outer);
    assertEquals(body, encodeClientHello({ ...hello, legacySessionId: outer.legacySessionId }));
    assertEquals(decoded.extensions!.types(), hello.extensions!.types());
  }
});

Deno.test("client_hello_inner: references that the RFC forbids are illegal_parameter", () => {
  const rows: readonly (readonly [string, Bytes])[] = [
    ["missing", types(groups, 0x7777)],
    ["twice", types(groups, groups)],
    ["in another order", types(keyShare, groups)],
    ["to itself", types(encryptedClientHello)],
    ["none", types()],
    ["an odd length", new Uint8Array([3, 0, groups, 0])],
    ["bytes behind them", new Uint8Array([...types(groups), 0])],
    ["big ones, many times", types(BIG, BIG, BIG)],
  ];
  for (const [what, body] of rows) {
    const error = refused(inner(base().addBody(ECH_OUTER_EXTENSIONS, body)));
    assertEquals(
      [error.name, error.alert],
      ["SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION", "illegal_parameter"],
      what,
    );
  }
});

Deno.test("client_hello_inner: one that refers twice, or is too long with what it refers to, is refused", () => {
  const [one, two] = [types(groups), types(keyShare)];
  const twice = inner(base().addBody(ECH_OUTER_EXTENSIONS, one).addBody(0x6666, two));
  // The second one's type is changed, as no block has a type twice.
  const at = twice.findIndex((byte, i) => byte === 0x66 && twice[i + 1] === 0x66);
  twice.set([ECH_OUTER_EXTENSIONS >> 8, ECH_OUTER_EXTENSIONS & 0xff], at);
  assertEquals(refused(twice).alert, "illegal_parameter");
  const long = (length: number) =>
    inner(base().addBody(0x6666, new Uint8Array(length)).addBody(ECH_OUTER_EXTENSIONS, types(BIG)));
  const { body } = decodeClientHelloInner(long(30_000), outer);
  const most = 30_000 + 0xffff - body.length;
  assertEquals(decodeClientHelloInner(long(most), outer).body.length, 0xffff);
  assertEquals(refused(long(most + 1)).alert, "illegal_parameter");
});

Deno.test("client_hello_inner: padding that is not zero, and a session ID, are refused", () => {
  const padded = inner(base(), 8);
  decodeClientHelloInner(padded, outer);
  padded[padded.length - 1] = 1;
  assertEquals(refused(padded).alert, "illegal_parameter");
  const withId = encodeClientHello(helloOf(base(), 1));
  assertEquals(refused(withId).alert, "illegal_parameter");
});

Deno.test("client_hello_inner: one that is no inner hello, or offers TLS 1.2, is refused", () => {
  const versions = supportedVersionsClientHello;
  for (
    const extensions of [
      new ExtensionBlock().add(versions, [0x0304]),
      new ExtensionBlock().add(versions, [0x0304]).addBody(encryptedClientHello, types(1)),
      new ExtensionBlock().add(versions, [0x0304, 0x0303]).addBody(encryptedClientHello, ECH_INNER),
      new ExtensionBlock().add(versions, [0x0303]).addBody(encryptedClientHello, ECH_INNER),
      new ExtensionBlock().addBody(encryptedClientHello, ECH_INNER),
    ]
  ) {
    const error = refused(inner(extensions));
    assertEquals(
      [error.name, error.alert],
      ["SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION", "illegal_parameter"],
    );
  }
  decodeClientHelloInner(
    inner(
      new ExtensionBlock().add(versions, [0x0a0a, 0x0304])
        .addBody(encryptedClientHello, ECH_INNER),
    ),
    outer,
  );
});

Deno.test("client_hello_inner: no prefix and no changed byte throws anything but an SslError", () => {
  const encoded = inner(base().addBody(ECH_OUTER_EXTENSIONS, types(groups, keyShare)), 4);
  for (let length = 0; length < encoded.length - 4; length++) refused(encoded.slice(0, length));
  for (let at = 0; at < encoded.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff, encoded[at]! ^ 1]) {
      const changed = encoded.slice();
      changed[at] = value;
      try {
        decodeClientHelloInner(changed, outer);
      } catch (error) {
        assert(error instanceof SslError, `${error}`);
      }
    }
  }
});
