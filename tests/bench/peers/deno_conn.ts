// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type PeerConn, READ_LENGTH } from "./peer.ts";

/** The members of `Deno.Conn` that a benchmark uses. */
export interface Conn {
  read(p: Uint8Array<ArrayBuffer>): Promise<number | null>;
  write(p: Uint8Array<ArrayBuffer>): Promise<number>;
  close(): unknown;
}

/** Writes all bytes. */
export async function writeAll(conn: Conn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  let offset = await conn.write(bytes);
  while (offset < bytes.length) offset += await conn.write(bytes.subarray(offset));
}

/** Bytes to write of which nobody cares what they are. */
const BYTES = new Uint8Array(1 << 16);

/** Writes so many bytes. */
export function writeBytes(conn: Conn, count: number): Promise<void> {
  return writeAll(conn, BYTES.subarray(0, count));
}

/** Reads so many bytes. */
export async function readBytes(
  conn: Conn,
  count: number,
  buffer: Uint8Array<ArrayBuffer>,
): Promise<void> {
  for (let left = count; left > 0;) {
    const got = await conn.read(buffer.subarray(0, Math.min(left, buffer.length)));
    if (got === null) throw new Error("Cannot read on: the connection ended");
    left -= got;
  }
}

/** Connects to a port of 127.0.0.1, without Nagle's algorithm. */
export async function connectTcp(port: number): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  return conn;
}

/** A connection with the face of `Deno.Conn`. */
export class DenoConn implements PeerConn {
  readonly resumed: boolean;
  readonly #conn: Conn;
  readonly #buffer: Uint8Array<ArrayBuffer>;

  constructor(conn: Conn, { resumed = false, readLength = READ_LENGTH } = {}) {
    this.#conn = conn;
    this.resumed = resumed;
    this.#buffer = new Uint8Array(readLength);
  }

  async read(): Promise<Uint8Array | null> {
    const count = await this.#conn.read(this.#buffer);
    return count === null ? null : this.#buffer.subarray(0, count);
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return writeAll(this.#conn, bytes);
  }

  async close(): Promise<void> {
    await this.#conn.close();
  }
}
