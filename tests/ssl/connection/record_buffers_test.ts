// Copyright 2026 the NSS for Deno authors. MIT license.

/** The memory of records: freed as soon as their content has been copied. @module */

import { assert, assertEquals } from "@std/assert";
import { type SubtleBuffer, subtleBuffers } from "../handshake/subtle.ts";
import { connected, type Ends, pattern, readExactly } from "../_support.ts";

/** The length of a record that is smaller than that is not worth the call. */
const SMALL = 1024;

const data = pattern(100_000);

/** Sends the data from the server to the client. */
async function transfer({ client, server }: Ends): Promise<void> {
  const written = server.write(data);
  assertEquals(await readExactly(client, data.length), data);
  await written;
}

function assertFreed(buffers: readonly SubtleBuffer[]): void {
  assertEquals(buffers.map(({ buffer }) => buffer.byteLength), buffers.map(() => 0));
}

/** Asserts that all the large records of the data are among the buffers, and have been freed. */
function assertLargeFreed(buffers: readonly SubtleBuffer[]): void {
  const large = buffers.filter(({ length }) => length > SMALL);
  assert(large.length >= data.length / 16384);
  assertFreed(large);
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const versions = { min: version, max: version };

  Deno.test(`SslSocket.read() frees each record that it has copied, before the next collection (${version})`, async () => {
    await using joined = await connected({ client: { versions }, server: { versions } });
    const { returned } = await subtleBuffers("decrypt", () => transfer(joined));
    assertLargeFreed(returned);
  });
}

Deno.test("SslSocket.write() frees each sealed record that it has copied to its output", async () => {
  await using joined = await connected();
  const { returned } = await subtleBuffers("encrypt", () => transfer(joined));
  assertLargeFreed(returned);
});

Deno.test("SslSocket.read() frees the copy of a record that came in pieces", async () => {
  await using joined = await connected({ pair: { chunking: { seed: 1, max: 10_000 } } });
  const { taken } = await subtleBuffers("decrypt", () => transfer(joined));
  const copies = taken.filter(({ length }) => length === 5 + 16384 + 17);
  assertEquals(copies.length, Math.floor(data.length / 16384));
  assertFreed(copies);
});

Deno.test("SslSocket.readable gives records away, and frees none", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  const written = server.write(data);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const reader = client.readable.getReader();
  for (let left = data.length; left > 0;) {
    const { value } = await reader.read();
    pieces.push(value!);
    left -= value!.length;
  }
  await written;
  let at = 0;
  for (const piece of pieces) {
    assertEquals(piece, data.subarray(at, at + piece.length));
    at += piece.length;
  }
  reader.releaseLock();
});
