// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type Chunking, memoryPair, memoryStreams } from "./memory_pair.ts";
import { Prng } from "./prng.ts";

const CHUNKINGS: Chunking[] = ["whole", "byte", { seed: 7, max: 300 }];

for (const chunking of CHUNKINGS) {
  Deno.test(`memoryPair() carries bytes whole and in order: ${JSON.stringify(chunking)}`, async () => {
    const [a, b] = memoryPair({ chunking, capacity: 1000 });
    const sent = new Prng(1).bytes(20_000);
    const got: number[] = [];
    const send = async (): Promise<void> => {
      for (let i = 0; i < sent.length; i += 1500) await a.write(sent.subarray(i, i + 1500));
      await a.closeWrite();
    };
    const receive = async (): Promise<void> => {
      const buffer = new Uint8Array(4096);
      for (;;) {
        const n = await b.read(buffer);
        if (n === null) return;
        if (chunking === "byte") assertEquals(n, 1);
        got.push(...buffer.subarray(0, n));
      }
    };
    await Promise.all([send(), receive()]);
    assertEquals(Uint8Array.from(got), sent);
    a.close();
    b.close();
  });
}

Deno.test("memoryPair() lets the other end read what was written before the closing, then the end", async () => {
  const [a, b] = memoryPair();
  await a.write(Uint8Array.of(1, 2, 3));
  a.close();
  const buffer = new Uint8Array(8);
  assertEquals(await b.read(buffer), 3);
  assertEquals(await b.read(buffer), null);
  await assertRejects(() => b.write(Uint8Array.of(1)), Deno.errors.BrokenPipe);
  await assertRejects(() => a.read(buffer), Deno.errors.BadResource);
  b.close();
});

Deno.test("memoryPair() makes a writer wait for its reader", async () => {
  const [a, b] = memoryPair({ capacity: 10 });
  await a.write(new Uint8Array(10));
  let written = false;
  const second = a.write(new Uint8Array(1)).then(() => written = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert(!written);
  await b.read(new Uint8Array(10));
  await second;
  a.close();
  b.close();
});

Deno.test("memoryPair() breaks both ends at a reset", async () => {
  const [a, b] = memoryPair();
  const reading = b.read(new Uint8Array(1));
  a.reset();
  await assertRejects(() => reading, Deno.errors.ConnectionReset);
  await assertRejects(() => a.write(Uint8Array.of(1)), Deno.errors.ConnectionReset);
  a.close();
  b.close();
});

Deno.test("memoryStreams() carries bytes and the end of both directions", async () => {
  const [a, b] = memoryStreams({ chunking: { seed: 3, max: 10 } });
  const sent = new Prng(2).bytes(1000);
  const send = async (): Promise<void> => {
    const writer = a.writable.getWriter();
    await writer.write(sent);
    await writer.close();
  };
  const echo = b.readable.pipeTo(b.writable);
  const [back] = await Promise.all([new Response(a.readable).bytes(), send(), echo]);
  assertEquals(back, sent);
});

Deno.test("Prng gives the same numbers for the same seed, others for another", () => {
  assertEquals(new Prng(5).bytes(33), new Prng(5).bytes(33));
  assertNotEquals(new Prng(5).bytes(33), new Prng(6).bytes(33));
  const prng = new Prng(9);
  const seen = new Set(Array.from({ length: 200 }, () => prng.integer(3, 6)));
  assertEquals([...seen].sort(), [3, 4, 5, 6]);
});
