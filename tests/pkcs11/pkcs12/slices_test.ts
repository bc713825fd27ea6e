// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

// The event loop while the keys of PKCS#12 are derived, and what is derived at the same time.

import { setImmediate } from "node:timers";
import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { crypto as std } from "@std/crypto/crypto";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { iterateHash, ITERATION_SLICE, WAIT_EVERY } from "../../../pkcs11/pbe/iterated_hash.ts";
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

/** Returns the most digests that were computed in one turn of the event loop, and all of them. */
async function digestsOfATurn(
  run: () => Promise<unknown>,
): Promise<{ readonly most: number; readonly all: number }> {
  let [most, all, ofTurn, isDone] = [0, 0, 0, false];
  const turn = () => {
    ofTurn = 0;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    await watchDigests(() => {
      all++;
      most = Math.max(most, ++ofTurn);
    }, run);
  } finally {
    isDone = true;
  }
  return { most, all };
}

const iterations = 5 * ITERATION_SLICE;

Deno.test("exportPkcs12() and importPkcs12() compute at most ITERATION_SLICE digests a turn of the event loop", async () => {
  assertEquals(ITERATION_SLICE, 1_000); // some 2 ms, and 10 ms where a machine takes five times
  for (const encryption of ["aes-256", "weak-3des-sha1"] as const) {
    let file = new Uint8Array();
    for (
      const run of [
        async () => void (file = await exportPkcs12({ ...CONTENT, encryption, iterations })),
        () => importPkcs12(file, password),
      ]
    ) {
      const { most, all } = await digestsOfATurn(run);
      assertEquals(most, ITERATION_SLICE);
      // One block for the MAC; for 3DES two for each of two keys and one for each of two IVs
      const blocks = encryption === "aes-256" ? 1 : 7;
      assertEquals(all, blocks * (iterations - 1));
    }
  }
});

Deno.test("importPkcs12() computes at most ITERATION_SLICE digests a turn of all files together", async () => {
  const file = await exportPkcs12({ ...CONTENT, iterations });
  const { most, all } = await digestsOfATurn(() =>
    Promise.all([1, 2, 3].map(() => importPkcs12(file, password)))
  );
  assertEquals(all, 3 * (iterations - 1));
  assertEquals(most, ITERATION_SLICE);
  // Many short derivations are work like a long one
  const { most: ofShort } = await digestsOfATurn(() =>
    Promise.all(
      Array.from({ length: 50 }, () => iterateHash("SHA-256", new Uint8Array(32), 100)),
    )
  );
  assertLessOrEqual(ofShort, ITERATION_SLICE);
});

Deno.test("exportPkcs12() and importPkcs12() let each timer that is due run between two slices, and I/O after two times WAIT_EVERY of them", async () => {
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
  let digests = 0;
  let isLate = false;
  const before = () => {
    if (digests++ % ITERATION_SLICE !== 0) return;
    // The timer of the slice before, which was due when that ended
    if (isLate) slices.late++;
    slices.begun++;
    silent = echoes > heard ? 0 : silent + 1;
    heard = echoes;
    longest = Math.max(longest, silent);
    isLate = true;
    setTimeout(() => isLate = false, 1);
    for (const end = performance.now() + 3; performance.now() < end;);
  };
  try {
    await watchDigests(before, async () => {
      const file = await exportPkcs12({ ...CONTENT, iterations: 4 * iterations + 1 });
      digests = 0;
      isLate = false;
      await importPkcs12(file, password);
    });
  } finally {
    isDone = true;
    await echoing;
    client.close();
    server.close();
  }
  assertEquals(slices, { begun: 8 * iterations / ITERATION_SLICE, late: 0 });
  assertEquals(WAIT_EVERY, 5);
  assertLessOrEqual(longest, 2 * WAIT_EVERY); // an echo is written, then read
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
      events.push("PBKDF2");
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
