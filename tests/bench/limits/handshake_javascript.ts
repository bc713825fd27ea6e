// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses node:.

// What the JavaScript around the WebCrypto calls of one handshake costs, whatever it computes: the
// calls of a client, the promises around them, the objects that come and go, and as many short
// functions as such a handshake runs through, a few times each. All is as warm as it gets: measured
// after two thousand handshakes, with nothing else that runs. Each column adds to the one before.
// Imports nothing of this package.

import process from "node:process";

const { subtle } = crypto;
const ROUNDS = 7;
const HANDSHAKES = 150;
const WARM_UP = 2000;

/** What was counted of a client's connections, each with its close; resumed ones echo a byte. */
const KINDS = [
  {
    name: "TLS 1.3, full",
    calls: { agree: 1, hmac: 12, hkdf: 7, importKey: 11, digest: 5, verify: 1, seal: 3 },
    promises: 383,
    allocated: 249,
    functions: 714,
    runs: 2285,
  },
  {
    name: "TLS 1.3, resumed",
    calls: { agree: 1, hmac: 15, hkdf: 9, importKey: 15, digest: 5, verify: 0, seal: 6 },
    promises: 445,
    allocated: 247,
    functions: 667,
    runs: 2737,
  },
  {
    name: "TLS 1.2, resumed",
    calls: { agree: 0, hmac: 8, hkdf: 0, importKey: 3, digest: 2, verify: 0, seal: 5 },
    promises: 264,
    allocated: 164,
    functions: 590,
    runs: 2058,
  },
] as const;
type Kind = (typeof KINDS)[number];

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hmac = { name: "HMAC", hash: "SHA-256" };
const gcm = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: new Uint8Array(5) };
const secret = new Uint8Array(32);
const flight = new Uint8Array(1024);
const signing = await subtle.generateKey(ecdsa, false, ["sign", "verify"]);
const signature = await subtle.sign(ecdsa, signing.privateKey, flight);
const macKey = await subtle.importKey("raw", secret, hmac, false, ["sign"]);
const hkdfKey = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
const hkdf = { name: "HKDF", hash: "SHA-256", salt: secret, info: secret };
const aes = await subtle.importKey("raw", secret.slice(0, 16), "AES-GCM", false, ["encrypt"]);

const CALLS: Readonly<Record<keyof Kind["calls"], () => Promise<unknown>>> = {
  agree,
  hmac: () => subtle.sign("HMAC", macKey, secret),
  hkdf: () => subtle.deriveBits(hkdf, hkdfKey, 256),
  importKey: () => subtle.importKey("raw", secret, hmac, false, ["sign"]),
  digest: () => subtle.digest("SHA-256", flight),
  verify: () => subtle.verify(ecdsa, signing.publicKey, signature, flight),
  seal: () => subtle.encrypt(gcm, aes, flight),
};

/**
 * A key exchange by X25519: three calls. The import of the peer's share and the calls of ML-KEM,
 * which a client of TLS 1.3 makes besides, are left out; with them the ratio would be smaller.
 */
async function agree(): Promise<void> {
  const pair = await subtle.generateKey("X25519", false, ["deriveBits"]);
  if (!("privateKey" in pair)) throw new TypeError("Not a pair");
  await subtle.exportKey("raw", pair.publicKey);
  await subtle.deriveBits({ name: "X25519", public: pair.publicKey }, pair.privateKey, 256);
}

function callsOf({ calls }: Kind): (() => Promise<unknown>)[] {
  return Object.entries(CALLS).flatMap(([name, call]) =>
    Array(calls[name as keyof typeof calls]).fill(call)
  );
}

/** Asynchronous functions around each call, until the promises are as many. */
async function nested(make: () => Promise<unknown>, depth: number): Promise<unknown> {
  return depth === 0 ? await make() : await nested(make, depth - 1);
}

let kept: unknown[] = [];

/** Objects of the sizes that a handshake makes, a quarter of which live until its end. */
function allocate(kibibytes: number): void {
  const alive: unknown[] = [];
  for (let bytes = 0; bytes < 1024 * kibibytes; bytes += 120) {
    const object = { a: bytes, b: [bytes, bytes + 1] };
    if (bytes % 480 === 0) alive.push(object);
  }
  kept = alive;
}

type Step = (state: Record<string, number>, bytes: Uint8Array) => number;

/** Functions of some 250 characters each, like those of a protocol: branches, members, calls. */
function functionsOf(count: number): Step[] {
  return Array.from(
    { length: count },
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
      ) as Step,
  );
}

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** The least cost of each; they take turns. */
async function leastOf(handshakes: readonly (() => Promise<void>)[]): Promise<number[]> {
  const costs = handshakes.map(() => Infinity);
  for (const handshake of handshakes) for (let i = 0; i < WARM_UP; i++) await handshake();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, handshake] of handshakes.entries()) {
      const before = cpu();
      for (let i = 0; i < HANDSHAKES; i++) await handshake();
      costs[at] = Math.min(costs[at]!, (cpu() - before) / HANDSHAKES);
    }
  }
  return costs;
}

/** The costs of the calls, with the promises, the objects and the functions. */
async function costsOf(kind: Kind): Promise<number[]> {
  const calls = callsOf(kind);
  const depth = Math.max(0, Math.floor((kind.promises - calls.length) / calls.length / 2));
  const functions = functionsOf(kind.functions);
  const within = async () => {
    for (const call of calls) await nested(call, depth);
  };
  const withObjects = async () => {
    allocate(kind.allocated);
    await within();
  };
  const callsAlone = async () => {
    for (const call of calls) await call();
  };
  const withFunctions = async () => {
    const state: Record<string, number> = {};
    for (let i = 0; i < kind.runs; i++) functions[i % functions.length]!(state, flight);
    await withObjects();
  };
  return await leastOf([callsAlone, within, withObjects, withFunctions]);
}

console.log("CPU us".padEnd(20) + "  its calls  promises   objects  functions  to the calls");
for (const kind of KINDS) {
  const costs = await costsOf(kind);
  const ratio = (costs.at(-1)! / costs[0]!).toFixed(2);
  console.log(
    kind.name.padEnd(20) + costs.map((cost) => cost.toFixed(0).padStart(11)).join("") +
      ratio.padStart(14),
  );
}
if (kept.length === 0) throw new Error("Nothing was kept");
