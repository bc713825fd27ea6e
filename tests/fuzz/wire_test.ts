// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import type { Prng } from "../support/prng.ts";
import { type Bytes, cut, fuzz, join, mutate } from "./_support.ts";
import { assertIntact, type Attack, liveBoth, Wire } from "./_wire.ts";
import { meet, pairing, socketOver } from "./_sockets.ts";

/** Cuts bytes into records as far as their headers make sense; the rest is one piece. */
function records(bytes: Bytes): Bytes[] {
  const pieces: Bytes[] = [];
  let at = 0;
  while (bytes.length - at >= 5) {
    const end = at + 5 + (bytes[at + 3]! << 8 | bytes[at + 4]!);
    if (end > bytes.length) break;
    pieces.push(bytes.slice(at, end));
    at = end;
  }
  if (at < bytes.length) pieces.push(bytes.slice(at));
  return pieces;
}

/** An attacker who passes a while, then does one to three things to records, then passes again. */
function attacker(prng: Prng): Attack {
  const seen: Bytes[] = [];
  let patience = prng.integer(0, 12);
  let deeds = prng.integer(1, 3);
  let kept: Bytes | null = null;
  const attack = (record: Bytes): Bytes[] => {
    seen.push(record);
    if (patience-- > 0 || deeds <= 0) return [record];
    deeds--;
    patience = prng.pick([0, 0, 3]);
    switch (prng.integer(0, 9)) {
      case 0:
        return [];
      case 1:
        return [record, record];
      case 2:
        return [prng.pick(seen), record];
      case 3: // later
        kept = record;
        return [];
      case 4: { // other boundaries
        const at = prng.integer(0, record.length);
        return [plain(record[0]!, record.subarray(5, at)), plain(record[0]!, record.subarray(at))];
      }
      case 5: // something made up
        return [plain(prng.integer(19, 26), prng.bytes(prng.integer(0, 40))), record];
      case 6:
        return [
          plain(21, new Uint8Array([prng.integer(0, 3), prng.pick([0, 10, 90, 112])])),
          record,
        ];
      case 7:
        return [plain(20, new Uint8Array([prng.pick([1, 1, 1, 0])])), record];
      case 8: { // another type or version
        const changed = record.slice();
        changed[prng.integer(0, 2)] = prng.integer(0, 30);
        return [changed];
      }
      default:
        return [mutate(prng, record)];
    }
  };
  return (written) => {
    const arriving = records(written).flatMap((record) => {
      const late = kept;
      kept = null;
      return [...attack(record), ...(late === null ? [] : [late])];
    });
    return prng.pick([true, false]) ? arriving : cut(prng, join(arriving));
  };
}

function plain(type: number, fragment: Uint8Array): Bytes {
  const { length } = fragment;
  return new Uint8Array([type, 3, 3, length >> 8, length & 0xff, ...fragment]);
}

fuzz("SslSocket neither hangs, leaks nor lies while the wire is attacked", 120, async (prng) => {
  const options = pairing(prng);
  if (prng.integer(0, 3) === 0) await meet(options); // what follows resumes a session
  const data = {
    client: prng.bytes(prng.pick([0, 5, 20_000])),
    server: prng.bytes(prng.pick([1, 40_000])),
  };
  const wire = new Wire();
  const victims = prng.pick([["client"], ["server"], ["client", "server"]] as const);
  for (const victim of victims) wire[victim].attack = attacker(prng);
  const stories = await liveBoth(
    wire,
    socketOver(wire.client, options.client),
    socketOver(wire.server, options.server),
    data,
  );
  assertIntact(stories.client, data.server);
  assertIntact(stories.server, data.client);
});

fuzz("SslSocket gets through when bytes are only cut anew", 15, async (prng) => {
  const options = pairing(prng);
  const data = { client: prng.bytes(prng.pick([0, 20_000])), server: prng.bytes(40_000) };
  const wire = new Wire();
  wire.client.attack = (written) => cut(prng, written);
  wire.server.attack = (written) => cut(prng, written);
  // What nobody attacks needs no end from outside.
  const stories = await liveBoth(
    { client: wire.client, server: wire.server, endWhenQuiet: async () => {} },
    socketOver(wire.client, options.client),
    socketOver(wire.server, options.server),
    data,
  );
  assertEquals([stories.client.error, stories.server.error], [null, null]);
  assert(stories.client.connected && stories.server.connected);
  assertIntact(stories.client, data.server);
  assertIntact(stories.server, data.client);
});
