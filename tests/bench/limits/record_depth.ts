// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses node:.

// How fast WebCrypto opens records of 16 KiB by AES-128-GCM, with nothing around it: no socket, no
// framing, no copy of ours. No TLS on it can receive faster. By how many are opened at once.

import process from "node:process";

const RECORD = 16384;
const MS = 400;
const { subtle } = crypto;

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const raw = new Uint8Array(16);
const key = await subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
const params = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: new Uint8Array(5) };
const sealed = new Uint8Array(await subtle.encrypt(params, key, new Uint8Array(RECORD + 1)));

/** Opens for some time, so many at once. */
async function open(depth: number, ms: number): Promise<number> {
  const end = performance.now() + ms;
  let count = 0;
  const lane = async () => {
    do {
      await subtle.decrypt(params, key, sealed);
      count++;
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: depth }, lane));
  return count;
}

await open(8, MS);
console.log("at once   MB/s   CPU us a record   CPU us a MB");
for (const depth of [1, 2, 4, 8, 16, 32]) {
  const before = cpu();
  const start = performance.now();
  const count = await open(depth, MS);
  const ms = performance.now() - start;
  const spent = cpu() - before;
  const rate = count * RECORD / ms / 1000;
  const perMegabyte = spent / (count * RECORD / 1e6);
  console.log(
    String(depth).padStart(7),
    rate.toFixed(0).padStart(6),
    (spent / count).toFixed(1).padStart(17),
    perMegabyte.toFixed(0).padStart(13),
  );
}
