// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What a thousand idle connections cost before a TLS library keeps anything of its own: a TCP
 * connection with a pending read, and the heap's room for what handshakes leave behind, which V8
 * keeps. Imports nothing of this package.
 *
 * `deno run -A --v8-flags=--expose-gc tests/bench/limits/idle_memory.ts`
 *
 * @module
 */

/** What a handshake of a client leaves behind for the garbage collector, in bytes. */
const GARBAGE = 370 * 1024;
const COUNT = 1000;

async function collect(): Promise<void> {
  const gc: unknown = Reflect.get(globalThis, "gc");
  if (typeof gc !== "function") throw new Error("Cannot measure without --v8-flags=--expose-gc");
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Measures how much a thousand of something add to the memory of the process. */
async function measure(what: string, make: () => Promise<unknown>): Promise<void> {
  const kept: unknown[] = [];
  for (let i = 0; i < 50; i++) kept.push(await make()); // code is compiled, pools have grown
  await collect();
  const before = Deno.memoryUsage().rss;
  for (let i = 0; i < COUNT; i++) kept.push(await make());
  const grown = Deno.memoryUsage().rss - before;
  await collect();
  const left = Deno.memoryUsage().rss - before;
  const [most, least] = [grown, left].map((bytes) => (bytes / COUNT / 1024).toFixed(1));
  const line = `${what}: ${most} KiB each of ${kept.length - 50}, ${least} after a collection\n`;
  await Deno.stdout.write(new TextEncoder().encode(line));
}

/** What the handshakes under way have made: ten are at once. */
const underWay: unknown[][] = [];

/** Objects of the sizes that a handshake makes, a quarter of which live until its end. */
function handshake(): void {
  const alive: unknown[] = [];
  for (let bytes = 0; bytes < GARBAGE; bytes += 120) {
    const object = { a: bytes, b: [bytes, bytes + 1] };
    if (bytes % 480 === 0) alive.push(object);
  }
  underWay.push(alive);
  if (underWay.length > 10) underWay.shift();
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

await measure("a TCP connection and its peer, a read pending at each", async () => {
  const [near, far] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  for (const end of [near, far]) end.read(new Uint8Array(2048)).catch(() => {});
  return [near, far];
});

await measure("the objects of a handshake, none of which is kept", async () => {
  handshake();
  await Promise.resolve();
});

Deno.exit();
