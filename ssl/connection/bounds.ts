// Copyright 2026 the NSS for Deno authors. MIT license.

import { deferred } from "../../cert/base/runtime.ts";
import { SslError } from "../base/errors.ts";
import { type Liveness, startTimer } from "./liveness.ts";

/**
 * The limits of a handshake.
 *
 * @category Options
 */
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
 * @param liveness Whether the timer keeps the process alive; by default it does.
 * @returns What `run` resolves with.
 */
export async function withinBounds<T>(
  { timeout = 0, signal }: HandshakeBounds,
  run: () => Promise<T>,
  giveUp: (error: SslError) => void,
  liveness: Pick<Liveness, "startTimer" | "clearTimer"> = { startTimer, clearTimer: clearTimeout },
): Promise<T> {
  const onAbort = () => giveUp(abortError(signal?.reason));
  const timer = timeout > 0
    ? liveness.startTimer(() => giveUp(timeoutError(timeout)), timeout)
    : undefined;
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted) onAbort();
    return await run();
  } finally {
    if (timer !== undefined) liveness.clearTimer(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * A timeout is split into this many timers, because a suspended process has not had that time: when
 * it resumes, expired timers run before pending I/O.
 */
const TIMER_PARTS = 8;

/**
 * Waits until a promise settles or the time has passed; rejects if the promise does.
 *
 * @param promise The promise.
 * @param milliseconds The time.
 * @param parts The number of timers: pending I/O is seen so often.
 */
export async function bounded(
  promise: Promise<unknown>,
  milliseconds: number,
  parts = TIMER_PARTS,
): Promise<void> {
  const timeout = deferred<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (left: number): void => {
    if (left === 0) return timeout.resolve();
    timer = startTimer(() => wait(left - 1), milliseconds / parts);
  };
  wait(parts);
  try {
    await Promise.race([promise, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits like {@linkcode bounded}; returns whether the promise has settled, in whatever way. */
export async function settlesWithin(
  promise: Promise<unknown>,
  milliseconds: number,
  parts?: number,
): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  await bounded(promise.then(settle, settle), milliseconds, parts);
  return settled;
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
