// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Deferred, deferred } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import { allEnded } from "../slots/token_module.ts";
import { CKF } from "./constants.ts";
import type { Caller } from "./library.ts";
import { alloc, readBig } from "./memory.ts";
import { isReturned } from "./return_values.ts";
import { Session } from "./session.ts";

/**
 * The default maximum number of sessions for reading and signing. Each runs one operation on a
 * thread of its own. Software tokens get no faster beyond the number of processors, and cards have
 * one.
 */
export const MAX_SESSIONS = 8;

/** The session has ended. */
const GONE = [
  "CKR_SESSION_HANDLE_INVALID",
  "CKR_SESSION_CLOSED",
  "CKR_DEVICE_REMOVED",
  "CKR_TOKEN_NOT_PRESENT",
] as const;

/** An operation of the session has not, so that it takes no other of its kind. */
const ACTIVE = ["CKR_BUFFER_TOO_SMALL", "CKR_OPERATION_ACTIVE"] as const;

/**
 * The sessions with a token, one per operation, in the order of the calls. Operations that read and
 * sign share the pool; those that write run one after another, in sessions of their own.
 */
export class SessionPool {
  readonly #library: Caller;
  readonly #slot: bigint;
  readonly #label: string;
  #max: number;
  readonly #free: Session[] = [];
  readonly #waiting: Deferred<Session | null>[] = [];
  #open = 0;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #closed = false;
  #idle: Deferred<void> | null = null;

  /**
   * Creates a pool without sessions.
   *
   * @param library The library.
   * @param slot The id of the slot.
   * @param label The label of the token, for error messages.
   * @param max The maximum number of sessions.
   */
  constructor(library: Caller, slot: bigint, label: string, max: number = MAX_SESSIONS) {
    this.#library = library;
    this.#slot = slot;
    this.#label = label;
    this.#max = max;
  }

  /**
   * Runs an operation with a session of the pool. Operations must not be nested.
   *
   * @param run The operation.
   * @returns Its result.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if the pool is closed, or the error of the operation.
   */
  async use<T>(run: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#acquire();
    let kept: Session | null = session;
    try {
      return await run(session);
    } catch (error) {
      if (isReturned(error, ...GONE, ...ACTIVE)) kept = null;
      if (isReturned(error, ...ACTIVE)) {
        await this.#library.tryCall("C_CloseSession", session.handle);
      }
      throw error;
    } finally {
      await this.#release(kept);
    }
  }

  /**
   * Runs an operation that writes, after earlier ones.
   *
   * @param run The operation.
   * @returns Its result.
   * @throws {NssError} As {@linkcode SessionPool.use}.
   */
  write<T>(run: (session: Session) => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(async () => {
      // Without another open session, the end of this one would log the token out
      await this.use(() => Promise.resolve());
      const session = await this.#openSession(CKF.serialSession | CKF.rwSession);
      try {
        return await run(session);
      } finally {
        await this.#library.tryCall("C_CloseSession", session.handle);
      }
    });
    this.#lastWrite = result.catch(() => {});
    return result;
  }

  #checkOpen(): void {
    if (!this.#closed) return;
    throw new NssError("SEC_ERROR_NO_TOKEN", `Cannot use token "${this.#label}": it is closed`);
  }

  async #acquire(): Promise<Session> {
    for (;;) {
      this.#checkOpen();
      const free = this.#free.pop();
      if (free !== undefined) return free;
      if (this.#open < this.#max) {
        this.#open++;
        try {
          return await this.#openSession(CKF.serialSession);
        } catch (error) {
          const isFull = isReturned(error, "CKR_SESSION_COUNT") && this.#open > 1;
          if (!isFull) {
            await this.#release(null);
            throw error;
          }
          // The token allows no more sessions: wait for one to become free, without waking other
          // waiters
          this.#open--;
          this.#max = Math.min(this.#max, this.#open);
        }
      }
      this.#checkOpen();
      const waiter = deferred<Session | null>();
      this.#waiting.push(waiter);
      const session = await waiter.promise;
      if (session !== null) return session;
    }
  }

  /**
   * Passes a session to the longest waiting operation; `null` lets that open a new one instead of a
   * session that was lost.
   */
  async #release(session: Session | null): Promise<void> {
    if (session === null) this.#open--;
    if (this.#closed) {
      try {
        if (session !== null) await this.#library.tryCall("C_CloseSession", session.handle);
      } finally {
        if (session !== null) this.#open--;
        if (this.#open === 0) this.#idle?.resolve();
      }
      return;
    }
    const next = this.#waiting.shift();
    if (next !== undefined) next.resolve(session);
    else if (session !== null) this.#free.push(session);
  }

  async #openSession(flags: number): Promise<Session> {
    const handle = alloc(8);
    await this.#library.call(
      "C_OpenSession",
      `Cannot open session with token "${this.#label}"`,
      ...[this.#slot, flags, null, null, handle],
    );
    return new Session(this.#library, readBig(handle));
  }

  /** Closes all sessions after their operations have ended. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.resolve(null);
    await this.#lastWrite;
    const free = this.#free.splice(0);
    this.#open -= free.length;
    await allEnded(free.map(({ handle }) => this.#library.tryCall("C_CloseSession", handle)));
    if (this.#open > 0) {
      this.#idle = deferred();
      await this.#idle.promise;
    }
  }
}
