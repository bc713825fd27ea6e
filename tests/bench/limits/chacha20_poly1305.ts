// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What a record of 16 KiB costs in AES-GCM and in ChaCha20-Poly1305: here, by WebCrypto, and at a
 * peer that uses OpenSSL. Run with `deno run -A tests/bench/limits/chacha20_poly1305.ts [ROUNDS]`,
 * on one core with `taskset -c 1` before it.
 *
 * @module
 */

const RECORD_LENGTH = 16_384;
const RECORDS = 256;
const DEPTH = 8;
const ROUNDS = Number(Deno.args[0] ?? 15);

const CIPHERS = [
  ["AES-128-GCM", "AES-GCM", 16, "raw", "aes-128-gcm"],
  ["AES-256-GCM", "AES-GCM", 32, "raw", "aes-256-gcm"],
  ["ChaCha20-Poly1305", "ChaCha20-Poly1305", 32, "raw-secret", "chacha20-poly1305"],
] as const;

/** The processor time of all threads of this process, in microseconds. */
function processorTime(): number {
  let time = 0;
  for (const { name } of Deno.readDirSync("/proc/self/task")) {
    time += Number(Deno.readTextFileSync(`/proc/self/task/${name}/schedstat`).split(" ")[0]);
  }
  return time / 1000;
}

/** Runs a call for each record, some at once, as the record layer does. */
async function forEachRecord(call: () => Promise<unknown>): Promise<void> {
  const window: Promise<unknown>[] = [];
  for (let i = 0; i < RECORDS; i++) {
    if (window.length === DEPTH) await window.shift();
    window.push(call());
  }
  await Promise.all(window);
}

interface Measure {
  readonly name: string;
  readonly run: () => Promise<void>;
  readonly processor: number[];
  readonly elapsed: number[];
}

const measures: Measure[] = [];
for (const [label, name, keyLength, format] of CIPHERS) {
  const key = await crypto.subtle.importKey(format, new Uint8Array(keyLength), name, false, [
    "encrypt",
    "decrypt",
  ]);
  const iv = new Uint8Array(12);
  const params = { name, iv, additionalData: new Uint8Array(13) };
  const content = new Uint8Array(RECORD_LENGTH);
  const sealed = await crypto.subtle.encrypt(params, key, content);
  const add = (verb: string, call: () => Promise<unknown>) =>
    measures.push({
      name: `${label}, ${verb}`,
      run: () => forEachRecord(call),
      processor: [],
      elapsed: [],
    });
  add("seal", () => crypto.subtle.encrypt(params, key, content));
  add("open", () => crypto.subtle.decrypt(params, key, sealed));
}

for (let round = -2; round < ROUNDS; round++) {
  for (const { run, processor, elapsed } of measures) {
    const [before, start] = [processorTime(), performance.now()];
    await run();
    if (round < 0) continue; // warming up
    processor.push((processorTime() - before) / RECORDS);
    elapsed.push((performance.now() - start) * 1000 / RECORDS);
  }
}

const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
const best = (values: readonly number[]) => Math.min(...values).toFixed(1);
say(`A record of ${RECORD_LENGTH} bytes, ${DEPTH} at once, best of ${ROUNDS} rounds`);
for (const { name, processor, elapsed } of measures) {
  say(
    `${name.padEnd(24)} ${best(processor)} us of processor time, ${best(elapsed)} us elapsed`,
  );
}
for (const [label, , , , evp] of CIPHERS) {
  const { success, stdout } = await new Deno.Command("openssl", {
    args: ["speed", "-seconds", "1", "-bytes", `${RECORD_LENGTH}`, "-aead", "-evp", evp],
    stderr: "null",
  }).output();
  const last = new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "";
  const rate = Number(/([\d.]+)k\s*$/.exec(last)?.[1]);
  if (success && rate > 0) {
    say(`${`${label}, OpenSSL`.padEnd(24)} ${(RECORD_LENGTH / rate * 1000).toFixed(1)} us`);
  }
}
