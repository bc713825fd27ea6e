// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

// The event loop while the keys of PKCS#12 are derived, and what is derived at the same time.

import { setImmediate } from "node:timers";
import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { crypto as std } from "@std/crypto/crypto";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import {
  digestOfNode,
  digestOfStd,
  iterateHash,
  loadDigest,
  LOOK,
  SLICE,
  TimeSlices,
  WAIT_ITERATIONS,
} from "../../../pkcs11/pbe/iterated_hash.ts";
import { exportPkcs12, type ExportPkcs12Options } from "../../../pkcs11/pkcs12/export_pkcs12.ts";
import { importPkcs12 } from "../../../pkcs11/pkcs12/import_pkcs12.ts";
import { countDigests } from "../../support/count_digests.ts";

const password = "correct horse";
const keys = await generateKeyPair("ec-p256", { extractable: true });
const certificate = await createCertificate({ ...keys, subject: "CN=server.example" });
const CONTENT = { key: keys.privateKey, certificates: [certificate], password } as const;

/** Calls a function with each synchronous digest before it is computed. */
async function watchDigests(before: () => void, run: () => Promise<unknown>): Promise<void> {
  const original = std.subtle.digestSync;
  const own = Object.getOwnPropertyDescriptor(std.subtle, "digestSync");
  const value = (...args: Parameters<typeof original>) => {
    before();
    return Reflect.apply(original, std.subtle, args);
  };
  Object.defineProperty(std.subtle, "digestSync", { value, configurable: true, writable: true });
  try {
    await run();
  } finally {
    Reflect.deleteProperty(std.subtle, "digestSync");
    if (own !== undefined) Object.defineProperty(std.subtle, "digestSync", own);
  }
}

const iterations = 5_000;

/** What a look at the clock is late by at most: a step that is as long as two of those before. */
const LATE = 3 * LOOK;

/** Runs with a clock that only what is computed moves. */
async function withClock(run: (clock: { now: number }) => Promise<void>): Promise<void> {
  const clock = { now: 0 };
  Object.defineProperty(performance, "now", { value: () => clock.now, configurable: true });
  try {
    await run(clock);
  } finally {
    Reflect.deleteProperty(performance, "now");
  }
}

/** Returns the most time that digests took in one turn of the event loop, and their number. */
async function timeOfATurn(
  cost: number,
  run: () => Promise<unknown>,
): Promise<{ readonly most: number; readonly digests: number; readonly turns: number }> {
  let [most, digests, turns, ofTurn, isDone] = [0, 0, 0, 0, false];
  const turn = () => {
    if (ofTurn > 0) turns++;
    ofTurn = 0;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    await withClock((clock) =>
      watchDigests(() => {
        digests++;
        clock.now += cost;
        most = Math.max(most, ofTurn += cost);
      }, run)
    );
  } finally {
    isDone = true;
  }
  return { most, digests, turns };
}

Deno.test("exportPkcs12() and importPkcs12() compute for at most 6 ms a turn of the event loop, whatever a digest costs", async () => {
  assertEquals(SLICE, 6);
  for (const encryption of ["aes-256", "weak-3des-sha1"] as const) {
    for (const [cost, iterations] of [[0.002, 5_000], [0.05, 300], [1, 50], [8, 10]] as const) {
      let file = new Uint8Array();
      for (
        const run of [
          async () => void (file = await exportPkcs12({ ...CONTENT, encryption, iterations })),
          () => importPkcs12(file, password),
        ]
      ) {
        const { most, digests, turns } = await timeOfATurn(cost, run);
        assertLessOrEqual(most, Math.max(SLICE + LATE, SLICE + cost));
        // One block for the MAC; for 3DES two for each of two keys and one for each of two IVs
        const blocks = encryption === "aes-256" ? 1 : 7;
        assertEquals(digests, blocks * (iterations - 1));
        // And not in many more turns than that takes
        assertLessOrEqual(turns, Math.ceil(digests * cost / SLICE) + blocks);
      }
    }
  }
});

Deno.test("importPkcs12() computes for at most 6 ms a turn for all files together", async () => {
  const file = await exportPkcs12({ ...CONTENT, iterations });
  const { most, digests } = await timeOfATurn(
    0.01,
    () => Promise.all([1, 2, 3, 4, 5].map(() => importPkcs12(file, password))),
  );
  assertEquals(digests, 5 * (iterations - 1));
  assertLessOrEqual(most, SLICE + LATE);
  // Many short derivations are work like a long one
  const { most: ofShort } = await timeOfATurn(0.01, () =>
    Promise.all(
      Array.from({ length: 50 }, () => iterateHash("SHA-256", new Uint8Array(32), 100)),
    ));
  assertLessOrEqual(ofShort, SLICE + LATE);
});

Deno.test("TimeSlices.run() takes turns among those that work, and takes a unit for a microsecond where the clock stands still", async () => {
  let now = 0;
  const order: string[] = [];
  const slices = new TimeSlices(() => now, () => Promise.resolve(void order.push("turn")));
  const worker = (name: string, steps: number) =>
    slices.run(() => {
      now += SLICE;
      order.push(name);
      return --steps > 0;
    });
  await Promise.all([worker("a", 3), worker("b", 2), worker("c", 1)]);
  assertEquals(order.join(" "), "a turn a turn b turn c turn a turn b");

  let [units, most] = [0, 0];
  const still = new TimeSlices(() => 0, () => Promise.resolve(void (units = 0)));
  let left = 50_000;
  await still.run((more) => {
    most = Math.max(most, units += more);
    return (left -= more) > 0;
  });
  assertLessOrEqual(most, 1_000 * (SLICE + LATE));
});

Deno.test("TimeSlices.run() tells what a step throws, and goes on with the others", async () => {
  const slices = new TimeSlices(() => 0, () => Promise.resolve());
  await assertRejects(() =>
    slices.run(() => {
      throw new RangeError("a step");
    }), RangeError);
  let steps = 3;
  await slices.run(() => --steps > 0);
  assertEquals(steps, 0);
});

Deno.test("exportPkcs12() and importPkcs12() let each timer that is due run between two slices, and I/O after twenty of them", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [client, server] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: (listener.addr as Deno.NetAddr).port }),
    listener.accept(),
  ]);
  listener.close();
  let isDone = false;
  let echoes = 0;
  const echoing = (async () => {
    const byte = new Uint8Array(1);
    for (; !isDone; echoes++) {
      await client.write(byte);
      await server.read(byte);
    }
  })();
  const slices = { begun: 0, late: 0 };
  /** The slices since the last echo, and the most. */
  let [silent, longest, heard] = [0, 0, 0];
  let isLate = false;
  const before = (clock: { now: number }) => {
    // A slice of one digest each, so that timers are due when it ends
    clock.now += SLICE;
    // The timer of the slice before, which was due when that ended
    if (isLate) slices.late++;
    slices.begun++;
    silent = echoes > heard ? 0 : silent + 1;
    heard = echoes;
    longest = Math.max(longest, silent);
    isLate = true;
    setTimeout(() => isLate = false, 1);
    // deno-lint-ignore no-empty
    for (const end = Date.now() + 3; Date.now() < end;) {}
  };
  try {
    await withClock((clock) =>
      watchDigests(() => before(clock), async () => {
        const file = await exportPkcs12({ ...CONTENT, iterations: 21 });
        isLate = false;
        await importPkcs12(file, password);
      })
    );
  } finally {
    isDone = true;
    await echoing;
    client.close();
    server.close();
  }
  assertEquals(slices, { begun: 40, late: 0 });
  assertLessOrEqual(longest, 20); // of 29, if it did not wait: the machine may be busy
});

Deno.test("digestOfNode() and digestOfStd() compute the digests of WebCrypto", async () => {
  const node = await import("node:crypto");
  for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"] as const) {
    const ways = [
      digestOfNode(node, hash),
      digestOfNode({ createHash: node.createHash }, hash), // before Node 20.12
      await digestOfStd(hash),
      await loadDigest(hash),
    ];
    for (const length of [0, 1, 20, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1_000]) {
      const bytes = crypto.getRandomValues(new Uint8Array(length));
      const expected = new Uint8Array(await crypto.subtle.digest(hash, bytes));
      for (const way of ways) assertEquals(new Uint8Array(way(bytes)), expected);
    }
  }
});

Deno.test("iterateHash() overwrites all digests but the first and the last", async () => {
  const seen: Uint8Array[] = [];
  const original = std.subtle.digestSync;
  const spy = (...args: Parameters<typeof original>) => {
    const result = Reflect.apply(original, std.subtle, args);
    seen.push(new Uint8Array(result));
    return result;
  };
  const own = Object.getOwnPropertyDescriptor(std.subtle, "digestSync");
  Object.defineProperty(std.subtle, "digestSync", { value: spy, configurable: true });
  const first = new Uint8Array(32).fill(1);
  try {
    const last = await iterateHash("SHA-256", first, 500);
    assertEquals(seen.at(-1), last);
  } finally {
    Reflect.deleteProperty(std.subtle, "digestSync");
    if (own !== undefined) Object.defineProperty(std.subtle, "digestSync", own);
  }
  assertEquals(seen.length, 500);
  assert(seen.slice(0, -1).every((bytes) => bytes.every((byte) => byte === 0)));
  assert(first.every((byte) => byte === 1));
});

/** What is derived, in order: `PBKDF2` and its length, and `MAC` at its first and last digest. */
async function derivations(
  macDigests: number,
  run: () => Promise<unknown>,
): Promise<readonly string[]> {
  const { subtle } = crypto;
  const events: string[] = [];
  const names = ["deriveBits", "deriveKey"] as const;
  for (const name of names) {
    const original = subtle[name];
    const value = (...args: unknown[]) => {
      const [algorithm] = args;
      const isWait = Reflect.get(Object(algorithm), "iterations") === WAIT_ITERATIONS;
      if (!isWait) events.push("PBKDF2");
      return Reflect.apply(original, subtle, args);
    };
    Object.defineProperty(subtle, name, { value, configurable: true });
  }
  let digests = 0;
  try {
    await watchDigests(() => {
      digests++;
      if (digests === 1) events.push("MAC begins");
      if (digests === macDigests) events.push("MAC ends");
    }, run);
  } finally {
    for (const name of names) Reflect.deleteProperty(subtle, name);
  }
  return events;
}

const exportWith = (options: Partial<ExportPkcs12Options> = {}) =>
  exportPkcs12({ ...CONTENT, iterations, ...options });

Deno.test("exportPkcs12() begins all derivations at once, those of WebCrypto on other threads", async () => {
  const events = await derivations(iterations - 1, () => exportWith());
  assertEquals(events.toSorted(), ["MAC begins", "MAC ends", "PBKDF2", "PBKDF2"]);
  assertEquals(events.at(-1), "MAC ends");
});

Deno.test("importPkcs12() derives the keys of two parts while it verifies the MAC", async () => {
  const file = await exportWith();
  const during = await derivations(iterations - 1, () => importPkcs12(file, password));
  assertEquals(during.toSorted(), ["MAC begins", "MAC ends", "PBKDF2", "PBKDF2"]);
  assertEquals(during.at(-1), "MAC ends");
  // With PBMAC1, whose work is that of one part, one
  const modern = await exportWith({ encryption: "aes-256-pbmac1" });
  assertEquals(
    await derivations(0, () => importPkcs12(modern, password)),
    ["PBKDF2", "PBKDF2", "PBKDF2"],
  );
  // A wrong password costs no more than the MAC and these
  const wrong = await derivations(
    iterations - 1,
    () => assertRejects(() => importPkcs12(file, "wrong"), NssError),
  );
  assertEquals(wrong.toSorted(), ["MAC begins", "MAC ends", "PBKDF2", "PBKDF2"]);
});

Deno.test("exportPkcs12() refuses what it refuses before it derives anything", async () => {
  const { privateKey } = await generateKeyPair();
  for (
    const options of [
      { key: privateKey, certificates: [] },
      { iterations: 10_000_001 },
      { iterations: 0 },
      { key: privateKey },
    ]
  ) {
    const digests = await countDigests(() => assertRejects(() => exportWith(options), NssError));
    assert(digests === 0, `${digests} for ${Object.keys(options)}`);
  }
});
