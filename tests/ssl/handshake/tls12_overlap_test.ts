// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What a handshake of TLS 1.2 costs, in causes that no clock shows: calls to WebCrypto, how many of
 * them wait for each other, and writes to the transport. Both ends are counted together.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { ImportOptions } from "../../../ssl/config/import_options.ts";
import type { ConnLike } from "../../../ssl/connection/transports.ts";
import { PrfSecret } from "../../../ssl/crypto/prf.ts";
import type { Tls12CipherSuiteName } from "../../../ssl/tables/cipher_suites.ts";
import { Deframer } from "../../../ssl/record/deframer.ts";
import { MAX_CIPHERTEXT_LENGTH_TLS12 } from "../../../ssl/record/header.ts";
import { ContentType } from "../../../ssl/tables/content_types.ts";
import { bytesOf } from "../record/tls12_records.ts";
import { join, type JoinOptions, PKI, shake } from "../_support.ts";
import { Acquaintance, tls12 } from "../_tls12.ts";
import { countSubtleCalls, countSubtleRounds } from "./subtle.ts";

const AES_128: Tls12CipherSuiteName = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
const X25519: ImportOptions = { groups: ["x25519", "secp256r1"] };

/** Options that fix what the numbers below depend on. */
function fixed(options: JoinOptions = {}): JoinOptions {
  return tls12({
    ...options,
    client: { cipherSuites: [AES_128], ...X25519, ...options.client },
    server: { ...X25519, ...options.server },
  });
}

/** Counts in a handshake of two that have met before, so that certificates are verified already. */
async function countIn<T>(
  count: (run: () => Promise<unknown>) => Promise<T>,
  options: JoinOptions,
  resumed: boolean,
): Promise<T> {
  const two = new Acquaintance();
  await two.meet(fixed(options));
  const client = { ...options.client, ...(resumed ? {} : { peerId: "another one" }) };
  await using joined = join(two.with(fixed({ ...options, client })));
  return await count(async () => {
    const infos = await shake(joined);
    assertEquals(infos.map((info) => info.resumed), [resumed, resumed]);
  });
}

const CLIENT_AUTH: JoinOptions = {
  client: { certificates: [PKI.client.credential] },
  server: { clientAuth: "require" },
};

// Of the calls of a full handshake, 24 are the HMACs of master secret, key block and two Finished
// messages, each computed at both ends.
for (
  const [what, options, resumed, calls, rounds] of [
    ["full", {}, false, 53, 28],
    ["full, with a client's certificate", CLIENT_AUTH, false, 59, 28],
    ["resumed", {}, true, 32, 15],
  ] as const
) {
  Deno.test(`A handshake of TLS 1.2 (${what}) makes ${calls} calls to WebCrypto at both ends, in ${rounds} rounds`, async () => {
    const counted = await countIn(countSubtleCalls, options, resumed);
    assertEquals(counted.all, calls, JSON.stringify(counted));
    assertEquals(await countIn(countSubtleRounds, options, resumed), rounds);
  });
}

Deno.test("PrfSecret.expand() computes n blocks in n + 1 rounds, by 2 n calls", async () => {
  const secret = await PrfSecret.import("SHA-256", bytesOf(48));
  for (const [length, blocks] of [[1, 1], [32, 1], [33, 2], [64, 2], [65, 3], [128, 4]] as const) {
    const expand = () => secret.expand("key expansion", bytesOf(64), length);
    assertEquals(await countSubtleRounds(expand), blocks + 1);
    assertEquals(await countSubtleCalls(expand), { all: 2 * blocks, sign: 2 * blocks });
  }
});

/** Notes the types of the records of each write. */
class Writes {
  readonly writes: string[] = [];

  readonly wrap = (conn: ConnLike<Deno.NetAddr>): ConnLike<Deno.NetAddr> => ({
    localAddr: conn.localAddr,
    remoteAddr: conn.remoteAddr,
    read: (p) => conn.read(p),
    write: (p) => {
      this.writes.push(typesIn(p));
      return conn.write(p);
    },
    close: () => conn.close(),
  });
}

const NAMES = new Map<number, string>([
  [ContentType.handshake, "handshake"],
  [ContentType.changeCipherSpec, "change_cipher_spec"],
]);

function typesIn(bytes: Uint8Array): string {
  const deframer = new Deframer();
  deframer.limit = MAX_CIPHERTEXT_LENGTH_TLS12;
  deframer.push(bytes.slice());
  const types: string[] = [];
  for (let record; (record = deframer.next()) !== null;) types.push(NAMES.get(record.type)!);
  assertEquals(deframer.pending, false, "records leave whole");
  return types.join(", ");
}

const HELLO = "handshake";
const KEYED = "change_cipher_spec, handshake";

for (
  const [what, resumed, expected] of [
    ["full", false, {
      client: [HELLO, `handshake, ${KEYED}`],
      server: ["handshake", `handshake, ${KEYED}`],
    }],
    ["resumed", true, {
      client: [HELLO, KEYED],
      server: [`handshake, ${KEYED}`],
    }],
  ] as const
) {
  Deno.test(`Each flight of a handshake of TLS 1.2 leaves in one write (${what})`, async () => {
    const two = new Acquaintance();
    if (resumed) await two.meet();
    const [client, server] = [new Writes(), new Writes()];
    const joined = join({
      ...two.with({}),
      wrapClient: client.wrap,
      wrapServer: server.wrap,
    });
    const [{ resumed: isResumed }] = await shake(joined);
    assertEquals(isResumed, resumed);
    assertEquals({ client: client.writes, server: server.writes }, {
      client: [...expected.client],
      server: [...expected.server],
    });
    await joined[Symbol.asyncDispose]();
  });
}
