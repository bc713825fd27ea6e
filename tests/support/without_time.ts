// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Runs a function while `performance.now()` goes on by hand alone, so that what depends on it does
 * not depend on how fast the machine is.
 *
 * @param run The function, which gets one that advances the clock by so many milliseconds.
 * @returns What it returns.
 */
export async function withTimeByHand<T>(
  run: (advance: (milliseconds: number) => void) => Promise<T>,
): Promise<T> {
  let now = Math.ceil(performance.now()); // whole numbers add up exactly
  performance.now = () => now;
  try {
    return await run((milliseconds) => void (now += milliseconds));
  } finally {
    delete (performance as Partial<Performance>).now;
  }
}

/**
 * Runs a function while `performance.now()` stands still.
 *
 * @param run The function.
 * @returns What it returns.
 */
export function withoutTime<T>(run: () => Promise<T>): Promise<T> {
  return withTimeByHand(() => run());
}
