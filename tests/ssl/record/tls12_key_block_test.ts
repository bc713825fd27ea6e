// Copyright 2026 the NSS for Deno authors. MIT license.

import { createHmac } from "node:crypto";
import { assertEquals, assertInstanceOf } from "@std/assert";
import { encodeHex } from "@std/encoding";
import { deriveProtections, type Protections } from "../../../ssl/record/tls12_key_block.ts";
import { PrfSecret } from "../../../ssl/crypto/prf.ts";
import { Tls12CbcSpec } from "../../../ssl/record/tls12_cbc_spec.ts";
import { Tls12AeadSpec } from "../../../ssl/record/tls12_cipher_spec.ts";
import { TLS12_CIPHER_SUITES, type Tls12CipherSuite } from "../../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../../ssl/tables/content_types.ts";
import {
  assertFails,
  type Bytes,
  bytesOf,
  joined,
  type KeyBytes,
  recordOf,
  seal,
  sealWithNode,
} from "./tls12_records.ts";

const { handshake } = ContentType;
const CLIENT_RANDOM = bytesOf(32, 40);
const SERVER_RANDOM = bytesOf(32, 80);
const random = (length: number) => bytesOf(length, 99);

async function protectionsOf(
  suite: Tls12CipherSuite,
  encryptThenMac = false,
  clientRandom = CLIENT_RANDOM,
): Promise<Protections> {
  const secret = await PrfSecret.import(suite.hash, bytesOf(48, 5));
  return await deriveProtections(suite, secret, clientRandom, SERVER_RANDOM, {
    encryptThenMac,
    random,
  });
}

/** The keys of RFC 5246, Section 6.3, by node:crypto. */
function keysOf(suite: Tls12CipherSuite): Record<"client" | "server", KeyBytes> {
  const name = suite.hash.replace("-", "").toLowerCase();
  const hmac = (data: Uint8Array) => createHmac(name, bytesOf(48, 5)).update(data).digest();
  const start = joined(new TextEncoder().encode("key expansion"), SERVER_RANDOM, CLIENT_RANDOM);
  const block: number[] = [];
  for (let a: Uint8Array = hmac(start); block.length < 256; a = hmac(a)) {
    block.push(...hmac(joined(a, start)));
  }
  const take = (length: number): Bytes => Uint8Array.from(block.splice(0, length));
  const [clientMac, serverMac] = [take(suite.macLength), take(suite.macLength)];
  const [clientKey, serverKey] = [take(suite.keyLength), take(suite.keyLength)];
  const [clientIv, serverIv] = [take(suite.fixedIvLength), take(suite.fixedIvLength)];
  return {
    client: { mac: clientMac, key: clientKey, fixedIv: clientIv },
    server: { mac: serverMac, key: serverKey, fixedIv: serverIv },
  };
}

for (const suite of TLS12_CIPHER_SUITES) {
  Deno.test(`deriveProtections() gives each end a way to write, and the other to read (${suite.name})`, async () => {
    for (const encryptThenMac of [false, true]) {
      const [one, other] = [
        await protectionsOf(suite, encryptThenMac),
        await protectionsOf(suite, encryptThenMac),
      ];
      for (const end of ["client", "server"] as const) {
        assertInstanceOf(one[end], suite.mac === null ? Tls12AeadSpec : Tls12CbcSpec);
        assertEquals([one[end].sequence, one[end].hidesType], [0, false]);
        const sealed = await seal(one[end], handshake, bytesOf(16));
        const opened = await other[end].open(recordOf(sealed, handshake));
        assertEquals(opened, { type: handshake, fragment: bytesOf(16) });
      }
    }
  });

  Deno.test(`deriveProtections() gives other keys to the other direction, and for other randoms (${suite.name})`, async () => {
    const { client } = await protectionsOf(suite);
    const record = recordOf(await seal(client, handshake, bytesOf(16)), handshake);
    const { server } = await protectionsOf(suite);
    const stranger = await protectionsOf(suite, false, bytesOf(32, 41));
    for (const spec of [server, stranger.client]) {
      await assertFails(() => spec.open(record), "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
    }
  });

  if (suite.bulk === "ChaCha20-Poly1305") continue; // the records' own test has its oracle

  Deno.test(`deriveProtections() cuts the key block as RFC 5246 says (${suite.name})`, async () => {
    const keys = keysOf(suite);
    for (const encryptThenMac of [false, true]) {
      const protections = await protectionsOf(suite, encryptThenMac);
      for (const end of ["client", "server"] as const) {
        const content = bytesOf(16, 3);
        const expected = sealWithNode({
          suite,
          keys: keys[end],
          sequence: 0,
          type: handshake,
          content,
          encryptThenMac,
        });
        const sealed = await seal(protections[end], handshake, content);
        assertEquals(encodeHex(sealed), encodeHex(expected));
      }
    }
  });
}

Deno.test("deriveProtections() gives AES-CBC the order that was negotiated", async () => {
  const suite = TLS12_CIPHER_SUITES.find(({ bulk }) => bulk === "AES-CBC")!;
  const { client } = await protectionsOf(suite, true);
  const record = recordOf(await seal(client, handshake, bytesOf(16)), handshake);
  const { client: other } = await protectionsOf(suite, false);
  await assertFails(() => other.open(record), "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
});
