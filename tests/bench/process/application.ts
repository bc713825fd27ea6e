// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The protocol that client and server of the benchmark speak over a connection: commands of a
 * letter and a number.
 *
 * @module
 */

import type { PeerConn } from "../peers/peer.ts";

/** How many bytes an application writes at once. */
const CHUNK = new Uint8Array(1 << 16);
const ONE = new Uint8Array(1);
const COMMAND_LENGTH = 9;

/** What a client may ask of its server. */
type Command =
  /** Send so many bytes. */
  | "S"
  /** Take so many bytes, and answer with one. */
  | "T"
  /** Send back so many bytes. */
  | "E";

function encode(command: Command, count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(COMMAND_LENGTH);
  bytes[0] = command.charCodeAt(0);
  new DataView(bytes.buffer).setBigUint64(1, BigInt(count));
  return bytes;
}

/** A connection with what it has read and nobody has taken. */
export class Application {
  readonly #conn: PeerConn;
  #rest: Uint8Array = new Uint8Array();
  #waiting: Promise<unknown> | undefined;

  constructor(conn: PeerConn) {
    this.#conn = conn;
  }

  /** Receives bytes from the server, which it sends as fast as it can. */
  async receive(count: number): Promise<void> {
    await this.#conn.write(encode("S", count));
    await this.#skip(count);
  }

  /**
   * Receives so many bytes again and again until a time. Two such requests are always under way:
   * else the end of each answer would wait for Nagle's algorithm.
   *
   * @returns How many bytes.
   */
  async receiveUntil(end: number, count: number): Promise<number> {
    const request = encode("S", count);
    await this.#conn.write(request);
    let received = 0;
    while (performance.now() < end) {
      await this.#conn.write(request);
      await this.#skip(count);
      received += count;
    }
    await this.#skip(count);
    return received + count;
  }

  /** Sends bytes, and waits until the server has them. */
  async send(count: number): Promise<void> {
    await this.#conn.write(encode("T", count));
    await this.#sendAll(count);
    await this.#skip(1);
  }

  /** Sends one byte so many times, each when the one before has come back. */
  async pingPong(count: number, onRoundTrip: (ms: number) => void = () => {}): Promise<void> {
    // Command and first byte go together: two small writes would wait for Nagle's algorithm.
    const first = new Uint8Array(COMMAND_LENGTH + 1);
    first.set(encode("E", count));
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      await this.#conn.write(i === 0 ? first : ONE);
      await this.#skip(1);
      onRoundTrip(performance.now() - start);
    }
  }

  /** Waits for data that do not come. */
  wait(): void {
    this.#waiting ??= this.#conn.read().catch(() => null);
  }

  /** Does what the client asks, until it closes. */
  async serve(): Promise<void> {
    for (;;) {
      const header = await this.#exactly(COMMAND_LENGTH);
      if (header === null) return;
      const command = String.fromCharCode(header[0]!);
      const count = Number(new DataView(header.buffer).getBigUint64(1));
      if (command === "S") await this.#sendAll(count);
      else if (command === "T") {
        await this.#skip(count);
        await this.#conn.write(ONE);
      } else if (command === "E") await this.#echo(count);
      else throw new Error(`Cannot serve: no command ${JSON.stringify(command)}`);
    }
  }

  async #sendAll(count: number): Promise<void> {
    for (let left = count; left > 0; left -= CHUNK.length) {
      await this.#conn.write(left >= CHUNK.length ? CHUNK : CHUNK.subarray(0, left));
    }
  }

  async #echo(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const bytes = await this.#some();
      if (bytes === null) return;
      await this.#conn.write(bytes.slice());
      left -= bytes.length;
    }
  }

  async #some(): Promise<Uint8Array | null> {
    if (this.#rest.length === 0) return await this.#conn.read();
    const rest = this.#rest;
    this.#rest = new Uint8Array();
    return rest;
  }

  async #skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const bytes = await this.#some();
      if (bytes === null) throw new Error("Cannot read on: the connection ended");
      if (bytes.length > left) this.#rest = bytes.slice(left);
      left -= bytes.length;
    }
  }

  async #exactly(count: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const all = new Uint8Array(count);
    for (let filled = 0; filled < count;) {
      const bytes = await this.#some();
      if (bytes === null) return null;
      const taken = bytes.subarray(0, count - filled);
      all.set(taken, filled);
      filled += taken.length;
      if (taken.length < bytes.length) this.#rest = bytes.slice(taken.length);
    }
    return all;
  }
}
