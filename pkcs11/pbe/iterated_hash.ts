// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: for digests that are computed at once.

import { concat } from "../../cert/base/bytes.ts";
import { importLazily } from "../../cert/base/lazy_module.ts";
import type { HashName } from "../../cert/certificate/private_key.ts";

// PKCS#12 derives its keys by up to millions of iterated hashes (RFC 7292, Appendix B.2). WebCrypto
// has no function for it, and each of its digests costs a thread hop of 30 us: the 600,000
// iterations of pk12util would take 18 s. What computes them at once, 2 us each, is loaded when
// needed. tests/bench/limits/pkcs12_mac.ts measures all ways.

type Bytes = Uint8Array<ArrayBuffer>;

/** Computes a digest at once; what it returns is the caller's to overwrite. */
export type DigestNow = (bytes: Bytes) => Bytes;

/**
 * Loads what computes digests at once: that of `node:crypto` in other runtimes than Deno, where it
 * takes half the time, and workerd does not compile WebAssembly; else that of `@std/crypto`.
 *
 * @param hash The hash function.
 * @returns What computes its digests.
 * @throws {NssError} `PR_LOAD_LIBRARY_ERROR` if that fails.
 */
export async function loadDigest(hash: HashName | "MD5"): Promise<DigestNow> {
  // MD5 may be forbidden there
  if ("Deno" in globalThis || hash === "MD5") return await digestOfStd(hash);
  const node = await importLazily("node:crypto", () => import("node:crypto")).catch(() => null);
  return node === null ? await digestOfStd(hash) : digestOfNode(node, hash);
}

/** The part of `node:crypto` that {@linkcode digestOfNode} needs; some have no `hash` yet. */
type NodeHashes =
  & Pick<typeof import("node:crypto"), "createHash">
  & Partial<Pick<typeof import("node:crypto"), "hash">>;

/** Returns the digests of `node:crypto`. */
export function digestOfNode({ hash: digest, createHash }: NodeHashes, hash: HashName): DigestNow {
  const name = hash.replace("-", "").toLowerCase();
  const isOwn = (bytes: Uint8Array): bytes is Bytes => bytes.buffer instanceof ArrayBuffer;
  return (bytes) => {
    const result = digest?.(name, bytes, "buffer") ?? createHash(name).update(bytes).digest();
    return isOwn(result) ? result : new Uint8Array(result);
  };
}

/** Loads the digests of `@std/crypto`. */
export async function digestOfStd(hash: HashName | "MD5"): Promise<DigestNow> {
  const { crypto: { subtle } } = await importLazily(
    "the hashes of @std/crypto, which are WebAssembly",
    () => import("@std/crypto/crypto"),
  );
  return (bytes) => new Uint8Array(subtle.digestSync(hash, bytes));
}

/** The milliseconds that all derivations together compute between two turns of the event loop. */
export const SLICE = 6;

/** The milliseconds between two looks at the clock, each of which costs 0.1 us. */
export const LOOK = 0.1;

/** What a unit of work costs at least: clocks may be coarse, and that of workerd stands still. */
const LEAST = 0.001;

/** The iterations of PBKDF2, some 0.15 ms, that are computed on another thread in each turn. */
export const WAIT_ITERATIONS = 600;

/**
 * Divides work that blocks the event loop into slices of time. What does so side by side shares one
 * slice, and the turns that follow each other.
 */
export class TimeSlices {
  readonly #now: () => number;
  readonly #wait: () => Promise<void>;
  /** The milliseconds that were spent since the last turn. */
  #spent = 0;
  /** The end of the last turn that was asked for. */
  #lastTurn: Promise<void> = Promise.resolve();

  /**
   * Creates a budget.
   *
   * @param now The clock, in milliseconds.
   * @param wait Lets timers and I/O run.
   */
  constructor(now: () => number, wait: () => Promise<void>) {
    this.#now = now;
    this.#wait = wait;
  }

  /**
   * Does work step by step, with turns of the event loop between, one of its own for each caller.
   *
   * @param step Does so many units of the work, one first; returns whether there are more.
   */
  async run(step: (units: number) => boolean): Promise<void> {
    let units = 1;
    for (let hasMore = true; hasMore;) {
      while (this.#spent >= SLICE) await this.#turn();
      let start = this.#now();
      do {
        hasMore = step(units);
        const end = this.#now();
        const took = Math.max(end - start, units * LEAST);
        start = end;
        this.#spent += took;
        units = took < LOOK ? 2 * units : Math.max(1, Math.floor(units * LOOK / took));
      } while (hasMore && this.#spent < SLICE);
    }
  }

  #turn(): Promise<void> {
    const turn = async () => {
      await this.#wait();
      this.#spent = 0;
    };
    return this.#lastTurn = this.#lastTurn.then(turn, turn);
  }
}

/** The slices of this process. */
export const SLICES: TimeSlices = new TimeSlices(() => performance.now(), waitForTurn);

/** What is derived while nothing else is to do: no secret. */
let waitKey: Promise<CryptoKey> | null = null;

/**
 * Lets timers and I/O run. With a message, the timers that are due do; but Deno's loop, where there
 * is always something to do, looks for I/O after some 60 messages only, and else when it has to
 * wait: here, for another thread. A timer would do it too, but lasts more than 1 ms.
 */
async function waitForTurn(): Promise<void> {
  const { subtle } = crypto;
  const salt = new Uint8Array(8);
  waitKey ??= subtle.importKey("raw", salt, "PBKDF2", false, ["deriveBits"]);
  const kdf = { name: "PBKDF2", hash: "SHA-256", salt, iterations: WAIT_ITERATIONS };
  await subtle.deriveBits(kdf, await waitKey, 256);
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(null);
  });
  port1.close();
  port2.close();
}

/**
 * Hashes a hash repeatedly.
 *
 * @param hash The hash function.
 * @param digest The first hash; those between it and the result are overwritten.
 * @param times The number of iterations.
 * @returns The last hash.
 * @throws {NssError} `PR_LOAD_LIBRARY_ERROR` as {@linkcode loadDigest}.
 */
export async function iterateHash(
  hash: HashName | "MD5",
  digest: Bytes,
  times: number,
): Promise<Bytes> {
  if (times === 0) return digest;
  const digestOf = await loadDigest(hash);
  let last = digest;
  let left = times;
  await SLICES.run((hashes) => {
    for (let i = Math.min(left, hashes); i > 0; i--) {
      const next = digestOf(last);
      if (last !== digest) last.fill(0);
      last = next;
    }
    left -= hashes;
    return left > 0;
  });
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
  password: Bytes,
  salt: Bytes,
  iterations: number,
): Promise<Bytes> {
  const input = concat([password, salt]);
  const derived = await iterateHash(hash, input, iterations);
  input.fill(0);
  return derived.subarray(0, 16);
}
