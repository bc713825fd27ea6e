// Copyright 2026 the NSS for Deno authors. MIT license.

/** A connection that remembers what went over it, and when. @module */

import type { ConnLike } from "../../ssl/mod.ts";

/** The most bytes that are remembered: a handshake is shorter. */
export const MAX_RECORDED = 512 * 1024;

/** Bytes of one read or write. */
export interface Chunk {
  /** Which way they went. */
  readonly way: "sent" | "received";
  /** When, in milliseconds since the recording began. */
  readonly at: number;
  /** The bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A connection whose first bytes are remembered. */
export class RecordedConn<A> implements ConnLike<A> {
  readonly #conn: ConnLike<A>;
  readonly #begin = performance.now();
  readonly #chunks: Chunk[] = [];
  readonly #max: number;
  #size = 0;
  #isRecording = true;

  /** Records another connection, at most some bytes of it. */
  constructor(conn: ConnLike<A>, max: number = MAX_RECORDED) {
    this.#conn = conn;
    this.#max = max;
  }

  /** What was recorded, in its order. */
  get chunks(): readonly Chunk[] {
    return this.#chunks;
  }

  /** The first bytes that were received, at most some. */
  received(max: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#chunks.filter(({ way }) => way === "received").map((one) => one.bytes);
    const all = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const one of bytes) {
      all.set(one, at);
      at += one.length;
    }
    return all.subarray(0, max);
  }

  /** Remembers no more. */
  stop(): void {
    this.#isRecording = false;
  }

  async read(p: Uint8Array): Promise<number | null> {
    const length = await this.#conn.read(p);
    if (length !== null) this.#record("received", p.subarray(0, length));
    return length;
  }

  async write(p: Uint8Array): Promise<number> {
    const length = await this.#conn.write(p);
    this.#record("sent", p.subarray(0, length));
    return length;
  }

  #record(way: Chunk["way"], bytes: Uint8Array): void {
    if (!this.#isRecording) return;
    this.#size += bytes.length;
    // What is cut would not decrypt
    if (this.#size > this.#max) return this.stop();
    this.#chunks.push({ way, at: performance.now() - this.#begin, bytes: bytes.slice() });
  }

  close(): void {
    this.#conn.close();
  }

  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite?.();
  }

  setNoDelay(noDelay?: boolean): void {
    this.#conn.setNoDelay?.(noDelay);
  }

  get localAddr(): A {
    return this.#conn.localAddr;
  }

  get remoteAddr(): A {
    return this.#conn.remoteAddr;
  }
}
