// Copyright 2026 the NSS for Deno authors. MIT license.

/** Waits for a promise; returns the delays in milliseconds of the timers that start meanwhile. */
export async function delaysOf(promise: Promise<unknown>): Promise<number[]> {
  const { setTimeout } = globalThis;
  const delays: number[] = [];
  const watch = (callback: () => void, milliseconds = 0) => {
    delays.push(milliseconds);
    return setTimeout(callback, milliseconds);
  };
  Object.assign(globalThis, { setTimeout: watch });
  try {
    await promise;
  } finally {
    Object.assign(globalThis, { setTimeout });
  }
  return delays;
}
