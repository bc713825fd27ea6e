// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { concat } from "../../../cert/base/bytes.ts";
import { ByteQueue, PIECE_COST } from "../../../ssl/engine/byte_queue.ts";
import { Prng } from "../../support/prng.ts";
import { pattern } from "../_support.ts";

/** All pieces of a queue. */
function drain(queue: ByteQueue): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let piece; (piece = queue.take()) !== null;) pieces.push(piece);
  return pieces;
}

/** The next bytes of a queue, at most so many. */
function read(queue: ByteQueue, limit: number): Uint8Array<ArrayBuffer> {
  const into = new Uint8Array(limit);
  return into.subarray(0, queue.read(into));
}

Deno.test("ByteQueue gives back what was put in, however it is cut", () => {
  const prng = new Prng(14);
  for (let round = 0; round < 50; round++) {
    const queue = new ByteQueue();
    const put: Uint8Array<ArrayBuffer>[] = [];
    const taken: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for (let step = 0; step < 200; step++) {
      if (prng.integer(0, 2) > 0) {
        const size = prng.pick([0, 1, 7, 1023, 1024, 5000, 16384]);
        const piece = prng.bytes(size + prng.pick([0, 0, 20000])).subarray(0, size);
        put.push(piece.slice());
        queue.push(piece);
        length += size;
      } else {
        const limit = prng.pick([0, 1, 100, 1024, 20000, 70000, Infinity]);
        const piece = limit === Infinity ? queue.take() : read(queue, limit);
        assertEquals(
          piece?.length ?? 0,
          limit === Infinity ? piece?.length ?? 0 : Math.min(limit, length),
        );
        if (piece !== null) taken.push(piece);
        length -= piece?.length ?? 0;
      }
      assertEquals([queue.length, queue.length === 0], [length, queue.cost === 0]);
    }
    assertEquals(concat([...taken, ...drain(queue)]), concat(put));
    assertEquals([queue.length, queue.cost, queue.take()], [0, 0, null]);
  }
});

Deno.test("ByteQueue joins small pieces: 400,000 that hold one byte each are 26 in the end", () => {
  const queue = new ByteQueue();
  const bytes = pattern(400_000);
  for (let i = 0; i < bytes.length; i++) queue.push(bytes.slice(i, i + 1));
  assert(queue.cost < 1.1 * bytes.length, `${queue.cost}`);
  const pieces = drain(queue);
  assertEquals(pieces.length, 26); // of 16 KiB, and the first byte alone
  assertEquals(concat(pieces), bytes);
});

Deno.test("ByteQueue does not copy records of a usual size, nor the only piece", () => {
  for (const lengths of [[1, 1024], [16384, 16384, 9000]]) {
    const pieces = lengths.map((length) => pattern(length));
    const queue = new ByteQueue();
    for (const piece of pieces) queue.push(piece);
    for (const [i, piece] of drain(queue).entries()) assertStrictEquals(piece, pieces[i]);
  }
});

Deno.test("ByteQueue.cost is what is kept, and at most three times what was put in", () => {
  const shapes: Record<string, (i: number) => Uint8Array<ArrayBuffer>> = {
    "bytes": () => new Uint8Array(1),
    "padded bytes": () => new Uint8Array(16384).subarray(0, 1),
    "bytes between pieces just too long to be joined": (i) =>
      new Uint8Array(i % 2 === 0 ? 1 : 1024),
    "padded pieces": () => new Uint8Array(16384).subarray(0, 1024),
    "pieces just too long to be joined to one": () => new Uint8Array(1023),
    "records": () => new Uint8Array(16384),
  };
  for (const [shape, make] of Object.entries(shapes)) {
    const queue = new ByteQueue();
    for (let i = 0; i < 2000; i++) queue.push(make(i));
    const { length, cost } = queue;
    assert(cost <= 3 * length + 16384 + 2 * PIECE_COST, `${shape}: ${cost} for ${length} bytes`);
    const pieces = drain(queue);
    const kept = pieces.reduce((sum, { buffer }) => sum + buffer.byteLength + PIECE_COST, 0);
    assertEquals(cost, kept, shape);
  }
});

Deno.test("ByteQueue adds nothing to a piece that it has given away", () => {
  const queue = new ByteQueue();
  for (let i = 0; i < 3; i++) queue.push(Uint8Array.of(i));
  assertEquals(drain(queue), [Uint8Array.of(0), Uint8Array.of(1, 2)]);
  for (let i = 3; i < 6; i++) queue.push(Uint8Array.of(i));
  const [first, second] = drain(queue);
  structuredClone(first, { transfer: [first!.buffer] }); // as a byte stream does
  assertEquals(second, Uint8Array.of(4, 5));
});

Deno.test("ByteQueue.read() frees a large buffer with its last byte, and none that is given away", () => {
  const queue = new ByteQueue();
  const pieces = [1020, 1024, 16384, 16384].map((length) => pattern(length));
  for (const piece of pieces) queue.push(piece);
  const freed = () => pieces.map(({ buffer }) => buffer.byteLength === 0);
  read(queue, 1020 + 1023);
  assertEquals(freed(), [false, false, false, false]);
  read(queue, 1 + 16383);
  assertEquals(freed(), [false, true, false, false]);
  read(queue, 1);
  assertEquals(freed(), [false, true, true, false]);
  assertEquals(queue.take(), pieces[3]);
  assertEquals(freed(), [false, true, true, false]);
});
