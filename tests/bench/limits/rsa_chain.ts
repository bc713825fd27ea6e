// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

// The limit of verifying a chain of three: the signatures alone, two RSA-2048 keys imported and two
// signatures verified, take WebCrypto more processor time than node:crypto, which starts no other
// thread. Nothing of this project is in it. Run with `deno run tests/bench/limits/rsa_chain.ts`.

import { Buffer } from "node:buffer";
import { createPublicKey, verify } from "node:crypto";
import process from "node:process";

const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const LINKS = 2;
const CHAINS = 20;
const ROUNDS = 60;

/** A public key, and what it has signed. */
interface Link {
  readonly spki: Uint8Array<ArrayBuffer>;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

async function makeLink(): Promise<Link> {
  const rsa = { ...ALGORITHM, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(rsa, true, ["sign", "verify"]);
  const data = crypto.getRandomValues(new Uint8Array(700)); // about a TBSCertificate
  return {
    spki: new Uint8Array(await crypto.subtle.exportKey("spki", publicKey)),
    data,
    signature: new Uint8Array(await crypto.subtle.sign(ALGORITHM, privateKey, data)),
  };
}

const links = await Promise.all(Array.from({ length: LINKS }, makeLink));

function importKey({ spki }: Link): Promise<CryptoKey> {
  return crypto.subtle.importKey("spki", spki, ALGORITHM, false, ["verify"]);
}

async function check(link: Link): Promise<void> {
  const key = await importKey(link);
  const isRight = await crypto.subtle.verify(ALGORITHM, key, link.signature, link.data);
  if (!isRight) throw new Error("The signature is wrong");
}

const WAYS: Readonly<Record<string, () => void | Promise<void>>> = {
  "WebCrypto, one after the other": async () => {
    for (const link of links) await check(link);
  },
  "WebCrypto, both at once": async () => {
    await Promise.all(links.map(check));
  },
  "of that, both keys imported": async () => {
    await Promise.all(links.map(importKey));
  },
  "node:crypto": () => {
    for (const { spki, data, signature } of links) {
      const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
      if (!verify("sha256", data, key, signature)) throw new Error("The signature is wrong");
    }
  },
};

const best = new Map(Object.keys(WAYS).map((name) => [name, { wall: Infinity, cpu: Infinity }]));

/** The processor time of the process, all threads, in us. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(WAYS)) {
    const [start, cpu] = [performance.now(), processorTime()];
    for (let i = 0; i < CHAINS; i++) await run();
    const figures = best.get(name)!;
    figures.wall = Math.min(figures.wall, 1000 * (performance.now() - start) / CHAINS);
    figures.cpu = Math.min(figures.cpu, (processorTime() - cpu) / CHAINS);
  }
}

// deno-lint-ignore no-console
console.table(
  Object.fromEntries(
    best.entries().map(([name, { wall, cpu }]) => [
      name,
      { "us a chain": Math.round(wall), "CPU us a chain": Math.round(cpu) },
    ]),
  ),
);
