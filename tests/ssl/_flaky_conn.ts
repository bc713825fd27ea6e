// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ConnLike } from "../../ssl/connection/transports.ts";

/** How calls of a transport go wrong. */
export const FAILURES = {
  /**
   * Of reads: by an error, by the end of the bytes, by never settling before the connection is
   * closed.
   */
  read: ["reject", "end", "stall"],
  /**
   * Of writes: by an error, by an error after half of the bytes, by taking no byte, by never
   * settling as above.
   */
  write: ["reject", "tear", "take nothing", "stall"],
} as const;

/** A call of a transport. */
export type FaultyCall = keyof typeof FAILURES;

/** What goes wrong with one call; a "short" one moves one byte, which is no failure. */
export interface Fault {
  /** The call. */
  readonly call: FaultyCall;
  /** Which of these calls it is, from 1. */
  readonly at: number;
  /** How it goes wrong; by an error by default. */
  readonly how?: typeof FAILURES[FaultyCall][number] | "short";
  /** The error; "cable cut" by default. */
  readonly error?: Error;
}

/** A connection one of whose calls goes wrong, and which counts all of them. */
export class FlakyConn implements ConnLike<Deno.NetAddr> {
  /** How many calls there were. */
  readonly calls: Record<FaultyCall, number> = { read: 0, write: 0 };
  /** How often it was closed. */
  closes = 0;
  readonly #conn: ConnLike<Deno.NetAddr>;
  readonly #fault: Fault | null;
  readonly #error: Error;
  readonly #stalled = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<never>();

  /** Wraps a connection, which is sound without a fault. */
  constructor(conn: ConnLike<Deno.NetAddr>, fault: Fault | null = null) {
    this.#conn = conn;
    this.#fault = fault;
    this.#error = fault?.error ?? new Error("cable cut");
    this.#end.promise.catch(() => {}); // only a stalled call waits for it
  }

  /** Whether the call that goes wrong has been made. */
  get reached(): boolean {
    return this.#fault !== null && this.calls[this.#fault.call] >= this.#fault.at;
  }

  /** Resolves when a call has begun to stall. */
  get stalled(): Promise<void> {
    return this.#stalled.promise;
  }

  get localAddr(): Deno.NetAddr {
    return this.#conn.localAddr;
  }

  get remoteAddr(): Deno.NetAddr {
    return this.#conn.remoteAddr;
  }

  async read(p: Uint8Array): Promise<number | null> {
    this.calls.read++;
    if (this.#fault?.call !== "read" || !this.reached) return await this.#conn.read(p);
    const { at, how = "reject" } = this.#fault;
    if (how === "end") return null; // and so it stays
    if (this.calls.read > at) return await this.#conn.read(p);
    if (how === "short") return await this.#conn.read(p.subarray(0, 1));
    return await this.#fail(how);
  }

  async write(p: Uint8Array): Promise<number> {
    this.calls.write++;
    if (this.#fault?.call !== "write" || this.calls.write !== this.#fault.at) {
      return await this.#conn.write(p);
    }
    const { how = "reject" } = this.#fault;
    if (how === "short") return await this.#conn.write(p.subarray(0, 1));
    if (how === "take nothing") return 0;
    if (how === "tear") await this.#conn.write(p.subarray(0, p.length / 2));
    return await this.#fail(how);
  }

  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite?.();
  }

  close(): void {
    this.closes++;
    this.#end.reject(new Deno.errors.BadResource("Cannot go on: the connection is closed"));
    this.#conn.close();
  }

  #fail(how: string): Promise<never> {
    if (how !== "stall") return Promise.reject(this.#error);
    this.#stalled.resolve();
    return this.#end.promise;
  }
}
