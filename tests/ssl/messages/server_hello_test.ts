// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import {
  keyShareHelloRetryRequest,
  keyShareServerHello,
} from "../../../ssl/extensions/key_share.ts";
import { supportedVersionsServerHello } from "../../../ssl/extensions/supported_versions.ts";
import {
  encodeServerHello,
  HELLO_RETRY_REQUEST_RANDOM,
  parseServerHello,
} from "../../../ssl/messages/server_hello.ts";
import { Random } from "../wire/random.ts";
import { assertRefused } from "./refused.ts";
import { serverHello } from "./samples.ts";

const ALPN_H2 = Uint8Array.of(0, 3, 2, 0x68, 0x32);

Deno.test("HELLO_RETRY_REQUEST_RANDOM is the SHA-256 of its name", async () => {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode("HelloRetryRequest"),
  );
  assertEquals(HELLO_RETRY_REQUEST_RANDOM, new Uint8Array(digest));
});

Deno.test("parseServerHello() recognises HelloRetryRequest by its whole random", () => {
  const hello = serverHello(
    new Random(1),
    new ExtensionBlock().add(supportedVersionsServerHello, 0x0304)
      .add(keyShareHelloRetryRequest, 0x001d),
  );
  const retry = encodeServerHello({ ...hello, random: HELLO_RETRY_REQUEST_RANDOM });
  const parsed = parseServerHello(retry);
  assert(parsed.isHelloRetryRequest);
  assertEquals(parsed.extensions?.get(keyShareHelloRetryRequest), 0x001d);
  for (let byte = 0; byte < 32; byte++) {
    const random = HELLO_RETRY_REQUEST_RANDOM.slice();
    random[byte]! ^= 1;
    // As a ServerHello it has a bad share: a group without a key.
    assertRefused(
      () => parseServerHello(encodeServerHello({ ...hello, random })),
      "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
      "decode_error",
      "in extension key_share",
    );
  }
});

Deno.test("parseServerHello() reads TLS 1.3's extensions where supported_versions is, wherever it is", () => {
  const share = { group: 0x1d, keyExchange: new Uint8Array(32) };
  const block = new ExtensionBlock().add(keyShareServerHello, share)
    .add(supportedVersionsServerHello, 0x0304);
  const hello = parseServerHello(encodeServerHello(serverHello(new Random(1), block)));
  assertFalse(hello.isHelloRetryRequest);
  assertEquals(hello.extensions?.get(keyShareServerHello), share);

  const withAlpn = new ExtensionBlock().addBody(16, ALPN_H2).add(
    supportedVersionsServerHello,
    0x0304,
  );
  assertRefused(
    () => parseServerHello(encodeServerHello(serverHello(new Random(1), withAlpn))),
    "SSL_ERROR_EXTENSION_DISALLOWED_FOR_VERSION",
    "illegal_parameter",
  );
});

Deno.test("parseServerHello() reads a TLS 1.2 server's hello", () => {
  const random = new Random(1);
  const none = encodeServerHello(serverHello(random, undefined));
  assertEquals(parseServerHello(none).extensions, undefined);
  const tls12 = new ExtensionBlock().addBody(0xff01, Uint8Array.of(0)).addBody(16, ALPN_H2)
    .addBody(23, new Uint8Array()).addBody(11, Uint8Array.of(1, 0));
  const hello = parseServerHello(encodeServerHello(serverHello(random, tls12)));
  assertEquals(hello.extensions?.types(), [0xff01, 16, 23, 11]);
});

Deno.test("parseServerHello() takes session IDs of up to 32 bytes", () => {
  const body = (length: number) =>
    Uint8Array.from([3, 3, ...new Uint8Array(32), length, ...new Uint8Array(length), 0x13, 1, 0]);
  assertEquals(parseServerHello(body(32)).legacySessionIdEcho.length, 32);
  assertRefused(
    () => parseServerHello(body(33)),
    "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
    "decode_error",
  );
});

Deno.test("encodeServerHello() refuses what the RFC does not allow", () => {
  const good = serverHello(new Random(1), undefined);
  for (
    const fields of [
      { random: new Uint8Array(31) },
      { legacySessionIdEcho: new Uint8Array(33) },
      { cipherSuite: 0x10000 },
      { legacyCompressionMethod: 256 },
    ]
  ) assertThrows(() => encodeServerHello({ ...good, ...fields }), RangeError);
});
