// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What the cryptography of a handshake costs, in time and in calls to WebCrypto, which the names of
// the benches show. Run with `deno bench tests/bench/micro/key_schedule_bench.ts`.

import {
  generateKeyShare,
  generateKeyShares,
  respondToKeyShare,
} from "../../../ssl/crypto/key_exchange.ts";
import { EarlySecret } from "../../../ssl/crypto/key_schedule.ts";
import { Transcript } from "../../../ssl/crypto/transcript.ts";
import { CipherSpec } from "../../../ssl/record/cipher_spec.ts";
import type { SealedRecord } from "../../../ssl/record/deframer.ts";
import { CIPHER_SUITES, type CipherSuite } from "../../../ssl/tables/cipher_suites.ts";
import { NAMED_GROUPS, namedGroupByName } from "../../../ssl/tables/named_groups.ts";
import { countSubtleCalls } from "../../ssl/handshake/subtle.ts";

/** Registers a bench whose name says how many calls to WebCrypto one run makes. */
async function bench(
  group: string,
  name: string,
  run: () => Promise<unknown>,
): Promise<void> {
  await run(); // what all runs have in common
  const { all, ...calls } = await countSubtleCalls(run);
  const kinds = Object.entries(calls).map(([method, count]) => `${count} ${method}`).join(", ");
  Deno.bench({
    group,
    name: `${name}: ${all} calls (${kinds})`,
    fn: async () => void await run(),
  });
}

/** The key schedule and transcript hashes of one end, as the states of a handshake ask for them. */
async function schedule(
  suite: CipherSuite,
  end: "client" | "server",
  resumed: boolean,
): Promise<void> {
  const hello = new Uint8Array(300);
  const transcript = new Transcript();
  let early = EarlySecret.withoutPsk(suite.hash);
  if (resumed) {
    early = EarlySecret.fromPsk(suite.hash, new Uint8Array(suite.hashLength).fill(1));
    const [binderKey, hash] = await Promise.all([
      early.binderKey("res"),
      transcript.digestWith(hello, suite.hash),
    ]);
    if (end === "client") await binderKey.finishedMac(hash);
    else await binderKey.verifyFinished(hash, hash);
  }
  transcript.setHash(suite.hash);
  transcript.add(hello);
  transcript.add(hello); // ServerHello
  const handshake = early.enterHandshake(new Uint8Array(32).fill(2));
  const helloHash = await transcript.digest();
  const [client, server] = await Promise.all([
    handshake.clientHandshakeTrafficSecret(helloHash),
    handshake.serverHandshakeTrafficSecret(helloHash),
  ]);
  await Promise.all([CipherSpec.create(suite, client), CipherSpec.create(suite, server)]);
  transcript.add(new Uint8Array(1500)); // EncryptedExtensions, Certificate
  if (!resumed) await transcript.digest(); // for CertificateVerify
  transcript.add(new Uint8Array(80));
  const beforeFinished = await transcript.digest();
  if (end === "client") await server.verifyFinished(beforeFinished, beforeFinished);
  else await server.finishedMac(beforeFinished);
  transcript.add(new Uint8Array(36));
  const master = handshake.enterMaster();
  const serverFinished = await transcript.digest();
  const [clientApplication, serverApplication] = await Promise.all([
    master.clientApplicationTrafficSecret(serverFinished),
    master.serverApplicationTrafficSecret(serverFinished),
    master.exporterMasterSecret(serverFinished),
  ]);
  await Promise.all([
    CipherSpec.create(suite, clientApplication),
    CipherSpec.create(suite, serverApplication),
    end === "client"
      ? client.finishedMac(serverFinished)
      : client.verifyFinished(serverFinished, serverFinished),
  ]);
  transcript.add(new Uint8Array(36));
  const resumption = await master.resumptionMasterSecret(await transcript.digest());
  await resumption.resumptionPsk(new Uint8Array(1));
}

for (const suite of CIPHER_SUITES) {
  for (const resumed of [false, true]) {
    const name = `${suite.name}, ${resumed ? "resumed" : "full"}`;
    await bench("key schedule", name, () => schedule(suite, "client", resumed));
  }
}

for (const group of NAMED_GROUPS.filter((group) => group.available())) {
  const { publicKey } = await generateKeyShare(group);
  await bench("key exchange", `${group.name}, client`, () => generateKeyShare(group));
  const client = await generateKeyShare(group);
  const { serverShare } = await respondToKeyShare(group, publicKey);
  await bench("key exchange", `${group.name}, server`, () => respondToKeyShare(group, publicKey));
  await bench(
    "key exchange",
    `${group.name}, client completes`,
    () => client.complete(serverShare),
  );
}
const both = [namedGroupByName("X25519MLKEM768")!, namedGroupByName("x25519")!];
if (both.every((group) => group.available())) {
  await bench("key exchange", "X25519MLKEM768 and x25519, client", () => generateKeyShares(both));
}

const RECORDS = 64;
const content = new Uint8Array(16384);
for (const suite of CIPHER_SUITES) {
  const secret = () =>
    EarlySecret.withoutPsk(suite.hash).enterHandshake(new Uint8Array(32).fill(3))
      .clientHandshakeTrafficSecret(new Uint8Array(suite.hashLength));
  const unlimited = { ...suite, maxRecords: 2 ** 48 };
  const writer = await CipherSpec.create(unlimited, await secret());
  const reader = await CipherSpec.create(unlimited, await secret());
  const sealed: SealedRecord[] = [];
  for (let i = 0; i < RECORDS; i++) {
    const { body: fragment } = await writer.seal(23, content);
    const header = Uint8Array.of(23, 3, 3, fragment.length >> 8, fragment.length & 0xff);
    sealed.push({ type: 23, version: 0x0303, header, fragment, copied: false });
  }
  for (const depth of [1, 8]) {
    const pipelined = async (start: (i: number) => Promise<unknown>) => {
      const window: Promise<unknown>[] = [];
      for (let i = 0; i < RECORDS; i++) {
        if (window.length === depth) await window.shift();
        window.push(start(i));
      }
      await Promise.all(window);
    };
    const name = `${suite.name}, ${RECORDS} records of 16 KiB, ${depth} at once`;
    await bench("records", `seal, ${name}`, () => pipelined(() => writer.seal(23, content)));
    await bench("records", `open, ${name}`, () => {
      const fresh = reader.restart();
      return pipelined((i) => fresh.open(sealed[i]!));
    });
  }
}
