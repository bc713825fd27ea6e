// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { SslError } from "../../ssl/base/errors.ts";
import { HandshakeJoiner, MAX_HANDSHAKE_SIZE } from "../../ssl/messages/handshake.ts";
import { Deframer } from "../../ssl/record/deframer.ts";
import { MAX_PLAINTEXT_LENGTH } from "../../ssl/record/header.ts";
import type { Prng } from "../support/prng.ts";
import { assertTyped, type Bytes, cut, fuzz, join, mutate } from "./_support.ts";

/** Takes records out of chunks whose bytes are overwritten as soon as that is allowed. */
function deframe(chunks: readonly Bytes[]): { records: string[]; error: string | null } {
  const deframer = new Deframer();
  const records: string[] = [];
  try {
    for (const chunk of chunks) {
      const reused = chunk.slice();
      deframer.push(reused);
      for (let record; (record = deframer.next()) !== null;) {
        assert(record.fragment.length <= MAX_PLAINTEXT_LENGTH);
        records.push(`${record.type} ${record.version} ${record.fragment.toHex()}`);
      }
      deframer.finishChunk();
      reused.fill(0xee);
    }
    return { records, error: null };
  } catch (error) {
    assertTyped(error, SslError);
    return { records, error: (error as SslError).message };
  }
}

function someRecords(prng: Prng): Bytes {
  return join(Array.from({ length: prng.integer(1, 8) }, () => {
    const length = prng.pick([0, 1, 2, 40, 300, MAX_PLAINTEXT_LENGTH, MAX_PLAINTEXT_LENGTH + 1]);
    const type = prng.pick([20, 21, 22, 22, 23, 23]);
    return join([new Uint8Array([type, 3, 3, length >> 8, length & 0xff]), prng.bytes(length)]);
  }));
}

fuzz("Deframer finds the same records however the bytes are cut", 400, (prng) => {
  const bytes = prng.pick([true, false]) ? someRecords(prng) : mutate(prng, someRecords(prng));
  assertEquals(deframe(cut(prng, bytes)), deframe([bytes]));
});

function joinMessages(fragments: readonly Bytes[]): { messages: string[]; error: string | null } {
  const joiner = new HandshakeJoiner();
  const messages: string[] = [];
  const raws: Bytes[] = [];
  try {
    for (const fragment of fragments) {
      const reused = fragment.slice();
      joiner.push(reused);
      reused.fill(0xee);
      for (let message; (message = joiner.next()) !== null;) {
        assert(message.body.length <= MAX_HANDSHAKE_SIZE);
        messages.push(message.raw.toHex());
        raws.push(message.raw);
      }
    }
    // Messages are their owner's: nothing that came later has changed them.
    assertEquals(raws.map((raw) => raw.toHex()), messages);
    return { messages, error: null };
  } catch (error) {
    assertTyped(error, SslError);
    return { messages, error: (error as SslError).message };
  }
}

fuzz("HandshakeJoiner finds the same messages however they are cut", 400, (prng) => {
  const messages = join(Array.from({ length: prng.integer(1, 8) }, () => {
    const length = prng.pick([0, 1, 3, 4, 5, 900, MAX_HANDSHAKE_SIZE, MAX_HANDSHAKE_SIZE + 1]);
    const header = new Uint8Array([prng.integer(0, 255), length >> 16, length >> 8, length]);
    return join([header, prng.bytes(Math.min(length, 70_000))]);
  }));
  const bytes = prng.pick([true, false]) ? messages : mutate(prng, messages);
  assertEquals(joinMessages(cut(prng, bytes)), joinMessages([bytes]));
});
