// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

// What bounds PKCS#12's own key derivation (RFC 7292, Appendix B.2): a chain of 600,000 hashes, of
// which each needs the one before, so that only a faster single hash makes it faster. Prints what a
// hash of 32 bytes takes in each way that there is, and what PBKDF2 of WebCrypto takes, which is
// one call. Nothing of this project is in it. Run with `deno run tests/bench/limits/pkcs12_mac.ts`:
// it says which @std/crypto it has measured, the real one or the stand-in for machines without its
// registry. @noble/hashes, JavaScript that hashes in place, is there to show that it is not the
// platform that forbids more: this package has no dependencies but those of @std.

import { createHash, hash } from "node:crypto";
import { crypto as std } from "@std/crypto/crypto";

const CHAIN = 600_000;
const HASHES = 2_000;
const ROUNDS = 40;

let last = new Uint8Array(32);
let ofNode: Uint8Array = last;
const place = new Uint8Array(32);
const password = await crypto.subtle.importKey("raw", last, "PBKDF2", false, ["deriveBits"]);

const isStandIn = import.meta.resolve("@std/crypto/crypto").includes("/support/std/");
const stdName = `@std/crypto, digestSync()${isStandIn ? " of the stand-in" : ""}`;

/** What @noble/hashes has, as far as it is measured. */
interface InPlace {
  update(data: Uint8Array): InPlace;
  digestInto(out: Uint8Array): void;
  _cloneInto(to?: InPlace): InPlace;
}

/** Returns what hashes in place by @noble/hashes, where npm can be reached. */
async function inPlace(): Promise<((hashes: number) => void) | null> {
  const name = "npm:@noble/hashes@2.4.0/sha2.js";
  const noble: { readonly sha256: { create(): InPlace } } | null = await import(name)
    .catch(() => null);
  if (noble === null) return null;
  const blank = noble.sha256.create();
  const state = blank._cloneInto();
  return (hashes) => {
    for (let i = 0; i < hashes; i++) blank._cloneInto(state).update(place).digestInto(place);
  };
}

const noble = await inPlace();

const WAYS: Readonly<Record<string, (hashes: number) => void | Promise<void>>> = {
  [stdName]: (hashes) => {
    for (let i = 0; i < hashes; i++) last = new Uint8Array(std.subtle.digestSync("SHA-256", last));
  },
  "node:crypto, createHash()": (hashes) => {
    for (let i = 0; i < hashes; i++) {
      ofNode = createHash("sha256").update(ofNode).digest();
    }
  },
  "node:crypto, hash()": (hashes) => {
    for (let i = 0; i < hashes; i++) ofNode = hash("sha256", ofNode, "buffer");
  },
  "WebCrypto, a promise each": async (hashes) => {
    for (let i = 0; i < hashes; i++) {
      last = new Uint8Array(await crypto.subtle.digest("SHA-256", last));
    }
  },
  "WebCrypto, PBKDF2 in one call": async (hashes) => {
    const bits = { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(16), iterations: hashes };
    await crypto.subtle.deriveBits(bits, password, 256);
  },
  ...noble === null ? {} : { "@noble/hashes, JavaScript in place": noble },
};

const best = new Map(Object.keys(WAYS).map((name) => [name, Infinity]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(WAYS)) {
    const start = performance.now();
    await run(HASHES);
    best.set(name, Math.min(best.get(name)!, (performance.now() - start) / HASHES));
  }
}

// deno-lint-ignore no-console
console.table(
  Object.fromEntries(
    best.entries().map(([name, milliseconds]) => [
      name,
      {
        "us a hash": Number((1000 * milliseconds).toFixed(2)),
        "600,000, seconds": Number((CHAIN * milliseconds / 1000).toFixed(2)),
      },
    ]),
  ),
);
