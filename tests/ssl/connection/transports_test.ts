// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a transport may return, and what is made of anything else. @module */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type ConnLike, importFD } from "@nss/nss";
import {
  checkedCount,
  MAX_EMPTY_CHUNKS,
  StreamTransport,
} from "../../../ssl/connection/transports.ts";
import { clientOptions, failureOf, join, shake } from "../_support.ts";

/** What a connection may return by mistake; the compiler knows it as a number. */
const untyped = (value: unknown) => value as number;

/** A connection over no network. */
function connOf(calls: Partial<ConnLike>): ConnLike {
  return {
    localAddr: {},
    remoteAddr: {},
    read: () => new Promise(() => {}),
    write: (p) => Promise.resolve(p.length),
    close() {},
    ...calls,
  };
}

Deno.test("checkedCount() takes 1 to the length, and nothing else", () => {
  for (const call of ["read", "write"] as const) {
    for (const count of [1, 9, 10]) assertEquals(checkedCount(call, count, 10), count);
    for (const count of [0, -1, 11, 1.5, NaN, Infinity, "5", 5n, undefined, true, {}, [1]]) {
      assertThrows(() => checkedCount(call, count, 10), Error, `${call}() of the connection`);
    }
  }
});

for (const count of [0, NaN, 1.5, -1, 1_000_000, untyped("5"), untyped(undefined)]) {
  Deno.test(`SslSocket refuses a transport whose read() returns ${count}, in the handshake and after it`, async () => {
    let reads = 0;
    const read = () => (reads++, Promise.resolve(count));
    const error = await failureOf(importFD(connOf({ read }), clientOptions()).handshake());
    assertEquals([error.name, reads], ["PR_IO_ERROR", 1]);

    let bad = false;
    await using joined = join({
      wrapClient: (conn) => ({
        ...connOf({}),
        localAddr: conn.localAddr,
        remoteAddr: conn.remoteAddr,
        read: (p) => bad ? Promise.resolve(count) : conn.read(p),
        write: (p) => conn.write(p),
        close: () => conn.close(),
      }),
    });
    await shake(joined);
    bad = true;
    assertEquals((await failureOf(joined.client.read(new Uint8Array(1)))).name, "PR_IO_ERROR");
  });
}

for (const count of [0, NaN, 1.5, -1, 1_000_000, untyped("5"), untyped(undefined)]) {
  Deno.test(`SslSocket refuses a transport whose write() returns ${count}`, async () => {
    let writes = 0;
    const write = () => (writes++, Promise.resolve(count));
    const error = await failureOf(importFD(connOf({ write }), clientOptions()).handshake());
    assertEquals([error.name, writes], ["PR_IO_ERROR", 1]);
  });
}

Deno.test("a transport's write() may return less than it was given, and is called with the rest", async () => {
  await using joined = join({
    wrapClient: (conn) => ({
      ...connOf({}),
      localAddr: conn.localAddr,
      remoteAddr: conn.remoteAddr,
      read: (p) => conn.read(p),
      write: (p) => conn.write(p.subarray(0, 100)),
      close: () => conn.close(),
    }),
  });
  await shake(joined);
});

/** A transport over a stream of these chunks, which are all there at once. */
function transportOf(chunks: Iterable<unknown>): StreamTransport {
  const readable = ReadableStream.from(chunks) as ReadableStream<Uint8Array>;
  return new StreamTransport({ readable, writable: new WritableStream() });
}

function* emptyChunks(count: number, then: Uint8Array) {
  for (let i = 0; i < count; i++) yield new Uint8Array(0);
  yield then;
}

Deno.test("MAX_EMPTY_CHUNKS of a stream may follow each other, one more may not", async () => {
  const buffer = new Uint8Array(8);
  for (const extra of [0, 1]) {
    const transport = transportOf(emptyChunks(MAX_EMPTY_CHUNKS + extra, Uint8Array.of(7)));
    if (extra === 0) {
      assertEquals([await transport.read(buffer), buffer[0]], [1, 7]);
      assertEquals(await transport.read(buffer), null);
    } else {
      await assertRejects(() => transport.read(buffer), Error, "empty chunks came in a row");
    }
    transport.close();
  }
});

Deno.test("a stream of empty chunks that are all there at once lets timers run", async () => {
  const transport = transportOf(emptyChunks(MAX_EMPTY_CHUNKS, Uint8Array.of(7)));
  let isRead = false;
  const order: string[] = [];
  setTimeout(() => order.push(isRead ? "late" : "in time"), 0);
  await transport.read(new Uint8Array(1));
  isRead = true;
  assertEquals(order, ["in time"]);
  transport.close();
});

Deno.test("a stream that gives no bytes is refused by name", async () => {
  const { readable, writable } = new TransformStream();
  const socket = importFD({ readable, writable: new WritableStream() }, clientOptions());
  const handshake = failureOf(socket.handshake());
  await writable.getWriter().write("text");
  const error = await handshake;
  assertEquals(
    [error.name, error.message],
    ["PR_IO_ERROR", "Cannot read: the transport failed: the stream gave a string instead of bytes"],
  );
});

Deno.test("a stream may give any BufferSource", async () => {
  const words = Uint16Array.of(0x0201, 0x0403);
  const transport = transportOf([words.buffer, words, new DataView(words.buffer, 1, 2)]);
  const buffer = new Uint8Array(4);
  const read = [];
  for (let n; (n = await transport.read(buffer)) !== null;) read.push([...buffer.subarray(0, n)]);
  assertEquals(read, [[1, 2, 3, 4], [1, 2, 3, 4], [2, 3]]);
  transport.close();
});
