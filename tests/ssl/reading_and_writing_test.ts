// Copyright 2026 the NSS for Deno authors. MIT license.

/** What `read` and `write` take, and what several writes at once do. @module */

import { assertEquals, assertRejects } from "@std/assert";
import { MAX_WAITING_WRITES, WAITING_WRITE_COST } from "../../ssl/connection/connection.ts";
import { concat } from "../../cert/base/bytes.ts";
import { Prng } from "../support/prng.ts";
import { connected, failureOf, pattern, readAll, readExactly } from "./_support.ts";

/** Passes what the compiler would refuse. */
const untyped = (value: unknown) => value as Uint8Array<ArrayBuffer>;

const NO_BYTES = [
  "text",
  "",
  7,
  0,
  null,
  undefined,
  true,
  1n,
  [1, 2],
  {},
  new Blob(["x"]),
  () => 1,
];

Deno.test("SslSocket.write() throws a TypeError for everything that is no BufferSource, and sends nothing", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  for (const value of NO_BYTES) {
    await assertRejects(() => client.write(untyped(value)), TypeError, "Cannot write: ");
  }
  await client.write(Uint8Array.of(1));
  const closed = client.closeWrite();
  assertEquals(await readAll(server), Uint8Array.of(1));
  await closed;
});

Deno.test("SslSocket.writable refuses texts, and says how they become bytes", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  await assertRejects(
    () => ReadableStream.from(["text"]).pipeTo(untyped(client.writable) as never),
    TypeError,
    "TextEncoderStream",
  );
  await client.write(Uint8Array.of(1)); // the connection is as it was
  assertEquals(await readExactly(server, 1), Uint8Array.of(1));
});

Deno.test("SslSocket.write() and read() take any BufferSource", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  const words = Uint16Array.of(0x0201, 0x0403);
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  shared.set([5, 6, 7, 8]);
  const sources = [words, words.buffer, new DataView(words.buffer, 1, 2), shared];
  for (const source of sources) {
    assertEquals(await client.write(untyped(source)), source.byteLength);
  }
  assertEquals(
    [...await readExactly(server, 14)],
    [1, 2, 3, 4, 1, 2, 3, 4, 2, 3, 5, 6, 7, 8],
  );
  for (const into of [new Uint16Array(2), new ArrayBuffer(4), new DataView(new ArrayBuffer(4))]) {
    await client.write(Uint8Array.of(1, 2, 3, 4));
    assertEquals(await server.read(untyped(into)), 4);
    const memory = into instanceof ArrayBuffer ? into : into.buffer;
    assertEquals([...new Uint8Array(memory)], [1, 2, 3, 4]);
  }
});

Deno.test("SslSocket.read() throws a TypeError for everything that is no BufferSource, and takes nothing", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  await client.write(Uint8Array.of(9));
  for (const value of NO_BYTES) {
    await assertRejects(() => server.read(untyped(value)), TypeError, "Cannot read: ");
  }
  assertEquals(await readExactly(server, 1), Uint8Array.of(9));
});

Deno.test("SslSocket.write() waits its turn while another is in progress, and so does closeWrite()", async () => {
  const prng = new Prng(28);
  await using joined = await connected({ pair: { capacity: 1000 } });
  const { client, server } = joined;
  const parts = Array.from(
    { length: 40 },
    (_, i) => pattern(prng.pick([0, 1, 50_000, 300_000]), i),
  );
  const settled: number[] = [];
  const writes = parts.map((part, i) =>
    client.write(part).then((count) => {
      settled.push(i);
      assertEquals(count, part.length);
    })
  );
  const closed = client.closeWrite();
  assertEquals(await readAll(server), concat(parts));
  await Promise.all([...writes, closed]);
  assertEquals(settled, parts.map((_, i) => i));
});

Deno.test("SslSocket.write() and writable may be used at the same time", async () => {
  await using joined = await connected({ pair: { capacity: 1000 } });
  const { client, server } = joined;
  const writer = client.writable.getWriter();
  const writes = [client.write(pattern(100_000)), writer.write(pattern(100_000)), writer.close()];
  assertEquals((await readAll(server)).length, 200_000);
  await Promise.all(writes);
});

Deno.test("SslSocket.close() sends what waits its turn", async () => {
  await using joined = await connected({ pair: { capacity: 1000 } });
  const { client, server } = joined;
  const writes = [1, 2, 3].map((seed) => client.write(pattern(200_000, seed)));
  const closed = client.close();
  assertEquals((await readAll(server)).length, 600_000);
  await Promise.all([...writes, closed]);
});

Deno.test("SslSocket.write() after closeWrite() is refused, whatever waits", async () => {
  await using joined = await connected({ pair: { capacity: 1000 } });
  const { client, server } = joined;
  const writing = client.write(pattern(100_000));
  const closed = client.closeWrite();
  const late = await failureOf(client.write(Uint8Array.of(1)));
  assertEquals(late.name, "PR_SOCKET_SHUTDOWN_ERROR");
  assertEquals((await readAll(server)).length, 100_000);
  await Promise.all([writing, closed]);
});

Deno.test("SslSocket.write() that waits fails with the connection, as the one before it", async () => {
  await using joined = await connected({ pair: { capacity: 1000 } });
  const { client, server } = joined;
  const writes = [1, 2].map(() => failureOf(client.write(pattern(1_000_000))));
  await readExactly(server, 1);
  server[Symbol.dispose]();
  const [first, second] = await Promise.all(writes);
  assertEquals(first, second);
});

Deno.test("SslSocket.write() says that bytes were taken away while it waited", async () => {
  await using joined = await connected({ pair: { capacity: 1000 } });
  const { client, server } = joined;
  const first = client.write(pattern(100_000));
  const data = new Uint8Array(10);
  const second = failureOf(client.write(data));
  structuredClone(data, { transfer: [data.buffer] });
  assertEquals((await readExactly(server, 100_000)).length, 100_000);
  assertEquals([await first, (await second).name], [100_000, "SEC_ERROR_INVALID_ARGS"]);
});

Deno.test("MAX_WAITING_WRITES bounds the writes that wait, and what they cost", async () => {
  for (const size of [0, 1 << 16]) {
    await using joined = await connected({ pair: { capacity: 1000 } });
    const { client, server } = joined;
    const writes = [client.write(pattern(1_000_000))];
    const data = new Uint8Array(size);
    const room = Math.ceil(MAX_WAITING_WRITES / (size + WAITING_WRITE_COST));
    for (let i = 0; i < room; i++) writes.push(client.write(data));
    assertEquals((await failureOf(client.write(data))).name, "PR_IN_PROGRESS_ERROR");
    await readExactly(server, 1_000_000 + room * size);
    await Promise.all(writes);
    const last = client.write(data); // there is room again
    await Promise.all([last, readExactly(server, size)]);
  }
});
