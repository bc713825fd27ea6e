// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";

/** How long a handshake may take. */
export interface HandshakeBounds {
  /** The most milliseconds; 0 for no limit. */
  readonly timeout?: number | undefined;
  /** Aborts it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a handshake that may take a certain time, and may be aborted.
 *
 * @param bounds The bounds; no limit of time by default.
 * @param run The handshake.
 * @param giveUp Called when time is up or the signal is aborted, perhaps before `run`: has to end
 * `run`.
 * @returns What `run` resolves with.
 */
export async function withinBounds<T>(
  { timeout = 0, signal }: HandshakeBounds,
  run: () => Promise<T>,
  giveUp: (error: SslError) => void,
): Promise<T> {
  const onAbort = () => giveUp(abortError(signal?.reason));
  const timer = timeout > 0 ? startTimer(() => giveUp(timeoutError(timeout)), timeout) : undefined;
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted) onAbort();
    return await run();
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * In so many parts a bound is waited for: a process that was suspended has not had that time. When
 * it goes on, its timers are due before anything that has come meanwhile is looked at.
 */
const TIMER_PARTS = 8;

/** Waits for a promise, and no longer than so many milliseconds. */
export async function bounded(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (parts: number): void => {
    if (parts === 0) return timeout.resolve();
    timer = startTimer(() => wait(parts - 1), milliseconds / TIMER_PARTS);
  };
  wait(TIMER_PARTS);
  try {
    await Promise.race([promise, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** `setTimeout` fires at once for more milliseconds; 24 days are as good as for ever. */
const MAX_TIMER = 2 ** 31 - 1;

function startTimer(callback: () => void, milliseconds: number): ReturnType<typeof setTimeout> {
  return setTimeout(callback, Math.min(milliseconds, MAX_TIMER));
}

function abortError(cause: unknown): SslError {
  return new SslError("PR_OPERATION_ABORTED_ERROR", "Cannot complete handshake: it was aborted", {
    cause,
  });
}

function timeoutError(milliseconds: number): SslError {
  return new SslError(
    "PR_IO_TIMEOUT_ERROR",
    `Cannot complete handshake: the peer took longer than ${milliseconds} ms (handshake timeout)`,
  );
}
