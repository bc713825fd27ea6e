// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import { CKF } from "./constants.ts";
import type { Caller } from "./library.ts";
import { alloc } from "./memory.ts";
import { isReturned } from "./return_values.ts";
import { readBig, Session } from "./session.ts";

/**
 * How many sessions a token has at most. Each runs one operation, on a thread of its own; software
 * tokens get no faster beyond the number of processors, and cards have one.
 */
export const MAX_SESSIONS = 8;

/**
 * The sessions with one token. Operations get one each, in the order of their calls; those that
 * read and sign share the pool, those that write have sessions of their own, one after another.
 */
export class SessionPool {
  readonly #library: Caller;
  readonly #slot: bigint;
  readonly #label: string;
  #max: number;
  readonly #free: Session[] = [];
  readonly #waiting: PromiseWithResolvers<Session | null>[] = [];
  #open = 0;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #closed = false;
  #idle: PromiseWithResolvers<void> | null = null;

  /**
   * Creates a pool without sessions.
   *
   * @param library The library.
   * @param slot The slot of the token.
   * @param label The token's label, for errors.
   * @param max How many sessions there may be.
   */
  constructor(library: Caller, slot: bigint, label: string, max: number = MAX_SESSIONS) {
    this.#library = library;
    this.#slot = slot;
    this.#label = label;
    this.#max = max;
  }

  /**
   * Runs an operation with a session of its own. Operations must not be nested.
   *
   * @param run The operation.
   * @returns What it returns.
   * @throws {NssError} `SEC_ERROR_NO_TOKEN` if the pool is closed, and what the operation throws.
   */
  async use<T>(run: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#take();
    let isUsable = true;
    try {
      return await run(session);
    } catch (error) {
      isUsable = !isReturned(
        error,
        "CKR_SESSION_HANDLE_INVALID",
        "CKR_SESSION_CLOSED",
        "CKR_DEVICE_REMOVED",
        "CKR_TOKEN_NOT_PRESENT",
      );
      throw error;
    } finally {
      await this.#give(isUsable ? session : null);
    }
  }

  /**
   * Runs an operation that writes, after the one before.
   *
   * @param run The operation.
   * @returns What it returns.
   * @throws {NssError} As {@linkcode SessionPool.use}.
   */
  write<T>(run: (session: Session) => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(async () => {
      // Without a session that stays, the last one's end would log the token out
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

  async #take(): Promise<Session> {
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
            await this.#give(null);
            throw error;
          }
          // The token allows no more: one of ours will be free. Nobody is woken to fail in the same
          // way.
          this.#open--;
          this.#max = Math.min(this.#max, this.#open);
        }
      }
      this.#checkOpen();
      const turn = Promise.withResolvers<Session | null>();
      this.#waiting.push(turn);
      const session = await turn.promise;
      if (session !== null) return session;
    }
  }

  /**
   * Hands a session to who waits longest; `null` is one that is gone, instead of which another may
   * be opened.
   */
  async #give(session: Session | null): Promise<void> {
    if (session === null) this.#open--;
    if (this.#closed) {
      if (session !== null) {
        this.#open--;
        await this.#library.tryCall("C_CloseSession", session.handle);
      }
      if (this.#open === 0) this.#idle?.resolve();
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

  /**
   * Closes all sessions when their operations have ended.
   *
   * @returns When it has happened.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const turn of this.#waiting.splice(0)) turn.resolve(null);
    await this.#lastWrite;
    const free = this.#free.splice(0);
    this.#open -= free.length;
    await Promise.all(
      free.map(({ handle }) => this.#library.tryCall("C_CloseSession", handle)),
    );
    if (this.#open > 0) {
      this.#idle = Promise.withResolvers();
      await this.#idle.promise;
    }
  }
}
