// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses node:.

// What the JavaScript around the WebCrypto calls of one handshake costs, whatever it computes: the
// calls of a client with a full handshake of TLS 1.3, the promises around them, the objects that
// come and go, and as many short functions as such a handshake runs through, a few times each, so
// that V8 does not optimize them within its first hundreds of handshakes. Each line adds to the
// one before. Imports nothing of this package.

import process from "node:process";

const { subtle } = crypto;
const ROUNDS = 5;
const HANDSHAKES = 150;

/** The calls, as the counts of the package's own handshakes say. */
const CALLS = { sign: 21, importKey: 15, digest: 5, verify: 1, seal: 3 };
/** The promises that are made outside of them. */
const PROMISES = 338;
/** The bytes of the heap that are allocated. */
const ALLOCATED = 338 * 1024;
/** The functions that run, and how often all of them together. */
const FUNCTIONS = 705;
const INVOCATIONS = 2673;

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hmac = { name: "HMAC", hash: "SHA-256" };
const gcm = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: new Uint8Array(5) };
const secret = new Uint8Array(32);
const flight = new Uint8Array(1024);
const signing = await subtle.generateKey(ecdsa, false, ["sign", "verify"]);
const signature = await subtle.sign(ecdsa, signing.privateKey, flight);
const macKey = await subtle.importKey("raw", secret, hmac, false, ["sign"]);
const aes = await subtle.importKey("raw", secret.slice(0, 16), "AES-GCM", false, ["encrypt"]);

const makers: (() => Promise<unknown>)[] = [
  ...Array(CALLS.sign).fill(() => subtle.sign("HMAC", macKey, secret)),
  ...Array(CALLS.importKey).fill(() => subtle.importKey("raw", secret, hmac, false, ["sign"])),
  ...Array(CALLS.digest).fill(() => subtle.digest("SHA-256", flight)),
  ...Array(CALLS.verify).fill(() => subtle.verify(ecdsa, signing.publicKey, signature, flight)),
  ...Array(CALLS.seal).fill(() => subtle.encrypt(gcm, aes, flight)),
];

async function agree(): Promise<void> {
  const pair = await subtle.generateKey("X25519", false, ["deriveBits"]);
  if (!("privateKey" in pair)) throw new TypeError("Not a pair");
  await subtle.exportKey("raw", pair.publicKey);
  await subtle.deriveBits({ name: "X25519", public: pair.publicKey }, pair.privateKey, 256);
}

async function calls(): Promise<void> {
  await agree();
  for (const make of makers) await make();
}

/** Asynchronous functions around each call, until the promises are as many. */
async function nested(make: () => Promise<unknown>, depth: number): Promise<unknown> {
  return depth === 0 ? await make() : await nested(make, depth - 1);
}

async function callsWithin(depth: number): Promise<void> {
  await agree();
  for (const make of makers) await nested(make, depth);
}

let kept: unknown[] = [];

/** Objects of the sizes that a handshake makes, a quarter of which live until its end. */
function allocate(): void {
  const alive: unknown[] = [];
  for (let bytes = 0; bytes < ALLOCATED; bytes += 120) {
    const object = { a: bytes, b: [bytes, bytes + 1] };
    if (bytes % 480 === 0) alive.push(object);
  }
  kept = alive;
}

/** Functions of some 250 characters each, like those of a protocol: branches, members, calls. */
const functions: ((state: Record<string, number>, bytes: Uint8Array) => number)[] = Array.from(
  { length: FUNCTIONS },
  (_, i) =>
    // Distinct functions, of distinct code
    new Function(
      "state",
      "bytes",
      `let length = state.f${i % 40} ?? ${i};
       for (const part of [bytes.subarray(0, ${i % 30 + 1}), bytes]) length += part.length;
       if (length > ${i * 7}) state.f${(i + 1) % 40} = length & 255;
       const { f${i % 7}: first = 0, f${i % 11 + 7}: second = 1 } = state;
       return [first, second, length].map((value) => value + ${i}).length;`,
    ) as (state: Record<string, number>, bytes: Uint8Array) => number,
);

function runThrough(): void {
  const state: Record<string, number> = {};
  for (let i = 0; i < INVOCATIONS; i++) functions[i % FUNCTIONS]!(state, flight);
}

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function costOf(handshake: () => Promise<void>): Promise<number> {
  for (let i = 0; i < HANDSHAKES; i++) await handshake();
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = cpu();
    for (let i = 0; i < HANDSHAKES; i++) await handshake();
    best = Math.min(best, (cpu() - before) / HANDSHAKES);
  }
  return best;
}

const depth = Math.floor((PROMISES - makers.length) / makers.length / 2);
const lines: [string, () => Promise<void>][] = [
  [`${makers.length + 3} calls, one after the other`, calls],
  [`and ${PROMISES} promises around them`, () => callsWithin(depth)],
  [`and ${ALLOCATED / 1024} KiB of small objects`, async () => {
    allocate();
    await callsWithin(depth);
  }],
  [`and ${INVOCATIONS} runs of ${FUNCTIONS} functions`, async () => {
    allocate();
    runThrough();
    await callsWithin(depth);
  }],
];
let first = 0;
console.log(`${"".padEnd(44)}CPU us  to the calls`);
for (const [what, handshake] of lines) {
  const cost = await costOf(handshake);
  first ||= cost;
  console.log(
    `${what.padEnd(42)}${cost.toFixed(0).padStart(8)}${(cost / first).toFixed(2).padStart(14)}`,
  );
}
if (kept.length === 0) throw new Error("Nothing was kept");
