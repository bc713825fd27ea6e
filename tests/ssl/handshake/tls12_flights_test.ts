// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What the handshakes of TLS 1.2 are made of: how many calls of the PRF wait for each other, and
 * what is in each write. `tests/performance` counts whole handshakes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { ConnLike } from "../../../ssl/connection/transports.ts";
import { PrfSecret } from "../../../ssl/crypto/prf.ts";
import { Deframer } from "../../../ssl/record/deframer.ts";
import { MAX_CIPHERTEXT_LENGTH_TLS12 } from "../../../ssl/record/header.ts";
import { ContentType } from "../../../ssl/tables/content_types.ts";
import { bytesOf } from "../record/tls12_records.ts";
import { join, shake } from "../_support.ts";
import { Acquaintance } from "../_tls12.ts";
import { countSubtleCalls, countSubtleRounds } from "./subtle.ts";

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
