// Copyright 2026 the NSS for Deno authors. MIT license.

/** The methods of WebCrypto that are watched. */
export const METHODS = [
  "encrypt",
  "decrypt",
  "sign",
  "verify",
  "digest",
  "generateKey",
  "deriveBits",
  "importKey",
  "exportKey",
  "encapsulateBits",
  "decapsulateBits",
] as const;

type Method = typeof METHODS[number];
type Operation = (...args: unknown[]) => Promise<unknown>;

/**
 * What is done in place of a call.
 *
 * @param method The method.
 * @param call Makes the call, by default with the arguments of the caller.
 * @param args The arguments.
 */
export type Around = (
  method: Method,
  call: (given?: readonly unknown[]) => Promise<unknown>,
  args: readonly unknown[],
) => Promise<unknown>;

/** Replaces methods of WebCrypto; returns a function that gives them back. */
export function replaceMethods(methods: readonly Method[], around: Around): () => void {
  const { subtle } = crypto;
  for (const method of methods) {
    const original: Operation = Reflect.get(subtle, method);
    Object.defineProperty(subtle, method, {
      configurable: true,
      value: (...args: unknown[]) =>
        around(method, (given = args) => original.apply(subtle, [...given]), args),
    });
  }
  return () => {
    // The methods of the prototype come back.
    for (const method of methods) Reflect.deleteProperty(subtle, method);
  };
}

/** Replaces methods of WebCrypto while something runs. */
async function intercept<T>(
  methods: readonly Method[],
  around: Around,
  run: () => Promise<T>,
): Promise<T> {
  const restore = replaceMethods(methods, around);
  try {
    return await run();
  } finally {
    restore();
  }
}

/** Counts the calls to WebCrypto, by method. */
export async function countSubtleCalls(
  run: () => Promise<unknown>,
): Promise<Partial<Record<Method | "all", number>>> {
  const counts: Partial<Record<Method | "all", number>> = { all: 0 };
  await intercept(METHODS, (method, call) => {
    counts[method] = (counts[method] ?? 0) + 1;
    counts.all!++;
    return call();
  }, run);
  return counts;
}

/** A buffer that WebCrypto was given or has returned, and its length then. */
export interface SubtleBuffer {
  readonly buffer: ArrayBufferLike;
  readonly length: number;
}

/** Returns the buffers of the data that a method takes meanwhile, and of what it returns. */
export async function subtleBuffers(
  method: "encrypt" | "decrypt",
  run: () => Promise<unknown>,
): Promise<{ readonly taken: SubtleBuffer[]; readonly returned: SubtleBuffer[] }> {
  const taken: SubtleBuffer[] = [];
  const returned: SubtleBuffer[] = [];
  await intercept([method], async (_method, call, [, , data]) => {
    if (!(data instanceof Uint8Array)) throw new TypeError("Not bytes");
    taken.push({ buffer: data.buffer, length: data.buffer.byteLength });
    const buffer = await call();
    if (!(buffer instanceof ArrayBuffer)) throw new TypeError("Not a buffer");
    returned.push({ buffer, length: buffer.byteLength });
    return buffer;
  }, run);
  return { taken, returned };
}

/**
 * Counts how often something waits for WebCrypto in a row. Calls that are under way together are
 * one round, which ends when all of them have; imports of keys, which take no thread, are none.
 */
export async function countSubtleRounds(run: () => Promise<unknown>): Promise<number> {
  let rounds = 0;
  let round: { readonly done: Promise<unknown>; readonly release: () => void }[] = [];
  const end = async () => {
    const ended = round;
    round = [];
    await Promise.allSettled(ended.map(({ done }) => done));
    rounds++;
    for (const { release } of ended) release();
  };
  await intercept(METHODS, async (method, call) => {
    const done = call();
    if (method === "importKey" || method === "exportKey") return await done;
    done.catch(() => {}); // awaited below
    const { promise, resolve: release } = Promise.withResolvers<void>();
    // A timer comes after all that has been resolved so far.
    if (round.push({ done, release }) === 1) setTimeout(end, 0);
    await promise;
    return await done;
  }, run);
  return rounds;
}

/**
 * Gives key pairs that are generated meanwhile this private key, so that known answers can be had.
 */
export function withPrivateKey<T>(privateKey: CryptoKey, run: () => Promise<T>): Promise<T> {
  return intercept(["generateKey"], async (_method, call) => {
    const pair = await call();
    if (pair === null || typeof pair !== "object") throw new TypeError("Not a key pair");
    return { ...pair, publicKey: Reflect.get(pair, "publicKey"), privateKey };
  }, run);
}

/** Imports an X25519 private key: PKCS#8 around the scalar (RFC 8410, Section 7). */
export function importX25519(scalar: Uint8Array): Promise<CryptoKey> {
  const prefix = "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x6e\x04\x22\x04\x20";
  const pkcs8 = Uint8Array.from([...[...prefix].map((char) => char.charCodeAt(0)), ...scalar]);
  return crypto.subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]);
}

/** Makes every key agreement meanwhile give these bits, as a laxer WebCrypto might. */
export function withDerivedBits<T>(bits: Uint8Array, run: () => Promise<T>): Promise<T> {
  return intercept(["deriveBits"], () => Promise.resolve(bits.slice().buffer), run);
}
