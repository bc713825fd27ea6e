// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses node:.

// What the cryptography of one full handshake of TLS 1.3 costs in WebCrypto, call by call: X25519,
// ECDSA P-256 with one intermediate step of trust, AES-128-GCM, SHA-256. The counts are those that
// RFC 8446 demands of an end that keeps what it can keep.

import process from "node:process";

const { subtle } = crypto;
const ROUNDS = 5;

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** The CPU time of a call that is made again and again, in microseconds: the best of the rounds. */
async function costOf(call: () => Promise<unknown>, count: number): Promise<number> {
  for (let i = 0; i < count; i++) await call();
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = cpu();
    for (let i = 0; i < count; i++) await call();
    best = Math.min(best, (cpu() - before) / count);
  }
  return best;
}

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hmac = { name: "HMAC", hash: "SHA-256" };
const gcm = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: new Uint8Array(5) };
const secret = new Uint8Array(32);
const flight = new Uint8Array(1024);

const signing = await subtle.generateKey(ecdsa, false, ["sign", "verify"]);
const signature = await subtle.sign(ecdsa, signing.privateKey, flight);
const exchange = async () => {
  const pair = await subtle.generateKey("X25519", false, ["deriveBits"]);
  if (!("privateKey" in pair)) throw new TypeError("Not a pair");
  return pair;
};
const [own, peer] = [await exchange(), await exchange()];
const point = new Uint8Array(await subtle.exportKey("raw", peer.publicKey));
const macKey = await subtle.importKey("raw", secret, hmac, false, ["sign"]);
const aes = await subtle.importKey("raw", secret.slice(0, 16), "AES-GCM", false, [
  "encrypt",
  "decrypt",
]);
const sealed = await subtle.encrypt(gcm, aes, flight);

interface Call {
  readonly what: string;
  readonly client: number;
  readonly server: number;
  readonly cost: number;
}

const calls: Call[] = [];
async function measure(
  what: string,
  client: number,
  server: number,
  call: () => Promise<unknown>,
  count = 300,
): Promise<void> {
  calls.push({ what, client, server, cost: await costOf(call, count) });
}

await measure("generate a key of X25519", 1, 1, exchange, 100);
await measure("export its public key", 1, 1, () => subtle.exportKey("raw", own.publicKey));
await measure("import the peer's", 1, 1, () => subtle.importKey("raw", point, "X25519", true, []));
await measure(
  "agree on a secret",
  1,
  1,
  () => subtle.deriveBits({ name: "X25519", public: peer.publicKey }, own.privateKey, 256),
  100,
);
await measure(
  "verify (certificate, CertificateVerify)",
  2,
  0,
  () => subtle.verify(ecdsa, signing.publicKey, signature, flight),
  50,
);
await measure(
  "sign CertificateVerify",
  0,
  1,
  () => subtle.sign(ecdsa, signing.privateKey, flight),
  50,
);
// Hello, Certificate, CertificateVerify, and the Finished of both
await measure("digest the transcript", 5, 5, () => subtle.digest("SHA-256", flight));
// Extract 2; traffic, exporter and resumption secrets 6; "derived" 1; key and IV of four keys 8;
// finished keys and MACs 4
await measure("HMAC of the key schedule", 21, 21, () => subtle.sign("HMAC", macKey, secret));
await measure(
  "import a secret as a key of HMAC",
  9,
  9,
  () => subtle.importKey("raw", secret, hmac, false, ["sign"]),
);
await measure(
  "import a key of AES",
  4,
  4,
  () => subtle.importKey("raw", secret.slice(0, 16), "AES-GCM", false, ["decrypt"]),
);
await measure("seal or open a flight", 3, 3, () => subtle.decrypt(gcm, aes, sealed));

console.log(`${"call".padEnd(42)}CPU us  client  server`);
for (const { what, client, server, cost } of calls) {
  const counts = [client, server].map((count) => String(count).padStart(8)).join("");
  console.log(`${what.padEnd(40)}${cost.toFixed(1).padStart(8)}${counts}`);
}
const sum = (end: "client" | "server") =>
  calls.reduce((all, call) => all + call[end] * call.cost, 0).toFixed(0).padStart(8);
const count = (end: "client" | "server") =>
  String(calls.reduce((all, call) => all + call[end], 0)).padStart(8);
console.log(`${"calls".padEnd(48)}${count("client")}${count("server")}`);
console.log(`${"CPU us of all, one after the other".padEnd(48)}${sum("client")}${sum("server")}`);
