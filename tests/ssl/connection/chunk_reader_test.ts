// Copyright 2026 the NSS for Deno authors. MIT license.

/** The memory that a connection reads into: little while it waits, much in a transfer. @module */

import { assert, assertEquals, assertNotStrictEquals, assertRejects } from "@std/assert";
import {
  ChunkBuffers,
  ChunkReader,
  CROWDED_CHUNK_LENGTH,
  MAX_CHUNK_LENGTH,
  MAX_CHUNKS,
  MIN_CHUNK_LENGTH,
} from "../../../ssl/connection/chunk_reader.ts";
import { type ConnLike, ConnTransport } from "../../../ssl/connection/transports.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { memoryPair } from "../../support/memory_pair.ts";
import { connected, pattern, readExactly } from "../_support.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A transport that notes what it is to read into, and fills it as far as it is told. */
class Source extends ConnTransport<Deno.NetAddr> {
  readonly buffers: Bytes[] = [];
  readonly #counts: readonly (number | "all" | null)[];

  constructor(counts: readonly (number | "all" | null)[]) {
    super(memoryPair()[0]);
    this.#counts = counts;
  }

  override read(p: Bytes): Promise<number | null> {
    const count = this.#counts[this.buffers.length];
    this.buffers.push(p);
    if (count === undefined) return Promise.reject(new Error("broken"));
    return Promise.resolve(count === "all" ? p.length : count);
  }

  get lengths(): number[] {
    return this.buffers.map(({ length }) => length);
  }
}

/** Reads all chunks, reading ahead like a pump. */
async function readAll(reader: ChunkReader): Promise<void> {
  while (await reader.next() !== null) {
    reader.readAhead(() => false);
    reader.release();
  }
}

Deno.test("ChunkReader waits with 2 KiB, whatever came before, and reads sixteen records at once while data flows", async () => {
  const source = new Source(["all", "all", "all", 266_319, "all", 1, 2047, "all", "all", null]);
  await readAll(new ChunkReader(source));
  const [wait, flow] = [MIN_CHUNK_LENGTH, MAX_CHUNK_LENGTH];
  assertEquals([wait, flow], [2048, 266_320]);
  assertEquals(source.lengths, [4096, flow, flow, flow, wait, flow, wait, wait, flow, flow]);
});

Deno.test("ChunkReader.shrink() waits with 2 KiB after a full chunk, too", async () => {
  const source = new Source(["all", "all", "all"]);
  const reader = new ChunkReader(source);
  for (let i = 0; i < 3; i++) {
    await reader.next();
    reader.release();
    reader.shrink();
  }
  assertEquals(source.lengths, [4096, MIN_CHUNK_LENGTH, MIN_CHUNK_LENGTH]);
});

Deno.test("ChunkReader never reads ahead into the memory of the chunk that is being used", async () => {
  const source = new Source(Array(9).fill("all"));
  const reader = new ChunkReader(source);
  let used: ArrayBuffer | undefined;
  for (let i = 0; i < 8; i++) {
    const chunk = await reader.next();
    used = chunk!.bytes.buffer;
    reader.readAhead(() => false);
    assertNotStrictEquals(source.buffers.at(-1)!.buffer, used);
    reader.release();
  }
});

Deno.test("ChunkReaders share large buffers, one after the other", async () => {
  const buffers = new Set<ArrayBuffer>();
  for (let i = 0; i < 20; i++) {
    const source = new Source(["all", 10, null]);
    await readAll(new ChunkReader(source));
    buffers.add(source.buffers[1]!.buffer);
  }
  assertEquals(buffers.size, 1);
});

Deno.test("ChunkReader lends no buffer on that a failed transport might still write to", async () => {
  const failing = new Source(["all"]);
  const reader = new ChunkReader(failing);
  await reader.next();
  await assertRejects(() => reader.next(), SslError);
  for (let i = 0; i < 20; i++) {
    const source = new Source(["all", 10, null]);
    await readAll(new ChunkReader(source));
    assertNotStrictEquals(source.buffers[1]!.buffer, failing.buffers[1]!.buffer);
  }
});

Deno.test("ChunkReaders have at most 32 MiB in chunks of the maximum length; the others read four records at once", async () => {
  assert(MAX_CHUNKS * MAX_CHUNK_LENGTH <= 1 << 25);
  assert((MAX_CHUNKS + 1) * MAX_CHUNK_LENGTH > 1 << 25);
  const buffers = new ChunkBuffers();
  const readers: ChunkReader[] = [];
  const lengths: number[] = [];
  const read = async () => {
    const source = new Source(["all", "all"]);
    const reader = new ChunkReader(source, undefined, buffers);
    readers.push(reader);
    await reader.next();
    await reader.next();
    lengths.push(source.lengths[1]!);
  };
  while (readers.length < MAX_CHUNKS + 1) await read();
  assertEquals(lengths.slice(0, MAX_CHUNKS), Array(MAX_CHUNKS).fill(MAX_CHUNK_LENGTH));
  assertEquals(lengths.slice(MAX_CHUNKS), [CROWDED_CHUNK_LENGTH]);
  readers[0]!.release();
  await read();
  await read();
  assertEquals(lengths.slice(-2), [MAX_CHUNK_LENGTH, CROWDED_CHUNK_LENGTH]);
  for (const reader of readers) reader.release();
  await read();
  assertEquals(lengths.at(-1), MAX_CHUNK_LENGTH);
});

Deno.test("SslSocket waits with a read of 2 KiB after the handshake, and after a transfer that has ended", async () => {
  const lengths: number[] = [];
  const spy = (conn: ConnLike<Deno.NetAddr>) => {
    const read = conn.read.bind(conn);
    conn.read = (p) => {
      lengths.push(p.length);
      return read(p);
    };
    return conn;
  };
  await using joined = await connected({ wrapClient: spy });
  const { client, server } = joined;
  const buffer = new Uint8Array(65_536);
  for (const length of [1, 1000, 300_000, 1_000_000, 5]) {
    const pending = client.read(buffer.subarray(0, 1)); // the application waits for its peer
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(lengths.at(-1), MIN_CHUNK_LENGTH);
    const written = server.write(pattern(length));
    await pending;
    await readExactly(client, length - 1);
    await written;
  }
  assert(lengths.includes(MAX_CHUNK_LENGTH));
});
