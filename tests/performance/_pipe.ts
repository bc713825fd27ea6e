// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A transport in memory whose reads and writes end with a round. @module */

import { type End, inRound, uncounted } from "./_meter.ts";

/** One direction. */
class Direction {
  #bytes = new Uint8Array();
  #ended = false;
  /** Gives a waiting reader what has come. */
  #wake: (() => void) | undefined;

  add(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + bytes.length);
    joined.set(this.#bytes);
    joined.set(bytes, this.#bytes.length);
    this.#bytes = joined;
    this.#wake?.();
  }

  finish(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Reads what is there, as TCP does, or waits until something is. */
  read(end: End, into: Uint8Array): Promise<number | null> {
    const take = (): number | null => {
      const count = Math.min(into.length, this.#bytes.length);
      into.set(this.#bytes.subarray(0, count));
      this.#bytes = this.#bytes.subarray(count);
      return count === 0 ? null : count;
    };
    if (this.#bytes.length > 0 || this.#ended) return inRound(end, take());
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        this.#wake = undefined;
        uncounted(() => inRound(end, take()).then(resolve, reject));
      };
    });
  }
}

/** One end of the pipe. */
export class PipeConn {
  readonly #end: End;
  readonly #input: Direction;
  readonly #output: Direction;

  constructor(end: End, input: Direction, output: Direction) {
    this.#end = end;
    this.#input = input;
    this.#output = output;
  }

  /** Both ends' address: sessions are bound to it. */
  readonly localAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 443 };
  readonly remoteAddr: Deno.NetAddr = this.localAddr;

  read(into: Uint8Array): Promise<number | null> {
    this.#end.add("io");
    return uncounted(() => this.#input.read(this.#end, into));
  }

  write(bytes: Uint8Array): Promise<number> {
    this.#end.add("io");
    return uncounted(() => {
      const copy = bytes.slice();
      return inRound(this.#end, copy.length, () => this.#output.add(copy));
    });
  }

  closeWrite(): Promise<void> {
    return uncounted(() => inRound(this.#end, undefined, () => this.#output.finish()));
  }

  close(): void {
    uncounted(() => {
      this.#output.finish();
      this.#input.finish();
    });
  }
}

/** Joins two ends. */
export function pipe(client: End, server: End): [client: PipeConn, server: PipeConn] {
  const [forth, back] = [new Direction(), new Direction()];
  return [new PipeConn(client, back, forth), new PipeConn(server, forth, back)];
}
