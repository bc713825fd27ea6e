// Copyright 2026 the NSS for Deno authors. MIT license.

/** The memory of records: freed as soon as their content has been copied. @module */

import { assert, assertEquals } from "@std/assert";
import { subtleBuffers } from "../handshake/subtle.ts";
import { connected, pattern, readExactly } from "../_support.ts";

/** The length of a record that is smaller than that is not worth the call. */
const SMALL = 1024;

const data = pattern(100_000);

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const versions = { min: version, max: version };

  Deno.test(`SslSocket.read() frees each record that it has copied, before the next collection (${version})`, async () => {
    await using joined = await connected({ client: { versions }, server: { versions } });
    const { client, server } = joined;
    const { returned } = await subtleBuffers("decrypt", async () => {
      const written = server.write(data);
      assertEquals(await readExactly(client, data.length), data);
      await written;
    });
    const large = returned.filter(({ length }) => length > SMALL);
    assert(large.length >= data.length / 16384);
    assertEquals(large.map(({ buffer }) => buffer.byteLength), large.map(() => 0));
  });
}

Deno.test("SslSocket.write() frees each sealed record that it has copied to its output", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  const { returned } = await subtleBuffers("encrypt", async () => {
    const written = server.write(data);
    assertEquals(await readExactly(client, data.length), data);
    await written;
  });
  const large = returned.filter(({ length }) => length > SMALL);
  assert(large.length >= data.length / 16384);
  assertEquals(large.map(({ buffer }) => buffer.byteLength), large.map(() => 0));
});

Deno.test("SslSocket.read() frees the copy of a record that came in pieces", async () => {
  await using joined = await connected({ pair: { chunking: { seed: 1, max: 10_000 } } });
  const { client, server } = joined;
  const { taken } = await subtleBuffers("decrypt", async () => {
    const written = server.write(data);
    assertEquals(await readExactly(client, data.length), data);
    await written;
  });
  const copies = taken.filter(({ length }) => length === 5 + 16384 + 17);
  assertEquals(copies.length, Math.floor(data.length / 16384));
  assertEquals(copies.map(({ buffer }) => buffer.byteLength), copies.map(() => 0));
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
