// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { dataPending } from "../../ssl/nss/data_pending.ts";
import { forceHandshake } from "../../ssl/nss/handshake.ts";
import { keyUpdate } from "../../ssl/nss/handshake.ts";
import { SslError } from "../../ssl/base/errors.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { plainRecord, RecordTap, type TappedRecord } from "./_record_tap.ts";
import {
  assertCutOff,
  clientOptions,
  closeAll,
  connected,
  failureOf,
  join,
  type Joined,
  pattern,
  pingPong,
  readAll,
  readExactly,
  shake,
  socketOver,
  turns,
} from "./_support.ts";

const ALERT = 21;
const CLOSE_NOTIFY = [1, 0];

/** Two sockets and a look at every record that the client sends. */
async function tapped(server: ImportOptions = {}): Promise<Joined & { readonly tap: RecordTap }> {
  let tap: RecordTap | undefined;
  const joined = join({
    wrapClient: (conn) => tap = new RecordTap(conn, "client"),
    client: { keyLog: (line) => tap!.keyLog(line) },
    server,
  });
  await shake(joined);
  return { ...joined, tap: tap! };
}

/** What a tapped end has sent since the handshake. */
function sentBy(tap: RecordTap): readonly TappedRecord[] {
  return tap.records.filter(({ epoch }) => epoch === "application");
}

const STARTERS: Readonly<Record<string, (socket: SslSocket) => Promise<unknown>>> = {
  "handshake()": (socket) => socket.handshake(),
  "forceHandshake()": (socket) => forceHandshake(socket),
  "read()": (socket) => socket.read(new Uint8Array(1)),
  "write()": (socket) => socket.write(new Uint8Array([7])),
  "readable": (socket) => socket.readable.getReader().read(),
  "writable": (socket) => socket.writable.getWriter().write(new Uint8Array([7])),
  "closeWrite()": (socket) => socket.closeWrite(),
};

for (const [name, start] of Object.entries(STARTERS)) {
  Deno.test(`SslSocket begins its handshake on the first ${name}, and not before`, async () => {
    for (const role of ["client", "server"] as const) {
      let writes = 0;
      let reads = 0;
      const watch = (conn: ConnLike<Deno.NetAddr>): ConnLike<Deno.NetAddr> => ({
        localAddr: conn.localAddr,
        remoteAddr: conn.remoteAddr,
        read: (p) => (reads++, conn.read(p)),
        write: (p) => (writes++, conn.write(p)),
        close: () => conn.close(),
      });
      await using joined = join({ [role === "client" ? "wrapClient" : "wrapServer"]: watch });
      const [own, peer] = role === "client"
        ? [joined.client, joined.server]
        : [joined.server, joined.client];
      void own.readable;
      void own.writable; // to look at a stream is not to use it
      assertEquals(dataPending(own), 0);
      await turns(3);
      assertEquals([reads, writes], [0, 0]);
      const started = start(own);
      // The peer's handshake ends by what was started here alone.
      assertEquals((await peer.handshake()).version, "TLSv1.3");
      await own.handshake();
      assert(reads > 0 && writes > 0);
      await peer.write(new Uint8Array([1]));
      await started;
    }
  });
}

Deno.test("SslSocket.handshake() runs once, for all callers", async () => {
  await using joined = join();
  const { client } = joined;
  const [a, b] = [client.handshake(), client.handshake()];
  assertStrictEquals(a, b);
  await Promise.all([a, joined.server.handshake()]);
  assertStrictEquals(client.handshake(), a);
  assertEquals((await client.handshake()).cipherSuite, "TLS_AES_128_GCM_SHA256");
});

Deno.test("SslSocket allows one reader at a time, and says so", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  const reading = client.read(new Uint8Array(1));
  const second = await failureOf(client.read(new Uint8Array(1)));
  assertEquals([second.name, second.alert], ["PR_IN_PROGRESS_ERROR", null]);
  const streamed = await failureOf(client.readable.getReader().read());
  assertEquals(streamed.name, "PR_IN_PROGRESS_ERROR");
  // The one reader is none the worse for it.
  await server.write(new Uint8Array([5]));
  assertEquals(await reading, 1);
});

Deno.test("SslSocket reads and writes at the same time", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  const [up, down] = [pattern(1_500_000, 1), pattern(1_500_000, 2)];
  const [atServer, atClient] = await Promise.all([
    readExactly(server, up.length),
    readExactly(client, down.length),
    client.write(up),
    server.write(down),
  ]);
  assertEquals(atServer, up);
  assertEquals(atClient, down);
});

Deno.test("SslSocket.read() fills as much of the buffer as there is", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  assertEquals(await client.read(new Uint8Array(0)), 0);
  await server.write(new Uint8Array([1, 2, 3]));
  const buffer = new Uint8Array(2);
  assertEquals([await client.read(buffer), ...buffer], [2, 1, 2]);
  assertEquals(dataPending(client), 1);
  const large = new Uint8Array(10);
  assertEquals([await client.read(large), large[0]], [1, 3]);
  assertEquals(dataPending(client), 0);
});

Deno.test("SslSocket.write() takes empty writes, parts of buffers and shared memory", async () => {
  const joined = await tapped();
  const { client, server, tap } = joined;
  assertEquals(await client.write(new Uint8Array(0)), 0);
  assertEquals(sentBy(tap), []); // an empty record says nothing
  assertEquals(await client.write(pattern(100).subarray(10, 20)), 10);
  assertEquals(await readExactly(server, 10), pattern(100).slice(10, 20));
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  shared.set([1, 2, 3, 4]);
  assertEquals(await client.write(shared), 4);
  assertEquals(await readExactly(server, 4), new Uint8Array([1, 2, 3, 4]));
  await joined[Symbol.asyncDispose]();
});

Deno.test("SslSocket.write() hands the buffer back when it settles", async () => {
  await using joined = await connected();
  const buffer = new Uint8Array(40_000).fill(1);
  await joined.client.write(buffer);
  buffer.fill(2);
  assertEquals(await readExactly(joined.server, 40_000), new Uint8Array(40_000).fill(1));
});

Deno.test("SslSocket.write() sends data of any length", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  for (const length of [1, 16383, 16384, 16385, 8 * 16384, 8 * 16384 + 1, 3_000_000]) {
    const data = pattern(length, length);
    const [received] = await Promise.all([readExactly(server, length), client.write(data)]);
    assertEquals(received, data);
  }
});

Deno.test("SslSocket.readable and writable carry data to the end and close the socket", async () => {
  const { client, server } = await connected();
  const data = pattern(500_000);
  const [received] = await Promise.all([
    new Response(server.readable).bytes(),
    ReadableStream.from([data.subarray(0, 1000), data.subarray(1000)]).pipeTo(client.writable),
  ]);
  assertEquals(received, data);
  await server.writable.close();
  assertEquals(await new Response(client.readable).bytes(), new Uint8Array(0));
  // Both streams of both ends are through: nothing is left to close.
  for (const socket of [client, server]) {
    assertEquals(
      (await failureOf(socket.write(new Uint8Array(1)))).name,
      "PR_BAD_DESCRIPTOR_ERROR",
    );
  }
  await closeAll(client, server);
});

Deno.test("SslSocket.readable reads into the consumer's buffers and closes them at the end", async () => {
  await using joined = await connected();
  const { client, server } = joined;
  await server.write(pattern(30_000));
  await server.closeWrite();
  const reader = client.readable.getReader({ mode: "byob" });
  let received = 0;
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(7_000));
    if (done) break;
    assertEquals(value, pattern(30_000).slice(received, received + value.length));
    received += value.length;
  }
  assertEquals(received, 30_000);
});

Deno.test("SslSocket.readable closes the socket when it is cancelled", async () => {
  const { client, server } = await connected();
  await client.readable.cancel();
  assertEquals(await server.read(new Uint8Array(1)), null);
  assertEquals((await failureOf(client.write(new Uint8Array(1)))).name, "PR_BAD_DESCRIPTOR_ERROR");
  await closeAll(client, server);
});

Deno.test("SslSocket.writable breaks the connection when it is aborted", async () => {
  const { client, server } = await connected();
  await client.writable.abort(new Error("changed my mind"));
  assertCutOff(await failureOf(server.read(new Uint8Array(1))));
  await closeAll(client, server);
});

Deno.test("SslSocket.closeWrite() ends one direction and leaves the other open", async () => {
  const { tap, client, server } = await tapped();
  await client.write(new Uint8Array([1]));
  await client.closeWrite();
  await client.closeWrite(); // once is enough, twice no error
  assertEquals(await readAll(server), new Uint8Array([1]));
  assertEquals(await server.read(new Uint8Array(1)), null);
  const refused = await failureOf(client.write(new Uint8Array(1)));
  assertEquals(refused.name, "PR_SOCKET_SHUTDOWN_ERROR");
  await server.write(pattern(100_000));
  assertEquals(await readExactly(client, 100_000), pattern(100_000));
  await server.close();
  assertEquals(await client.read(new Uint8Array(1)), null);
  await client.close();
  const alerts = sentBy(tap).filter(({ type }) => type === ALERT);
  assertEquals(alerts.map(({ fragment }) => [...fragment]), [CLOSE_NOTIFY]);
});

Deno.test("SslSocket.close() sends what was written, then close_notify once, then closes the transport", async () => {
  const { tap, client, server } = await tapped();
  const received = readAll(server);
  const writing = client.write(pattern(700_000));
  const closing = client.close();
  assertStrictEquals(client.close(), closing);
  assertEquals(await writing, 700_000);
  await closing;
  assertEquals(await received, pattern(700_000));
  const records = sentBy(tap);
  assertEquals(records.filter(({ type }) => type === ALERT).length, 1);
  assertEquals([...records.at(-1)!.fragment], CLOSE_NOTIFY);
  for (
    const call of [
      client.read(new Uint8Array(1)),
      client.write(new Uint8Array(1)),
      client.closeWrite(),
    ]
  ) {
    assertEquals((await failureOf(call)).name, "PR_BAD_DESCRIPTOR_ERROR");
  }
  await server.close();
});

Deno.test("SslSocket.close() sends what was written before the handshake was complete", async () => {
  const { client, server } = join();
  const writing = client.write(new Uint8Array([1, 2, 3]));
  const [received] = await Promise.all([readAll(server), client.close(), writing]);
  assertEquals(received, new Uint8Array([1, 2, 3]));
  await server.close();
});

Deno.test("SslSocket.close() does not wait for the peer", async () => {
  const { client, server } = await connected();
  await client.close(); // the server neither reads nor closes
  assertEquals(await server.read(new Uint8Array(1)), null);
  await server.close(); // to a peer that is gone
});

Deno.test("SslSocket.close() before any use closes the transport without a word", async () => {
  const { client, server } = join();
  await client.close();
  assertCutOff(await failureOf(server.handshake()));
  assertEquals((await failureOf(client.handshake())).name, "PR_BAD_DESCRIPTOR_ERROR");
  await server.close();
});

Deno.test("SslSocket.close() during the handshake ends it", async () => {
  const [a, b] = memoryPair();
  const client = socketOver(a, clientOptions());
  const handshake = client.handshake();
  await b.read(new Uint8Array(4096)); // the ClientHello, which nobody answers
  await client.close();
  assertEquals((await failureOf(handshake)).name, "PR_BAD_DESCRIPTOR_ERROR");
  assertEquals(await readAll(b), plainRecord(ALERT, new Uint8Array(CLOSE_NOTIFY)));
  b.close();
});

Deno.test("SslSocket.close() ends a handshake that waits for a hook", async () => {
  const { client, server } = join({ client: { authCertificate: () => new Promise(() => {}) } });
  const handshakes = [failureOf(client.handshake()), failureOf(server.handshake())];
  await turns();
  await client.close();
  const [own, peers] = await Promise.all(handshakes);
  assertEquals([own!.name, peers!.name], ["PR_BAD_DESCRIPTOR_ERROR", "PR_END_OF_FILE_ERROR"]);
  await server.close();
});

Deno.test("SslSocket.close() reports what was accepted and could not be sent", async () => {
  let broken = false;
  const { client, server } = await connected({
    wrapClient: (conn) => ({
      localAddr: conn.localAddr,
      remoteAddr: conn.remoteAddr,
      read: (p) => conn.read(p),
      write: (p) => broken ? Promise.reject(new Error("cable cut")) : conn.write(p),
      close: () => conn.close(),
    }),
  });
  broken = true;
  assertEquals(await client.write(new Uint8Array([1])), 1); // sealed and queued
  const error = await failureOf(client.close());
  assertEquals(error.name, "PR_IO_ERROR");
  await assertRejects(() => server.read(new Uint8Array(1)), SslError);
  await server.close();
});

Deno.test("SslSocket.close() reports a transport that does not close", async () => {
  const { client, server } = await connected({
    wrapClient: (conn) => ({
      localAddr: conn.localAddr,
      remoteAddr: conn.remoteAddr,
      read: (p) => conn.read(p),
      write: (p) => conn.write(p),
      close: () => {
        conn.close();
        throw new Error("stuck");
      },
    }),
  });
  const error = await failureOf(client.close());
  assertEquals(error.name, "PR_IO_ERROR");
  assert(error.cause instanceof Error && error.cause.message === "stuck");
  await server.close();
});

Deno.test("SslSocket sends nothing after close_notify, not even a KeyUpdate under way", async () => {
  const { tap, client, server } = await tapped();
  const renewed = keyUpdate(client, true);
  await client.closeWrite();
  await renewed;
  await turns();
  assertEquals([...sentBy(tap).at(-1)!.fragment], CLOSE_NOTIFY);
  await keyUpdate(server, true); // which wants an answer
  await server.write(new Uint8Array([1]));
  assertEquals(await client.read(new Uint8Array(1)), 1);
  await turns();
  assertEquals([...sentBy(tap).at(-1)!.fragment], CLOSE_NOTIFY);
  await closeAll(client, server);
});

Deno.test("SslSocket ignores data after the peer's close_notify", async () => {
  const { tap, client, server } = await tapped();
  await tap.send(
    { type: 23, fragment: new Uint8Array([1]) },
    { type: ALERT, fragment: new Uint8Array(CLOSE_NOTIFY) },
    { type: 23, fragment: new Uint8Array([2]) },
  );
  await tap.sendBytes(new Uint8Array([1, 2, 3, 4, 5, 6])); // no TLS any more
  assertEquals(await readAll(server), new Uint8Array([1]));
  assertEquals(await server.read(new Uint8Array(1)), null);
  // RFC 8446, Section 6.1: the other direction is not affected
  await server.write(new Uint8Array([3]));
  assertEquals(await client.read(new Uint8Array(1)), 1);
  await closeAll(client, server);
});

Deno.test("SslSocket[Symbol.dispose]() cuts the connection, [Symbol.asyncDispose]() closes it", async () => {
  const cut = await connected();
  cut.client[Symbol.dispose]();
  assertCutOff(await failureOf(cut.server.read(new Uint8Array(1))));
  assertEquals(
    (await failureOf(cut.client.read(new Uint8Array(1)))).name,
    "PR_BAD_DESCRIPTOR_ERROR",
  );
  await closeAll(cut.client, cut.server);

  const closed = await connected();
  await closed.client[Symbol.asyncDispose]();
  assertEquals(await closed.server.read(new Uint8Array(1)), null);
  await closed.server[Symbol.asyncDispose]();
});

Deno.test("SslSocket takes an end without close_notify for a truncation", async () => {
  for (const allowTruncation of [false, true]) {
    const { client, server } = await connected({ server: { allowTruncation } });
    await client.write(new Uint8Array([1]));
    await turns();
    client[Symbol.dispose]();
    assertEquals(await server.read(new Uint8Array(9)), 1); // what came is still good
    if (allowTruncation) {
      assertEquals(await server.read(new Uint8Array(9)), null);
    } else {
      const error = await failureOf(server.read(new Uint8Array(9)));
      assertCutOff(error);
      assert(error.message.includes("close_notify"));
      assertStrictEquals(await failureOf(server.write(new Uint8Array(1))), error);
      assertStrictEquals(await failureOf(server.read(new Uint8Array(1))), error);
    }
    await server.close();
  }
});

Deno.test("SslSocket takes an end in the middle of a record for a truncation, whatever is allowed", async () => {
  const { tap, client, server } = await tapped({ allowTruncation: true });
  const record = await tap.seal({ type: 23, fragment: new Uint8Array(100) });
  await tap.sendBytes(record.subarray(0, 50));
  client[Symbol.dispose]();
  assertCutOff(await failureOf(server.read(new Uint8Array(9))));
  await server.close();
});

Deno.test("SslSocket.ref() and unref() reach the transport", () => {
  const calls: string[] = [];
  const { client, server } = join({
    wrapClient: (conn) => ({
      localAddr: conn.localAddr,
      remoteAddr: conn.remoteAddr,
      read: (p) => conn.read(p),
      write: (p) => conn.write(p),
      close: () => conn.close(),
      ref: () => void calls.push("ref"),
      unref: () => void calls.push("unref"),
    }),
  });
  client.unref();
  client.ref();
  server.unref(); // this transport has neither
  assertEquals(calls, ["unref", "ref"]);
});

Deno.test("SslSocket of a plain pair works both ways", async () => {
  await using joined = await connected();
  await pingPong(joined);
});
