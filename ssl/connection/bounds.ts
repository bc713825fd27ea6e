// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";

/** The limits of a handshake. */
export interface HandshakeBounds {
  /** The timeout in milliseconds; 0 for none. */
  readonly timeout?: number | undefined;
  /** Aborts the handshake. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a handshake with a timeout and an abort signal.
 *
 * @param bounds The limits; no timeout by default.
 * @param run The handshake.
 * @param giveUp Called on timeout or abort, possibly before `run`; it must make `run` settle.
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
 * A timeout is split into this many timers, because a suspended process has not had that time: when
 * it resumes, expired timers run before pending I/O.
 */
const TIMER_PARTS = 8;

/** Waits until a promise settles or the time has passed; rejects if the promise does. */
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

/** The longest delay of `setTimeout`, about 24 days; a longer one would fire at once. */
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
    `Cannot complete handshake: it took longer than ${milliseconds} ms (handshakeTimeout)`,
  );
}
