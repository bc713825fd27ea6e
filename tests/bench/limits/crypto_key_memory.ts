// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console -- this prints

/**
 * What a `CryptoKey` takes in memory: a connection of TLS 1.3 keeps four, for the records and the
 * traffic secret of each direction.
 *
 *     deno run --v8-flags=--expose-gc tests/bench/limits/crypto_key_memory.ts
 *
 * @module
 */

const COUNT = 5000;
const { gc } = globalThis as { gc?: () => void };
if (gc === undefined) throw new Error("run it with --v8-flags=--expose-gc");

/** Returns the bytes that each of many values takes while all are alive. */
async function bytesOf(make: () => Promise<unknown>): Promise<number> {
  const values: unknown[] = Array.from({ length: COUNT }, () => null);
  for (let i = 0; i < COUNT; i++) await make();
  const before = await inUse();
  for (let i = 0; i < COUNT; i++) values[i] = await make();
  const bytes = (await inUse() - before) / COUNT;
  return values.length === COUNT ? Math.round(bytes) : NaN;
}

async function inUse(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  gc!();
  gc!();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

const secret = new Uint8Array(32);
const hmac = { name: "HMAC", hash: "SHA-256" };
const rows: Record<string, () => Promise<unknown>> = {
  "HMAC key": () => crypto.subtle.importKey("raw", secret, hmac, false, ["sign"]),
  "AES-GCM key": () => crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt"]),
  "its bytes alone": () => Promise.resolve(secret.slice()),
};
for (const [name, make] of Object.entries(rows)) console.log(name, await bytesOf(make), "bytes");
