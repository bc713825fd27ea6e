// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ConnLike } from "../../ssl/transport.ts";

/** A connection that fails at a chosen read or write, and counts all calls. */
export class FlakyConn implements ConnLike<Deno.NetAddr> {
  /** How many reads there were. */
  reads = 0;
  /** How many writes there were. */
  writes = 0;
  /** How often it was closed. */
  closes = 0;
  readonly #conn: ConnLike<Deno.NetAddr>;
  readonly #failAt: { readonly read?: number; readonly write?: number };
  readonly #error: Error;

  /** Fails at the n-th read or write, from 1. */
  constructor(
    conn: ConnLike<Deno.NetAddr>,
    failAt: { readonly read?: number; readonly write?: number } = {},
    error: Error = new Error("cable cut"),
  ) {
    this.#conn = conn;
    this.#failAt = failAt;
    this.#error = error;
  }

  get localAddr(): Deno.NetAddr {
    return this.#conn.localAddr;
  }

  get remoteAddr(): Deno.NetAddr {
    return this.#conn.remoteAddr;
  }

  read(p: Uint8Array): Promise<number | null> {
    if (++this.reads === this.#failAt.read) return Promise.reject(this.#error);
    return this.#conn.read(p);
  }

  write(p: Uint8Array): Promise<number> {
    if (++this.writes === this.#failAt.write) return Promise.reject(this.#error);
    return this.#conn.write(p);
  }

  close(): void {
    this.closes++;
    this.#conn.close();
  }
}
