// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses node:.

// What signatures and key exchanges cost in WebCrypto, and what the same native code costs beside
// them: node:crypto of the same runtime. Which key a server has decides about its handshakes.

import { Buffer } from "node:buffer";
import nodeCrypto from "node:crypto";
import process from "node:process";

const { subtle } = crypto;
const ROUNDS = 3;

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** The CPU time of a call, in microseconds: the best of the rounds. */
async function costOf(call: () => unknown, count: number): Promise<string> {
  let best = Infinity;
  for (let round = 0; round <= ROUNDS; round++) {
    const before = cpu();
    for (let i = 0; i < count; i++) await call();
    if (round > 0) best = Math.min(best, (cpu() - before) / count);
  }
  return best.toFixed(0).padStart(9);
}

interface Scheme {
  readonly name: string;
  readonly key: RsaHashedKeyGenParams | EcKeyGenParams | { readonly name: string };
  readonly use: { readonly name: string; readonly hash?: string; readonly saltLength?: number };
  readonly count: number;
}

const rsa = (modulusLength: number): Scheme => ({
  name: `RSA-${modulusLength} (PSS)`,
  key: {
    name: "RSA-PSS",
    modulusLength,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: "SHA-256",
  },
  use: { name: "RSA-PSS", saltLength: 32 },
  count: 10,
});

const ecdsa = (namedCurve: string, hash: string): Scheme => ({
  name: `ECDSA ${namedCurve}`,
  key: { name: "ECDSA", namedCurve },
  use: { name: "ECDSA", hash },
  count: 20,
});

const SCHEMES: readonly Scheme[] = [
  { name: "Ed25519", key: { name: "Ed25519" }, use: { name: "Ed25519" }, count: 100 },
  ecdsa("P-256", "SHA-256"),
  ecdsa("P-384", "SHA-384"),
  rsa(2048),
  rsa(4096),
];

const data = new Uint8Array(1024);
console.log("CPU us a call        sign   verify   (node:crypto)  sign   verify");
for (const { name, key, use, count } of SCHEMES) {
  const pair = await subtle.generateKey(key, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("Not a pair");
  const { privateKey, publicKey } = pair;
  const signature = await subtle.sign(use, privateKey, data);
  const pkcs8 = new Uint8Array(await subtle.exportKey("pkcs8", privateKey));
  const nodeKey = nodeCrypto.createPrivateKey({
    key: Buffer.from(pkcs8),
    format: "der",
    type: "pkcs8",
  });
  const nodePublic = nodeCrypto.createPublicKey(nodeKey);
  const hash = name === "Ed25519" ? null : (use.hash ?? "SHA-256").replace("-", "").toLowerCase();
  const nodeSignature = nodeCrypto.sign(hash, data, nodeKey);
  console.log(
    name.padEnd(16),
    await costOf(() => subtle.sign(use, privateKey, data), count),
    await costOf(() => subtle.verify(use, publicKey, signature, data), count),
    "".padEnd(13),
    await costOf(() => nodeCrypto.sign(hash, data, nodeKey), count),
    await costOf(() => nodeCrypto.verify(hash, data, nodePublic, nodeSignature), count),
  );
}

console.log("\nCPU us             a key   agree");
for (const name of ["X25519", "P-256", "P-384"]) {
  const algorithm = name === "X25519" ? { name } : { name: "ECDH", namedCurve: name };
  const generate = async () => {
    const pair = await subtle.generateKey(algorithm, false, ["deriveBits"]);
    if (!("privateKey" in pair)) throw new TypeError("Not a pair");
    return pair;
  };
  const [own, { publicKey }] = [await generate(), await generate()];
  const agree = () =>
    subtle.deriveBits({ name: algorithm.name, public: publicKey }, own.privateKey, 256);
  console.log(name.padEnd(14), await costOf(generate, 20), await costOf(agree, 20));
}
