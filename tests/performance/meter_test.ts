// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { type Counts, End, none, settled, startCounting, uncounted } from "./_meter.ts";
import { pipe } from "./_pipe.ts";

startCounting(); // for this file: each has a realm of its own

const NOTHING = none();

async function counted(body: () => unknown): Promise<Partial<Counts>> {
  const end = new End();
  await uncounted(() => end.run(body));
  await settled();
  return Object.fromEntries(
    Object.entries(end.take()).filter(([, count]) => count !== 0),
  );
}

const SIXTEEN = new Uint8Array(16);

Deno.test("meter: counts the promises that an end makes, and what follows them", async () => {
  assertEquals(await counted(() => {}), {});
  assertEquals(await counted(() => void Promise.resolve()), { promises: 1 });
  assertEquals(await counted(() => void Promise.resolve().then(() => {})), {
    promises: 2,
    jobs: 1,
  });
  const asynchronous = async () => {
    await null;
  };
  const one = await counted(() => void asynchronous());
  const two = await counted(() => {
    asynchronous();
    asynchronous();
  });
  assertEquals(two, { promises: 2 * (one.promises ?? 0), jobs: 2 * (one.jobs ?? 0) });
});

Deno.test("meter: counts no promise of WebCrypto or the transport", async () => {
  const digest = await counted(() => void crypto.subtle.digest("SHA-256", SIXTEEN));
  assertEquals(digest, { calls: 1, rounds: 1 });
  const key = await counted(() =>
    void crypto.subtle.importKey("raw", SIXTEEN, "AES-GCM", false, ["encrypt"])
  );
  assertEquals(key, { calls: 1 }, "an import waits for no thread");
});

Deno.test("meter: what begins together is one round, what depends on it another", async () => {
  const hash = () => crypto.subtle.digest("SHA-256", SIXTEEN);
  const { rounds: together } = await counted(() => Promise.all([hash(), hash()]));
  assertEquals(together, 1);
  const { rounds: oneByOne } = await counted(async () => {
    await hash();
    await hash();
  });
  assertEquals(oneByOne, 2);
});

Deno.test("meter: counts arrays, their bytes, and bytes that are copied", async () => {
  const cases: [string, () => unknown, Partial<Counts>][] = [
    ["new", () => new Uint8Array(100), { arrays: 1, allocated: 100 }],
    ["of an array", () => new Uint8Array(SIXTEEN), { arrays: 1, allocated: 16, copied: 16 }],
    ["view", () => new Uint8Array(SIXTEEN.buffer, 4), { arrays: 1 }],
    ["DataView", () => new DataView(SIXTEEN.buffer), { arrays: 1 }],
    ["subarray", () => SIXTEEN.subarray(4, 8), { arrays: 1 }],
    ["slice", () => SIXTEEN.slice(4), { arrays: 1, allocated: 12, copied: 12 }],
    ["buffer's slice", () => SIXTEEN.buffer.slice(4), { arrays: 1, allocated: 12, copied: 12 }],
    ["from", () => Uint8Array.from([1, 2]), { arrays: 1, allocated: 2, copied: 2 }],
    ["of", () => Uint8Array.of(1, 2), { arrays: 1, allocated: 2, copied: 2 }],
    ["set", () => SIXTEEN.set([1, 2]), { copied: 2 }],
    ["copyWithin", () => SIXTEEN.copyWithin(0, 12), { copied: 4 }],
    ["encode", () => new TextEncoder().encode("abc"), { arrays: 1, allocated: 3, copied: 3 }],
    ["Uint32Array", () => new Uint32Array(4), { arrays: 1, allocated: 16 }],
  ];
  for (const [name, body, expected] of cases) {
    assertEquals(await counted(() => void body()), expected, name);
  }
});

Deno.test("meter: what one end does is not the other's", async () => {
  const [client, server] = [new End(), new End()];
  const [near, far] = pipe(client, server);
  const buffer = new Uint8Array(32);
  const read = server.run(() => far.read(buffer));
  await client.run(() => near.write(SIXTEEN));
  assertEquals(await read, 16);
  await settled();
  assertEquals(client.take(), { ...NOTHING, io: 1, rounds: 1 });
  assertEquals(server.take(), { ...NOTHING, io: 1, rounds: 1 });
});

Deno.test("meter: a pipe gives what was written, and then its end", async () => {
  const [client, server] = [new End(), new End()];
  const [near, far] = pipe(client, server);
  const buffer = new Uint8Array(10);
  await near.write(SIXTEEN);
  assertEquals([await far.read(buffer), await far.read(buffer)], [10, 6]);
  const waiting = far.read(buffer);
  await near.closeWrite();
  assertEquals([await waiting, await far.read(buffer)], [null, null]);
});
