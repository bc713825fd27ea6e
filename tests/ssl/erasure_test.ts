// Copyright 2026 the NSS for Deno authors. MIT license.

/** One test for each kind of secret that SECURITY.md says is overwritten. @module */

import { assert, assertEquals } from "@std/assert";
import { exportKeyingMaterial } from "../../ssl/nss/export_keying_material.ts";
import { keyUpdate } from "../../ssl/nss/handshake.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { TicketKeys } from "../../ssl/session/session_ticket.ts";
import { MemoryWatch } from "../support/memory.ts";
import {
  connected,
  type JoinOptions,
  pingPong,
  session,
  TestEnvironment,
  turns,
} from "./_support.ts";
import { Acquaintance, ONLY_TLS12, ONLY_TLS13 } from "./_tls12.ts";

const both = (options: ImportOptions): JoinOptions => ({ client: options, server: options });
const tls13 = (options: ImportOptions): JoinOptions => both({ ...options, versions: ONLY_TLS13 });

// What is the same in every handshake is computed, and kept, by the first one.
await session(tls13({ cipherSuites: ["TLS_AES_128_GCM_SHA256"] }));

/** Shakes hands and uses every secret that waits for its use. */
async function useConnection(options: JoinOptions): Promise<void> {
  await using ends = await connected(options);
  await pingPong(ends);
  await Promise.all([ends.client, ends.server].map((end) => exportKeyingMaterial(end, "x", 32)));
  await turns(); // forget() follows when all is derived
}

for (const group of ["x25519", "secp256r1", "X25519MLKEM768"] as const) {
  Deno.test(`KeyShare.complete(), respondToKeyShare() and EarlySecret.enterHandshake() leave no secret of ${group}`, async () => {
    using memory = new MemoryWatch();
    await useConnection(tls13({ groups: [group] }));
    memory.assertErased(/^gave (deriveBits (X25519|ECDH)|encapsulateBits|decapsulateBits)/);
    memory.assertErased(/^took importKey raw HKDF/);
  });
}

for (const suite of ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"] as const) {
  Deno.test(`TrafficSecret leaves nothing of itself, its finished key and its record keys (${suite})`, async () => {
    using memory = new MemoryWatch();
    await using ends = await connected(tls13({ cipherSuites: [suite] }));
    await keyUpdate(ends.client, true);
    await pingPong(ends);
    memory.assertErased(/^took importKey raw HMAC/);
    memory.assertErased(/^took importKey raw(-secret)? (AES-GCM|ChaCha20-Poly1305)/);
  });
}

Deno.test("ExtractedSecret.forget() and ExpandedSecret leave nothing that the key schedule derived, with a PSK and without", async () => {
  const acquaintance = new Acquaintance();
  for (const isResumed of [false, true]) {
    using memory = new MemoryWatch();
    await useConnection(acquaintance.with(tls13({ cipherSuites: ["TLS_AES_128_GCM_SHA256"] })));
    assertEquals(memory.seen.some(({ call }) => /sign ECDSA/.test(call)), !isResumed);
    memory.assertErased(/^gave deriveBits HKDF/);
  }
});

Deno.test("exportKeyingMaterial() leaves no copy of what it exports, and no secret of the label", async () => {
  await using ends = await connected(tls13({}));
  using memory = new MemoryWatch();
  const exported = await exportKeyingMaterial(ends.client, "EXPORTER-test", 80);
  memory.assertErased(/^took importKey raw HMAC/);
  for (const offset of [0, 32, 64]) {
    assertEquals(memory.copiesOf(exported.subarray(offset, offset + 16)), 1);
  }
});

Deno.test("makeTickets(), TicketKeys and acceptSession() leave no PSK at the server", async () => {
  const acquaintance = new Acquaintance();
  using memory = new MemoryWatch();
  for (let i = 0; i < 2; i++) await useConnection(acquaintance.with(tls13({})));
  const left = memory.passed(/^took importKey raw HKDF/).map(({ bytes }) => memory.copiesOf(bytes));
  // Both ends take the PSK once: it is left where the client keeps the session
  assertEquals(left.filter((copies) => copies > 0), [1, 1]);
});

Deno.test("TicketKeys.seal() leaves no plaintext of a ticket", async () => {
  const psk = crypto.getRandomValues(new Uint8Array(32));
  const environment = new TestEnvironment();
  using memory = new MemoryWatch();
  const now = environment.now();
  const ticket = await new TicketKeys().seal(
    {
      version: 0x0304,
      cipherSuite: 0x1301,
      createdAt: now,
      authenticatedAt: now,
      psk,
      serverName: null,
      peerChain: [],
      peerRawPublicKey: null,
      localCredential: 0,
      origin: { family: new Uint8Array(16), known: null },
    },
    new Uint8Array(32),
    environment,
  );
  assert(ticket !== null);
  memory.assertErased(/^took encrypt AES-GCM/);
  assertEquals(memory.copiesOf(psk), 0);
});

for (
  const suite of [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  ] as const
) {
  Deno.test(`PrfSecret and deriveProtections() leave nothing but the session's master secret (${suite})`, async () => {
    const acquaintance = new Acquaintance();
    const options = acquaintance.with(both({ cipherSuites: [suite], versions: ONLY_TLS12 }));
    using memory = new MemoryWatch();
    await useConnection(options);
    memory.assertErased(/^gave deriveBits X25519/);
    const keys = memory.passed(/^took importKey raw (HMAC|AES-)/);
    const copies = (isMaster: boolean) =>
      keys.filter(({ bytes }) => (bytes.length === 48) === isMaster)
        .map(({ bytes }) => memory.copiesOf(bytes));
    assertEquals(copies(false).filter((count) => count > 0), []);
    assertEquals(copies(true), [2, 2]); // each end imports what both may resume with
  });
}
