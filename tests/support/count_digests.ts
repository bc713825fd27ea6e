// Copyright 2026 the NSS for Deno authors. MIT license.

import { crypto as std } from "@std/crypto/crypto";

/**
 * Counts what is hashed, and the keys that are derived, while a function runs.
 *
 * @param run The function.
 * @returns The number of calls of WebCrypto's and @std/crypto's digests, and of `deriveBits`.
 */
export async function countDigests(run: () => Promise<unknown>): Promise<number> {
  const { subtle } = crypto;
  let count = 0;
  const targets: readonly (readonly [object, string])[] = [
    [subtle, "digest"],
    [subtle, "deriveBits"],
    [subtle, "deriveKey"],
    [subtle, "sign"],
    [std.subtle, "digestSync"],
  ];
  const restore = targets.map(([object, name]) => {
    const original = Reflect.get(object, name);
    const own = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, {
      configurable: true,
      value: (...args: unknown[]) => {
        count++;
        return Reflect.apply(original, object, args);
      },
    });
    return () => {
      Reflect.deleteProperty(object, name);
      if (own !== undefined) Object.defineProperty(object, name, own);
    };
  });
  try {
    await run();
  } finally {
    for (const undo of restore) undo();
  }
  return count;
}
