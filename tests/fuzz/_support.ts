// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What the fuzzers share: seeds, mutations, bounds, and what counts as a crash.
 *
 * A fuzzer is a property over inputs that a seeded generator makes. The seed of a run is printed
 * when it fails; `NSS_FUZZ_SEED` sets it, `NSS_FUZZ_ITERATIONS` how many iterations each fuzzer
 * has, or `NSS_FUZZ_SECONDS` how many seconds. `deno task test` runs a few iterations from a fixed
 * seed, `deno task soak` a minute of each from a random one, which is half an hour in all.
 *
 * @module
 */

import { NssError } from "../../cert/base/errors.ts";
import type { SslError } from "../../ssl/base/errors.ts";
import { Prng } from "../support/prng.ts";
import { type CorpusEntry, corpusOf, testShared } from "../support/shared_data.ts";
import { note } from "../support/skip.ts";

/** Bytes as everything here handles them. */
export type Bytes = Uint8Array<ArrayBuffer>;

const soak = Deno.env.get("NSS_SOAK") === "1";

/** How many seconds of each fuzzer a soak runs. */
const SOAK_SECONDS = 60;

/** No single iteration may take longer, by far; the machine may be busy. */
const MAX_ITERATION = 20_000;

/**
 * What every promise of a connection must settle within, once its transport has ended; only a hang
 * takes longer.
 */
const HANG = 30_000;

function setting(name: string): number | undefined {
  const text = Deno.env.get(name);
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`Cannot fuzz: ${name} is "${text}", not a number`);
  }
  return value;
}

/** The seed of this run. */
export const SEED: number = setting("NSS_FUZZ_SEED") ??
  (soak ? crypto.getRandomValues(new Uint32Array(1))[0]! : 1);

/** How many iterations a fuzzer has, and when it ends. */
function lengthOfRun(iterations: number): { readonly count: number; readonly end: number } {
  const count = setting("NSS_FUZZ_ITERATIONS");
  if (count !== undefined) return { count, end: Infinity };
  const seconds = setting("NSS_FUZZ_SECONDS") ?? (soak ? SOAK_SECONDS : undefined);
  if (seconds === undefined) return { count: iterations, end: Infinity };
  return { count: Infinity, end: performance.now() + 1000 * seconds };
}

/**
 * Registers a fuzzer.
 *
 * @param title The test's title.
 * @param iterations How many iterations a short run has.
 * @param iteration One iteration; all that is random in it comes from its generator.
 */
export function fuzz(
  title: string,
  iterations: number,
  iteration: (prng: Prng, index: number) => void | Promise<void>,
): void {
  Deno.test(title, async () => {
    const { count, end } = lengthOfRun(iterations);
    let slowest = 0;
    let index = 0;
    for (; index < count && performance.now() < end; index++) {
      const seed = (SEED + index) >>> 0;
      const start = performance.now();
      try {
        await iteration(new Prng(seed), index);
        slowest = Math.max(slowest, performance.now() - start);
        if (slowest > MAX_ITERATION) throw new Error(`An iteration took ${slowest.toFixed()} ms`);
      } catch (error) {
        note(`${title}: again with NSS_FUZZ_SEED=${seed} NSS_FUZZ_ITERATIONS=1`);
        throw error;
      }
    }
    if (end !== Infinity) {
      note(
        `fuzz: ${index} iterations, the slowest ${slowest.toFixed()} ms, seed ${SEED}: ${title}`,
      );
    }
  });
}

/**
 * Registers a test over a corpus of `../shared/data/fuzz_corpora`; a short run takes some of it, a
 * soak all of it.
 *
 * @param title The test's title.
 * @param name The corpus.
 * @param sample Of so many entries a short run takes one.
 * @param entry What is done with each entry.
 */
export function overCorpus(
  title: string,
  name: string,
  sample: number,
  entry: (entry: CorpusEntry, prng: Prng) => void | Promise<void>,
): void {
  testShared(title, `data/fuzz_corpora/${name}.jsonl.gz`, async (contents) => {
    const all = soak ||
      ["NSS_FUZZ_ITERATIONS", "NSS_FUZZ_SECONDS"].some((name) => setting(name) !== undefined);
    for (const [index, { id, data }] of (await corpusOf(contents)).entries()) {
      if (!all && index % sample !== SEED % sample) continue;
      try {
        await entry({ id, data }, new Prng(SEED + index));
      } catch (error) {
        note(`${title}: entry ${id}`);
        throw error;
      }
    }
  });
}

/**
 * Asserts that an error is the library's own, not a slip of its code that was wrapped on the way
 * out.
 */
export function assertTyped(error: unknown, type: typeof NssError | typeof SslError): void {
  if (!(error instanceof type) || error.name === "SEC_ERROR_LIBRARY_FAILURE") {
    throw new Error("A foreign error came out", { cause: error });
  }
}

/** Runs something that may end in an error of the library's own. */
export async function typed<T>(
  run: () => T | Promise<T>,
  type: typeof NssError | typeof SslError = NssError,
): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    assertTyped(error, type);
    return undefined;
  }
}

/** Fails where a promise does not settle. */
export async function settles<T>(what: string, promise: Promise<T>): Promise<T> {
  const hang = Promise.withResolvers<never>();
  const timer = setTimeout(() => hang.reject(new Error(`${what} never settles`)), HANG);
  try {
    return await Promise.race([promise, hang.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const INTERESTING = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xff, 0xfe, 0x14, 0x15, 0x16, 0x17, 0x18, 0x20];

/** Changes bytes in one to four ways: flips, sets, cuts, inserts, doubles, moves. */
export function mutate(prng: Prng, input: Bytes): Bytes {
  let bytes = input;
  for (let times = prng.pick([1, 1, 1, 2, 4]); times > 0; times--) bytes = mutateOnce(prng, bytes);
  return bytes;
}

function mutateOnce(prng: Prng, bytes: Bytes): Bytes {
  const at = prng.integer(0, bytes.length);
  const length = Math.min(prng.pick([1, 1, 2, 4, 16, 256]), bytes.length - at);
  const [before, part, after] = [
    bytes.subarray(0, at),
    bytes.slice(at, at + length),
    bytes.subarray(at + length),
  ];
  switch (prng.integer(0, 8)) {
    case 0: // one bit
      if (part.length > 0) part[0]! ^= 1 << prng.integer(0, 7);
      return join([before, part, after]);
    case 1:
      return join([before, part.fill(prng.pick(INTERESTING)), after]);
    case 2:
      return join([before, prng.bytes(length), after]);
    case 3:
      return join([before, after]);
    case 4:
      return join([before, prng.bytes(prng.integer(1, 8)), part, after]);
    case 5:
      return join([before, part, part, after]);
    case 6:
      return bytes.slice(0, at);
    case 7: { // what may be a length, by one
      if (part.length > 0) part[0]! += prng.pick([1, -1]);
      return join([before, part, after]);
    }
    default:
      return join([after, before, part]);
  }
}

/** Changes single bytes only: what has a structure keeps most of it. */
export function flip(prng: Prng, input: Bytes): Bytes {
  const bytes = input.slice();
  for (let times = prng.integer(1, 2); times > 0; times--) {
    const at = prng.integer(0, bytes.length - 1);
    bytes[at]! ^= prng.pick([1, 2, 4, 8, 16, 32, 64, 128, prng.integer(1, 255)]);
  }
  return bytes;
}

/** Puts pieces together. */
export function join(pieces: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** Cuts bytes into pieces of random lengths, a few bytes now and then one by one. */
export function cut(prng: Prng, bytes: Bytes): Bytes[] {
  const max = prng.pick(bytes.length < 2000 ? [1, 7, 100] : [300, 5000, bytes.length]);
  const pieces: Bytes[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = prng.integer(1, max);
    pieces.push(bytes.slice(at, at + length));
    at += length;
  }
  return pieces;
}

/** Lets pending work go on. */
export function turn(milliseconds = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
