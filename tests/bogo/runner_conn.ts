// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { ConnLike } from "../../ssl/connection/transports.ts";

/** How long the runner may take to end its side. */
const PATIENCE = 10_000;

/** The connection to the runner: it outlives the socket on it, and its writes can be held back. */
export class RunnerConn implements ConnLike<Deno.Addr> {
  readonly #conn: Deno.TcpConn;
  #held: PromiseWithResolvers<void> | null = null;
  #ended = false;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  get localAddr(): Deno.Addr {
    return this.#conn.localAddr;
  }

  get remoteAddr(): Deno.Addr {
    return this.#conn.remoteAddr;
  }

  setNoDelay(noDelay = true): void {
    this.#conn.setNoDelay(noDelay);
  }

  async read(p: Uint8Array): Promise<number | null> {
    const count = await this.#conn.read(p);
    if (count === null) this.#ended = true;
    return count;
  }

  async write(p: Uint8Array): Promise<number> {
    await this.#held?.promise;
    return await this.#conn.write(p);
  }

  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** The socket is done with it; {@linkcode RunnerConn.drain} closes it. */
  close(): void {
    this.releaseWrites();
  }

  /** Lets nothing out from here on. */
  holdWrites(): void {
    this.#held = Promise.withResolvers();
  }

  /** Lets out what was held back. */
  releaseWrites(): void {
    this.#held?.resolve();
    this.#held = null;
  }

  /** Says that no more comes, takes what is still coming, and closes. */
  async drain(): Promise<void> {
    const timer = setTimeout(() => this.#conn.close(), PATIENCE);
    try {
      await this.#conn.closeWrite();
      const buffer = new Uint8Array(16 * 1024);
      while (!this.#ended && await this.read(buffer) !== null);
    } catch {
      // The runner has gone already.
    } finally {
      clearTimeout(timer);
      try {
        this.#conn.close();
      } catch {
        // The timer was faster.
      }
    }
  }
}
