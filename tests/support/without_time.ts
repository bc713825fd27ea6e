// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Runs a function while `performance.now()` stands still, so that what depends on it does not depend
 * on how fast the machine is.
 *
 * @param run The function.
 * @returns What it returns.
 */
export async function withoutTime<T>(run: () => Promise<T>): Promise<T> {
  const now = performance.now();
  performance.now = () => now;
  try {
    return await run();
  } finally {
    delete (performance as Partial<Performance>).now;
  }
}
