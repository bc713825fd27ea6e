// Copyright 2026 the NSS for Deno authors. MIT license.

import { concat } from "../../cert/base/bytes.ts";
import type { HashName } from "../../cert/certificate/private_key.ts";

// PKCS#12 derives its keys by up to millions of iterated hashes (RFC 7292, Appendix B.2). WebCrypto
// has no function for it, and each of its digests costs a thread hop of 30 us: the 600,000
// iterations of pk12util would take 18 s. @std/crypto computes them synchronously in 2 us each, MD5
// too; it is loaded when needed. tests/bench/limits/pkcs12_mac.ts measures all ways.

/** The number of iterations, some 2 ms, of all derivations together between turns of the loop. */
export const ITERATION_SLICE = 1_000;

/** Of so many turns one waits for I/O, which has its turn after 10 ms at most. */
export const WAIT_EVERY = 5;

/**
 * Hashes a hash repeatedly.
 *
 * @param hash The hash function.
 * @param digest The first hash; those between it and the result are overwritten.
 * @param times The number of iterations.
 * @returns The last hash.
 */
export async function iterateHash(
  hash: HashName | "MD5",
  digest: Uint8Array<ArrayBuffer>,
  times: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { crypto } = await import("@std/crypto/crypto");
  let last = digest;
  for (let left = times; left > 0;) {
    while (sinceTurn === ITERATION_SLICE) await yieldToEventLoop();
    const slice = Math.min(left, ITERATION_SLICE - sinceTurn);
    sinceTurn += slice;
    left -= slice;
    for (let i = slice; i > 0; i--) {
      const next = new Uint8Array(crypto.subtle.digestSync(hash, last));
      if (last !== digest) last.fill(0);
      last = next;
    }
  }
  return last;
}

/**
 * Derives 16 bytes from a password by PBKDF1 (RFC 8018, Section 5.1); the caller bounds the work.
 *
 * @param hash The hash function.
 * @param password The password's bytes.
 * @param salt The salt.
 * @param iterations The number of iterations.
 * @returns The bytes; secret.
 */
export async function pbkdf1(
  hash: "MD5" | "SHA-1",
  password: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const input = concat([password, salt]);
  const derived = await iterateHash(hash, input, iterations);
  input.fill(0);
  return derived.subarray(0, 16);
}

/** The number of iterations since the last turn. */
let sinceTurn = 0;
/** The number of turns since the last that waited for I/O. */
let sinceWait = 0;
/** The end of the last turn that was asked for. */
let lastTurn: Promise<void> = Promise.resolve();

/** Lets timers and I/O run before what follows; each caller gets a turn of its own. */
export function yieldToEventLoop(): Promise<void> {
  return lastTurn = lastTurn.then(turn, turn);
}

/**
 * Waits for a turn of the event loop. A digest on another thread and a message take 50 us, after
 * which the timers that are due have run. A timer lasts 1 ms and more, but a loop that waits for
 * next to nothing may not look for I/O.
 */
async function turn(): Promise<void> {
  if (++sinceWait >= WAIT_EVERY) {
    await new Promise((resolve) => setTimeout(resolve));
    sinceWait = 0;
  }
  await crypto.subtle.digest("SHA-256", new Uint8Array(0));
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(null);
  });
  port1.close();
  port2.close();
  sinceTurn = 0;
}
