// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Closing over byte streams, whose sink may take bytes, and fail, after they were written.
 *
 * @module
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { importFD } from "../../../ssl/import_fd.ts";
import type { SslSocket } from "../../../ssl/base/socket_type.ts";
import type { ImportOptions } from "../../../ssl/config/import_options.ts";
import {
  clientOptions,
  closeAll,
  failureOf,
  IMPATIENCE,
  pattern,
  pingPong,
  readAll,
  readExactly,
  serverOptions,
  shake,
} from "../_support.ts";

const LENGTH = 1_000_000;

/** What a sink does with what the client sends. */
interface SinkOptions {
  /**
   * What it does with each chunk before it passes it on; the number is that of the bytes before.
   */
  readonly write?: (bytes: number) => Promise<void>;
  /** What it does at its end. */
  readonly close?: () => Promise<void>;
  /** What is done to each chunk for the client before it is passed on. */
  readonly answer?: () => Promise<void>;
  readonly client?: ImportOptions;
}

interface Piped {
  readonly client: SslSocket;
  readonly server: SslSocket;
  /** The number of bytes that the sink has passed on. */
  taken(): number;
}

/** Joins two sockets; the client's sink has a queue in which everything has room. */
async function piped(
  { write, close, answer, client: options }: SinkOptions = {},
): Promise<Piped> {
  const up = new TransformStream<Uint8Array, Uint8Array>(
    undefined,
    undefined,
    new ByteLengthQueuingStrategy({ highWaterMark: 1 << 24 }),
  );
  const down = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      await answer?.();
      controller.enqueue(chunk);
    },
  });
  const writer = up.writable.getWriter();
  let taken = 0;
  const sink = new WritableStream<Uint8Array>({
    async write(chunk) {
      await write?.(taken);
      await writer.write(chunk);
      taken += chunk.length;
    },
    async close() {
      await close?.();
      await writer.close();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: 1 << 24 }));
  const client = importFD(
    { readable: down.readable, writable: sink },
    clientOptions(options),
  );
  const server = importFD({ readable: up.readable, writable: down.writable }, serverOptions());
  await shake({ client, server });
  return { client, server, taken: () => taken };
}

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

Deno.test("SslSocket.close() over byte streams settles when the sink has everything, and is closed", async () => {
  let closed = false;
  const { client, server, taken } = await piped({
    write: pause,
    close: async () => {
      await pause();
      closed = true;
    },
  });
  const before = taken();
  await client.write(pattern(LENGTH));
  const received = readAll(server);
  const answering = received.then(() => server.close());
  await client.close();
  assertEquals([taken() > before + LENGTH, closed], [true, true]);
  assertEquals(await received, pattern(LENGTH));
  await answering;
});

Deno.test("SslSocket.close() over byte streams reports a sink that fails after it was written to", async () => {
  const cause = new Error("disk full");
  const { client, server } = await piped({
    write: async (bytes) => {
      await pause();
      if (bytes > LENGTH / 2) throw cause;
    },
  });
  await client.write(pattern(LENGTH));
  const error = await failureOf(client.close());
  assertEquals(error.name, "PR_IO_ERROR");
  assertStrictEquals(error.cause, cause);
  await closeAll(client, server);
});

for (const length of [1, LENGTH]) {
  Deno.test(`SslSocket.close() over byte streams reports a sink that fails at its end (${length} bytes)`, async () => {
    const cause = new Error("upload refused");
    const { client, server } = await piped({ close: () => Promise.reject(cause) });
    await client.write(pattern(length));
    assertEquals(await readExactly(server, length), pattern(length));
    const error = await failureOf(client.close());
    assertEquals([error.name, error.message], [
      "PR_IO_ERROR",
      "Cannot close: the transport failed: upload refused",
    ]);
    assertStrictEquals(error.cause, cause);
    await closeAll(client, server);
  });
}

Deno.test("SslSocket.close() over byte streams takes a sink that its peer has closed for done, also where the peer's end comes later", async () => {
  const gone = Promise.withResolvers<void>();
  let slow = false;
  const { client, server } = await piped({
    close: () => gone.promise,
    answer: () => slow ? pause() : Promise.resolve(),
  });
  await client.write(pattern(LENGTH));
  assertEquals(await readExactly(server, LENGTH), pattern(LENGTH));
  const closing = client.close();
  assertEquals(await readAll(server), new Uint8Array());
  slow = true;
  await server.close();
  gone.resolve();
  await closing;
});

for (const stuck of ["write", "close"] as const) {
  Deno.test(`SslSocket.close() over byte streams waits no longer than closeTimeout for a sink that is stuck in ${stuck}(), and says so`, async () => {
    let begun = false;
    const { client, server } = await piped({
      client: { closeTimeout: IMPATIENCE },
      [stuck]: () => begun || stuck === "close" ? new Promise(() => {}) : Promise.resolve(),
    });
    begun = true;
    await client.write(pattern(100));
    const error = await failureOf(client.close());
    assertEquals(error.name, "PR_IO_TIMEOUT_ERROR");
    await closeAll(client, server);
  });
}

Deno.test("SslSocket.close() over byte streams waits for no sink where nothing was written", async () => {
  const { client, server } = await piped({ close: () => new Promise(() => {}) });
  await client.close();
  await server.close();
});

/** Streams that are joined without a queue: nothing goes in before it is read. */
async function joinedStreams(): Promise<{ client: SslSocket; server: SslSocket }> {
  const up = new TransformStream<Uint8Array>();
  const down = new TransformStream<Uint8Array>();
  const ends = {
    client: importFD({ readable: down.readable, writable: up.writable }, clientOptions()),
    server: importFD({ readable: up.readable, writable: down.writable }, serverOptions()),
  };
  await shake(ends);
  return ends;
}

for (const order of ["client first", "server first", "both at once"]) {
  Deno.test(`SslSocket.close() of both ends of a pair of streams waits for nobody to read the other's end (${order})`, async () => {
    for (const use of [shake, pingPong]) {
      const ends = await joinedStreams();
      await use(ends);
      const { client, server } = ends;
      if (order === "both at once") await Promise.all([client.close(), server.close()]);
      else {
        const [first, second] = order === "client first" ? [client, server] : [server, client];
        await first.close();
        await second.close();
      }
    }
  });
}

Deno.test("SslSocket.close() over byte streams reports a peer that cancels what it has not read", async () => {
  const { client, server } = await joinedStreams();
  await client.write(pattern(100));
  const closing = failureOf(client.close());
  await server.close();
  const error = await closing;
  assertEquals([error.name, error.message], [
    "PR_CONNECT_RESET_ERROR",
    "Cannot write: the transport failed: the other end has closed it",
  ]);
});
