// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { keyUpdate } from "../../ssl/nss/handshake.ts";
import { SslError } from "../../ssl/base/errors.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import type { Prng } from "../support/prng.ts";
import { assertTyped, type Bytes, cut, fuzz, join, settles, turn } from "./_support.ts";
import { type Story, Wire, type WireEnd } from "./_wire.ts";
import { pairing, socketOver } from "./_sockets.ts";

/** Whose errors are the caller's own fault. */
const OWN_FAULTS = [
  "PR_IN_PROGRESS_ERROR",
  "PR_BAD_DESCRIPTOR_ERROR",
  "PR_SOCKET_SHUTDOWN_ERROR",
  "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION", // keyUpdate() in TLS 1.2
];

/** Uses a socket in any order, without waiting for one thing to end before the next begins. */
async function play(
  prng: Prng,
  socket: SslSocket<unknown>,
  end: WireEnd,
  mayClose: boolean,
): Promise<{ story: Story; written: Bytes }> {
  const pending: Promise<unknown>[] = [];
  const written: Bytes[] = [];
  const read: Bytes[] = [];
  let error: SslError | null = null;
  const start = (action: Promise<unknown>) => {
    pending.push(action.catch((thrown) => {
      assertTyped(thrown, SslError);
      if (!OWN_FAULTS.includes((thrown as SslError).name)) error ??= thrown as SslError;
    }));
  };
  const reader = (async () => {
    for (;;) {
      const buffer = new Uint8Array(prng.pick([1000, 20_000, 200_000]));
      let count;
      try {
        count = await socket.read(buffer);
      } catch (error) {
        // The second reader was faster, between two reads of this one.
        if (!(error instanceof SslError) || error.name !== "PR_IN_PROGRESS_ERROR") throw error;
        await turn();
        continue;
      }
      if (count === null) return true;
      read.push(buffer.slice(0, count));
    }
  })();
  reader.catch(() => {}); // awaited below
  let writing: Promise<unknown> = Promise.resolve();
  let closed = false;
  for (let times = prng.integer(3, 20); times > 0 && !closed; times--) {
    switch (prng.integer(0, 11)) {
      case 0:
        start(keyUpdate(socket, prng.pick([true, false])));
        break;
      case 1:
        start(socket.handshake());
        break;
      case 2:
        // A second reader is refused, where there is a first at this moment.
        start(socket.read(new Uint8Array(0)));
        break;
      case 3:
        await turn();
        break;
      case 4:
        await writing.catch(() => {});
        break;
      case 5:
        if (mayClose && prng.integer(0, 3) === 0) {
          closed = true;
          start(socket.close());
        }
        break;
      case 6:
        if (mayClose && prng.integer(0, 7) === 0) {
          closed = true;
          socket[Symbol.dispose]();
        }
        break;
      default: {
        const bytes = prng.bytes(prng.pick([0, 1, 100, 16_384, 16_385, 70_000]));
        writing = socket.write(bytes).then((count) => {
          assertEquals(count, bytes.length);
        });
        written.push(bytes);
        start(writing);
      }
    }
  }
  start(socket.write(new Uint8Array(0)));
  await writing.catch(() => {});
  await Promise.all(pending);
  start(socket.closeWrite());
  let clean = false;
  try {
    clean = await reader;
  } catch (thrown) {
    assertTyped(thrown, SslError);
    error ??= thrown as SslError;
  }
  await Promise.all(pending);
  await socket.close().catch((thrown) => assertTyped(thrown, SslError));
  assert(end.closed, "a closed socket leaves its transport open");
  return {
    story: { read: join(read), error: clean ? null : error, connected: true },
    written: join(written),
  };
}

/**
 * Asserts that what was read is the beginning of what was written; bytes after it are of a write
 * that was refused.
 */
function assertBeginning(story: Story, written: Bytes, complete: boolean): void {
  assertEquals(story.read, written.subarray(0, story.read.length));
  if (complete) assertEquals(story.read.length, written.length);
}

fuzz("SslSocket keeps its order under any use of it", 30, async (prng) => {
  const options = pairing(prng);
  const mayClose = prng.pick([true, false]);
  const wire = new Wire();
  if (prng.pick([true, false])) {
    wire.client.attack = (bytes) => cut(prng, bytes);
    wire.server.attack = (bytes) => cut(prng, bytes);
  }
  const window = () => ({ window: prng.pick([1, 2, 8, 16]) });
  const [client, server] = await settles(
    "a connection",
    Promise.all([
      play(prng, socketOver(wire.client, options.client, window()), wire.client, mayClose),
      play(prng, socketOver(wire.server, options.server, window()), wire.server, mayClose),
    ]),
  );
  if (!mayClose) {
    assertEquals([client.story.error, server.story.error], [null, null]);
  }
  assertBeginning(client.story, server.written, !mayClose);
  assertBeginning(server.story, client.written, !mayClose);
});
