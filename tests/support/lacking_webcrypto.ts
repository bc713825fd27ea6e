// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Runs a function as in a runtime whose WebCrypto lacks algorithms, and says so.
 *
 * @param lacking The names of the algorithms in WebCrypto; `null` for a runtime that cannot be
 * asked.
 * @param run The function.
 * @returns What it returns.
 */
export async function withoutAlgorithms<T>(
  lacking: readonly string[] | null,
  run: () => Promise<T>,
): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(globalThis, "SubtleCrypto")!;
  const supports = (_operation: string, { name }: { readonly name: string }) =>
    !lacking!.includes(name);
  const value = lacking === null ? {} : { supports };
  Object.defineProperty(globalThis, "SubtleCrypto", { ...own, value });
  try {
    return await run();
  } finally {
    Object.defineProperty(globalThis, "SubtleCrypto", own);
  }
}
