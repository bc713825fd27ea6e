// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses node:.

// What one call of WebCrypto costs beside the cryptography: its promise, and the way to a thread
// and back. importKey() stays on the thread of JavaScript; a digest of 32 bytes takes the way.

import process from "node:process";

const { subtle } = crypto;
const COUNT = 3000;
const ROUNDS = 5;

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function measure(what: string, call: () => Promise<unknown>, atOnce = 1): Promise<void> {
  let [bestCpu, bestWall] = [Infinity, Infinity];
  for (let round = 0; round <= ROUNDS; round++) {
    const before = cpu();
    const start = performance.now();
    for (let i = 0; i < COUNT; i += atOnce) {
      if (atOnce === 1) await call();
      else await Promise.all(Array.from({ length: atOnce }, call));
    }
    if (round === 0) continue; // it warms up
    bestCpu = Math.min(bestCpu, (cpu() - before) / COUNT);
    bestWall = Math.min(bestWall, (performance.now() - start) * 1000 / COUNT);
  }
  console.log(
    what.padEnd(36),
    bestCpu.toFixed(2).padStart(7),
    bestWall.toFixed(2).padStart(8),
  );
}

const bytes = new Uint8Array(32);
const hmac = { name: "HMAC", hash: "SHA-256" };
const key = await subtle.importKey("raw", bytes, hmac, false, ["sign"]);
const resolved = Promise.resolve();

console.log(`${"one of".padEnd(36)}  CPU us  wall us`);
await measure("await a promise that is resolved", () => resolved);
await measure("await an async function", async () => {});
await measure(
  "importKey, which takes no thread",
  () => subtle.importKey("raw", bytes, hmac, false, ["sign"]),
);
await measure("digest of 32 bytes", () => subtle.digest("SHA-256", bytes));
await measure("HMAC of 32 bytes", () => subtle.sign("HMAC", key, bytes));
await measure("digest of 32 bytes, 8 at once", () => subtle.digest("SHA-256", bytes), 8);
await measure("digest of 32 bytes, 64 at once", () => subtle.digest("SHA-256", bytes), 64);
