// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * SslEngine.receiveEarly(): the records of the next chunk are opened while those of the current one
 * still are.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import { DEFAULT_WINDOW, type SslEngine } from "../../../ssl/engine/engine.ts";
import { concat } from "../../../cert/base/bytes.ts";
import { pattern } from "../_support.ts";
import { countSubtleCalls } from "../handshake/subtle.ts";
import { connectedEngines, outputOf, pass } from "./_engines.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The number of records of a chunk that are opened at once. */
const WINDOW = 2 * DEFAULT_WINDOW;

/** Two engines that have nothing left to say. */
async function quietEngines() {
  const engines = await connectedEngines();
  await engines.server.ticketsReady;
  engines.server.send(pattern(1));
  await pass(engines.server, engines.client);
  engines.client.takeApplicationData();
  return engines;
}

/** What an engine has received, up to now. */
function received(engine: SslEngine): Bytes {
  const pieces: Bytes[] = [];
  for (let piece; (piece = engine.takeApplicationData()) !== null;) pieces.push(piece);
  return concat(pieces);
}

/** Receives two chunks, the second one early, in buffers that are then overwritten. */
async function receiveBoth(engine: SslEngine, first: Bytes, second: Bytes): Promise<void> {
  const buffers = [first.slice(), second.slice()] as const;
  const processed = engine.receive(buffers[0]);
  const early = engine.receiveEarly(buffers[1]);
  await processed;
  buffers[0].fill(0xff);
  await engine.receive(early ? null : buffers[1]);
  buffers[1].fill(0xff);
}

/** Records with and without changes of keys between them. */
async function mixedRecords(server: SslEngine): Promise<Bytes> {
  const parts: Bytes[] = [];
  for (let i = 0; i < 6; i++) {
    server.send(pattern(10 + i));
    parts.push(await outputOf(server));
    if (i % 2 === 1) {
      await server.keyUpdate(false);
      parts.push(await outputOf(server));
    }
  }
  return concat(parts);
}

const EXPECTED = concat(Array.from({ length: 6 }, (_, i) => pattern(10 + i)));

Deno.test("SslEngine.receiveEarly() loses nothing, wherever the chunks are cut and keys change", async () => {
  const { length } = await mixedRecords((await quietEngines()).server);
  for (let cut = 0; cut <= length; cut += 3) {
    const { client, server } = await quietEngines();
    const bytes = await mixedRecords(server);
    await receiveBoth(client, bytes.subarray(0, cut), bytes.subarray(cut));
    assertEquals(received(client), EXPECTED, `cut at ${cut} of ${length}`);
  }
});

Deno.test("SslEngine.receiveEarly() begins to open all records before the first chunk is used up", async () => {
  const { client, server } = await quietEngines();
  const chunks: Bytes[] = [];
  for (let i = 0; i < 2; i++) {
    const parts: Bytes[] = [];
    for (let record = 0; record < WINDOW; record++) {
      server.send(pattern(100));
      parts.push(await outputOf(server));
    }
    chunks.push(concat(parts));
  }
  const calls = await countSubtleCalls(async () => {
    const processed = client.receive(chunks[0]!);
    assertEquals(client.receiveEarly(chunks[1]!), true);
    await processed;
  });
  assertEquals(calls.decrypt, 2 * WINDOW);
  assertEquals(received(client).length, 100 * WINDOW);
  await client.receive(null);
  assertEquals(received(client).length, 100 * WINDOW);
});

for (const over of [0, 1]) {
  Deno.test(`SslEngine.receiveEarly() declines while two windows of records wait (${over} more than fit)`, async () => {
    const { client, server } = await quietEngines();
    const parts: Bytes[] = [];
    for (let i = 0; i < 2 * WINDOW + over; i++) {
      server.send(pattern(1));
      parts.push(await outputOf(server));
    }
    server.send(pattern(2));
    const second = await outputOf(server);
    const processed = client.receive(concat(parts));
    const early = client.receiveEarly(second);
    assertEquals(early, over === 0);
    await processed;
    assertEquals(received(client).length, parts.length);
    await client.receive(early ? null : second);
    assertEquals(received(client), pattern(2));
  });
}

Deno.test("SslEngine.receiveEarly() keeps a bad record for its turn", async () => {
  const { client, server } = await quietEngines();
  server.send(pattern(10));
  const first = await outputOf(server);
  server.send(pattern(20));
  const second = await outputOf(server);
  second[second.length - 1]! ^= 1;
  const processed = client.receive(first);
  assertEquals(client.receiveEarly(second), true);
  await processed;
  assertEquals(received(client), pattern(10));
  const error = await assertRejects(() => client.receive(null), SslError);
  assertEquals(error.name, "SSL_ERROR_BAD_MAC_READ");
});

Deno.test("SslEngine.receiveEarly() declines after the peer's end", async () => {
  const { client, server } = await quietEngines();
  server.close();
  await pass(server, client);
  assertEquals(client.receiveEarly(pattern(10)), false);
});
