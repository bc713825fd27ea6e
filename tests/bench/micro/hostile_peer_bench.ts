// Copyright 2026 the NSS for Deno authors. MIT license.

// What a peer's small pieces cost, beside a queue that keeps each and gives them out by shift().
// `tests/ssl/peer_queues_test.ts` counts the pieces and the bytes.
// Run with `deno bench -A tests/bench/micro/hostile_peer_bench.ts`.

import { ByteQueue } from "../../../ssl/engine/byte_queue.ts";
import { MAX_KEY_UPDATES } from "../../../ssl/engine/flood_limits.ts";
import { connectedEngines, outputOf } from "../../ssl/engine/_engines.ts";

const PIECES = 400_000;
const READ = 16_384;

/** A queue without the joining. */
class ArrayQueue {
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];

  push(piece: Uint8Array<ArrayBuffer>): void {
    this.#pieces.push(piece);
  }

  take(): Uint8Array<ArrayBuffer> | null {
    return this.#pieces.shift() ?? null;
  }
}

for (const [name, Queue] of Object.entries({ ByteQueue, ArrayQueue })) {
  Deno.bench({
    name: `${name}: one read of ${READ} bytes of ${PIECES} pieces of one byte`,
    group: "queue",
    n: 3,
    warmup: 0,
    fn: (b) => {
      const queue = new Queue();
      for (let i = 0; i < PIECES; i++) queue.push(new Uint8Array(1));
      const buffer = new Uint8Array(READ);
      b.start();
      for (let filled = 0; filled < READ;) {
        const piece = queue.take()!.subarray(0, READ - filled);
        buffer.set(piece, filled);
        filled += piece.length;
      }
      b.end();
    },
  });
}

Deno.bench({
  name: `${MAX_KEY_UPDATES} KeyUpdates with a byte between, which is the limit`,
  group: "key updates",
  n: 10,
  warmup: 1,
  fn: async (b) => {
    const { client, server } = await connectedEngines();
    const flights: Uint8Array<ArrayBuffer>[] = [];
    for (let i = 0; i < MAX_KEY_UPDATES; i++) {
      await client.keyUpdate(true);
      client.send(new Uint8Array(1));
      flights.push(await outputOf(client));
    }
    b.start();
    for (const flight of flights) await server.receive(flight);
    b.end();
  },
});
