// Copyright 2026 the NSS for Deno authors. MIT license.

import { createHash, createHmac } from "node:crypto";
import {
  assert,
  assertEquals,
  assertFalse,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { encodeHex } from "@std/encoding";
import { NssError } from "../../../cert/base/errors.ts";
import { type ExpandedSecret, TrafficSecret } from "../../../ssl/crypto/expanded_secrets.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { exportKeyingMaterial } from "../../../ssl/crypto/export_keying_material.ts";
import type { CipherSuiteHash } from "../../../ssl/crypto/hkdf.ts";
import { EarlySecret } from "../../../ssl/crypto/key_schedule.ts";
import { CIPHER_SUITES } from "../../../ssl/tables/cipher_suites.ts";
import { countSubtleCalls } from "../handshake/subtle.ts";

// The schedule of RFC 8446, Section 7.1, written a second time, straight from the RFC and on other
// code than WebCrypto's: the oracle of these tests. (The vectors of RFC 8448 have no SHA-384 and no
// exporter.)
const NODE_NAMES = { "SHA-256": "sha256", "SHA-384": "sha384" } as const;
const HASHES: readonly CipherSuiteHash[] = ["SHA-256", "SHA-384"];

function hashOf(hash: CipherSuiteHash, bytes: Uint8Array): Uint8Array {
  return createHash(NODE_NAMES[hash]).update(bytes).digest();
}

function hmac(hash: CipherSuiteHash, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac(NODE_NAMES[hash], key).update(bytes).digest();
}

function expandLabel(
  hash: CipherSuiteHash,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const name = new TextEncoder().encode(`tls13 ${label}`);
  const info = [length >> 8, length & 0xff, name.length, ...name, context.length, ...context];
  const output: number[] = [];
  for (let i = 1, block: Uint8Array = new Uint8Array(0); output.length < length; i++) {
    block = hmac(hash, secret, Uint8Array.from([...block, ...info, i]));
    output.push(...block);
  }
  return Uint8Array.from(output.slice(0, length));
}

function deriveSecret(
  hash: CipherSuiteHash,
  secret: Uint8Array,
  label: string,
  transcriptHash: Uint8Array,
): Uint8Array {
  return expandLabel(hash, secret, label, transcriptHash, transcriptHash.length);
}

const EMPTY = new Uint8Array(0);

function fixture(hash: CipherSuiteHash) {
  const empty = hashOf(hash, EMPTY);
  const zeros = new Uint8Array(empty.length);
  const bytes = (length: number, first: number) => Uint8Array.from({ length }, (_, i) => first + i);
  return {
    empty,
    zeros,
    psk: bytes(empty.length, 3),
    shared: bytes(64, 101),
    transcriptHash: bytes(empty.length, 40),
  };
}

function assertSecret(secret: ExpandedSecret, expected: Uint8Array): void {
  assertEquals(encodeHex(secret.bytesForKeyLog()), encodeHex(expected));
}

for (const hash of HASHES) {
  const { empty, zeros, psk, shared, transcriptHash } = fixture(hash);

  for (const withPsk of [true, false]) {
    for (const withShared of [true, false]) {
      if (!withPsk && !withShared) continue;
      const title = `${hash}, ${withPsk ? "a PSK" : "no PSK"}, ${withShared ? "DHE" : "no DHE"}`;
      Deno.test(`EarlySecret leads to the secrets of RFC 8446, Section 7.1 (${title})`, async () => {
        const early = withPsk ? EarlySecret.fromPsk(hash, psk) : EarlySecret.withoutPsk(hash);
        assertEquals(early.hash, hash);
        const earlyBytes = hmac(hash, zeros, withPsk ? psk : zeros);
        for (const kind of ["ext", "res"] as const) {
          assertSecret(
            await early.binderKey(kind),
            deriveSecret(hash, earlyBytes, `${kind} binder`, empty),
          );
        }
        assertSecret(
          await early.clientEarlyTrafficSecret(transcriptHash),
          deriveSecret(hash, earlyBytes, "c e traffic", transcriptHash),
        );
        assertSecret(
          await early.earlyExporterMasterSecret(transcriptHash),
          deriveSecret(hash, earlyBytes, "e exp master", transcriptHash),
        );

        const handshake = early.enterHandshake(withShared ? shared.slice() : null);
        const handshakeBytes = hmac(
          hash,
          deriveSecret(hash, earlyBytes, "derived", empty),
          withShared ? shared : zeros,
        );
        assertSecret(
          await handshake.clientHandshakeTrafficSecret(transcriptHash),
          deriveSecret(hash, handshakeBytes, "c hs traffic", transcriptHash),
        );
        assertSecret(
          await handshake.serverHandshakeTrafficSecret(transcriptHash),
          deriveSecret(hash, handshakeBytes, "s hs traffic", transcriptHash),
        );

        const master = handshake.enterMaster();
        const masterBytes = hmac(hash, deriveSecret(hash, handshakeBytes, "derived", empty), zeros);
        assertSecret(
          await master.clientApplicationTrafficSecret(transcriptHash),
          deriveSecret(hash, masterBytes, "c ap traffic", transcriptHash),
        );
        assertSecret(
          await master.serverApplicationTrafficSecret(transcriptHash),
          deriveSecret(hash, masterBytes, "s ap traffic", transcriptHash),
        );
        assertSecret(
          await master.exporterMasterSecret(transcriptHash),
          deriveSecret(hash, masterBytes, "exp master", transcriptHash),
        );
        const resumption = await master.resumptionMasterSecret(transcriptHash);
        const resumptionBytes = deriveSecret(hash, masterBytes, "res master", transcriptHash);
        assertSecret(resumption, resumptionBytes);
        for (const nonce of [EMPTY, Uint8Array.of(0, 1), new Uint8Array(255).fill(9)]) {
          assertEquals(
            encodeHex(await resumption.resumptionPsk(nonce)),
            encodeHex(expandLabel(hash, resumptionBytes, "resumption", nonce, empty.length)),
          );
        }
      });
    }
  }

  Deno.test(`exportKeyingMaterial() follows RFC 8446, Section 7.5, for every length (${hash})`, async () => {
    const { exporter, bytes } = await exporterOf(hash);
    const context = Uint8Array.of(1, 2, 3);
    const label = "EXPORTER-Channel-Binding";
    const derived = deriveSecret(hash, bytes, label, empty);
    const { length: n } = empty;
    for (const length of [0, 1, n - 1, n, n + 1, 2 * n, 255 * n]) {
      for (const given of [null, EMPTY, context]) {
        const contextHash = hashOf(hash, given ?? EMPTY);
        assertEquals(
          encodeHex(await exportKeyingMaterial(exporter, label, given, length)),
          encodeHex(expandLabel(hash, derived, "exporter", contextHash, length)),
        );
      }
    }
    for (const length of [255 * n + 1, -1, 1.5, NaN]) {
      const error = await assertRejects(
        () => exportKeyingMaterial(exporter, label, null, length),
        SslError,
      );
      assertEquals(
        error.message,
        `Cannot export keying material: length is ${length}, not a whole number from 0 to ${
          255 * n
        }`,
      );
    }
  });
}

async function exporterOf(hash: CipherSuiteHash) {
  const { shared, transcriptHash } = fixture(hash);
  const master = EarlySecret.withoutPsk(hash).enterHandshake(shared).enterMaster();
  const exporter = await master.exporterMasterSecret(transcriptHash);
  return { exporter, bytes: exporter.bytesForKeyLog() };
}

Deno.test("exportKeyingMaterial() takes labels of up to 249 bytes", async () => {
  const { exporter, bytes } = await exporterOf("SHA-256");
  const empty = hashOf("SHA-256", EMPTY);
  for (const label of ["", "x", "x".repeat(249), "ä".repeat(124)]) {
    const derived = deriveSecret("SHA-256", bytes, label, empty);
    assertEquals(
      encodeHex(await exportKeyingMaterial(exporter, label, null, 32)),
      encodeHex(expandLabel("SHA-256", derived, "exporter", empty, 32)),
    );
  }
  for (const label of ["x".repeat(250), "ä".repeat(125)]) {
    const error = await assertRejects(
      () => exportKeyingMaterial(exporter, label, null, 32),
      SslError,
    );
    assertEquals(
      error.message,
      "Cannot export keying material: label has 250 bytes, not at most 249",
    );
  }
});

async function trafficSecret(hash: CipherSuiteHash): Promise<TrafficSecret> {
  const { shared, transcriptHash } = fixture(hash);
  const handshake = EarlySecret.withoutPsk(hash).enterHandshake(shared);
  return await handshake.clientHandshakeTrafficSecret(transcriptHash);
}

for (const suite of CIPHER_SUITES) {
  Deno.test(`TrafficSecret.keyAndIv() expands the key and iv of ${suite.name}`, async () => {
    const secret = await trafficSecret(suite.hash);
    const bytes = secret.bytesForKeyLog();
    const { key, iv } = await secret.keyAndIv(suite);
    assertEquals(iv, Uint8Array.from(expandLabel(suite.hash, bytes, "iv", EMPTY, 12)));
    assertEquals([key.extractable, key.algorithm.name], [false, suite.aead]);
    assertEquals([...key.usages].sort(), ["decrypt", "encrypt"]);
    const reference = await crypto.subtle.importKey(
      suite.aead === "AES-GCM" ? "raw" : "raw-secret",
      Uint8Array.from(expandLabel(suite.hash, bytes, "key", EMPTY, suite.keyLength)),
      suite.aead,
      false,
      ["encrypt"],
    );
    const params = { name: suite.aead, iv };
    assertEquals(
      await crypto.subtle.encrypt(params, key, new Uint8Array(7)),
      await crypto.subtle.encrypt(params, reference, new Uint8Array(7)),
    );
  });

  Deno.test(`TrafficSecret.next() follows RFC 8446, Section 7.2 (${suite.name})`, async () => {
    let secret = await trafficSecret(suite.hash);
    let bytes: Uint8Array = secret.bytesForKeyLog();
    for (let i = 0; i < 3; i++) {
      secret = await secret.next();
      bytes = expandLabel(suite.hash, bytes, "traffic upd", EMPTY, suite.hashLength);
      assertSecret(secret, bytes);
    }
  });

  Deno.test(`TrafficSecret.finishedMac() follows RFC 8446, Section 4.4.4 (${suite.name})`, async () => {
    const { transcriptHash } = fixture(suite.hash);
    const secret = await trafficSecret(suite.hash);
    const bytes = secret.bytesForKeyLog();
    const finishedKey = expandLabel(suite.hash, bytes, "finished", EMPTY, suite.hashLength);
    const mac = await secret.finishedMac(transcriptHash);
    assertEquals(encodeHex(mac), encodeHex(hmac(suite.hash, finishedKey, transcriptHash)));
    assert(await secret.verifyFinished(transcriptHash, mac));
    for (const place of [0, mac.length - 1]) {
      const wrong = mac.slice();
      wrong[place]! ^= 1;
      assertFalse(await secret.verifyFinished(transcriptHash, wrong));
    }
    // A prefix of the MAC, or more than the MAC, is not the MAC.
    for (let length = 0; length < mac.length; length++) {
      assertFalse(await secret.verifyFinished(transcriptHash, mac.slice(0, length)));
    }
    assertFalse(await secret.verifyFinished(transcriptHash, Uint8Array.of(...mac, 0)));
    const other = transcriptHash.slice();
    other[0]! ^= 1;
    assertFalse(await secret.verifyFinished(other, mac));
  });
}

Deno.test("TrafficSecret.bytesForKeyLog() gives copies until the secret is in use", async () => {
  const { transcriptHash } = fixture("SHA-256");
  for (
    const use of [
      (secret: TrafficSecret) => secret.keyAndIv(CIPHER_SUITES[0]!),
      (secret: TrafficSecret) => secret.finishedMac(transcriptHash),
      (secret: TrafficSecret) => secret.next(),
    ]
  ) {
    const secret = await trafficSecret("SHA-256");
    const bytes = secret.bytesForKeyLog();
    bytes.fill(0);
    assertNotEquals(secret.bytesForKeyLog(), bytes);
    const used = use(secret);
    const error = assertThrows(() => secret.bytesForKeyLog(), NssError);
    assertEquals(error.name, "SEC_ERROR_LIBRARY_FAILURE");
    await used;
  }
});

Deno.test("EarlySecret.enterHandshake() overwrites the shared secret, EarlySecret.fromPsk() not the PSK", async () => {
  const { psk, shared, transcriptHash } = fixture("SHA-256");
  const [givenPsk, givenShared] = [psk.slice(), shared.slice()];
  const handshake = EarlySecret.fromPsk("SHA-256", givenPsk).enterHandshake(givenShared);
  assertEquals(givenShared, new Uint8Array(shared.length));
  assertEquals(givenPsk, psk);
  await handshake.clientHandshakeTrafficSecret(transcriptHash);
});

Deno.test("ExtractedSecret.forget() leaves right what was begun, and nothing after it", async () => {
  const { psk, shared, transcriptHash } = fixture("SHA-256");
  const secretsOf = async (forgets: boolean) => {
    const handshake = EarlySecret.fromPsk("SHA-256", psk).enterHandshake(shared.slice());
    const client = handshake.clientHandshakeTrafficSecret(transcriptHash);
    const master = handshake.enterMaster();
    if (forgets) handshake.forget();
    const server = handshake.serverHandshakeTrafficSecret(transcriptHash);
    const exporter = master.exporterMasterSecret(transcriptHash);
    if (forgets) master.forget();
    const secrets = await Promise.all([client, exporter, server]);
    return secrets.map((secret) => encodeHex(secret.bytesForKeyLog()));
  };
  const [kept, forgotten] = await Promise.all([secretsOf(false), secretsOf(true)]);
  assertEquals(forgotten.slice(0, 2), kept.slice(0, 2));
  assertNotEquals(forgotten[2], kept[2]);
  // What handshakes have in common stays.
  const without = async () => {
    const early = EarlySecret.withoutPsk("SHA-256");
    const handshake = early.enterHandshake(shared.slice());
    const secret = await handshake.clientHandshakeTrafficSecret(transcriptHash);
    early.forget();
    handshake.forget();
    handshake.enterMaster().forget();
    await handshake.enterMaster().clientApplicationTrafficSecret(transcriptHash);
    return encodeHex(secret.bytesForKeyLog());
  };
  assertEquals(await without(), await without());
});

Deno.test("EarlySecret leads through a whole handshake in 30 calls to WebCrypto", async () => {
  const suite = CIPHER_SUITES[0]!;
  const { shared, transcriptHash } = fixture(suite.hash);
  const handshakeOnce = async () => {
    const handshake = EarlySecret.withoutPsk(suite.hash).enterHandshake(shared.slice());
    const [client, server] = await Promise.all([
      handshake.clientHandshakeTrafficSecret(transcriptHash),
      handshake.serverHandshakeTrafficSecret(transcriptHash),
    ]);
    await Promise.all([client.keyAndIv(suite), server.keyAndIv(suite)]);
    await server.finishedMac(transcriptHash);
    await client.finishedMac(transcriptHash);
    const master = handshake.enterMaster();
    const [clientApplication, serverApplication] = await Promise.all([
      master.clientApplicationTrafficSecret(transcriptHash),
      master.serverApplicationTrafficSecret(transcriptHash),
      master.exporterMasterSecret(transcriptHash),
    ]);
    await Promise.all([clientApplication.keyAndIv(suite), serverApplication.keyAndIv(suite)]);
    await master.resumptionMasterSecret(transcriptHash);
  };
  await handshakeOnce(); // computes what all handshakes have in common
  assertEquals(await countSubtleCalls(handshakeOnce), {
    all: 30,
    deriveBits: 7,
    importKey: 11,
    sign: 12,
  });
});

Deno.test("TrafficSecret.prepareFinished() derives the finished key, once for all uses", async () => {
  const secret = () => new TrafficSecret("SHA-256", new Uint8Array(32).fill(7));
  const hash = new Uint8Array(32);
  const prepared = secret();
  const calls = await countSubtleCalls(async () => {
    prepared.prepareFinished();
    await prepared.finishedMac(hash);
  });
  const unprepared = await countSubtleCalls(() => secret().finishedMac(hash));
  assertEquals(calls, unprepared);
  assertEquals(await prepared.finishedMac(hash), await secret().finishedMac(hash));
});
