// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What goes over a recorded connection, and the peer that plays its part. @module */

import { connectTcp, writeAll } from "../peers/deno_conn.ts";

/**
 * The pieces that the recorded end wrote (their length) and read (their length, negative; 0 for the
 * end).
 */
export type Script = readonly number[];

const BYTES = new Uint8Array(1 << 16);

/** Reads so many bytes. */
export async function readBytes(conn: Deno.Conn, count: number, buffer: Uint8Array): Promise<void> {
  for (let left = count; left > 0;) {
    const got = await conn.read(buffer.subarray(0, Math.min(left, buffer.length)));
    if (got === null) throw new Error("Cannot play on: the connection ended");
    left -= got;
  }
}

/** Writes so many bytes. */
export function writeBytes(conn: Deno.Conn, count: number): Promise<void> {
  return writeAll(conn, BYTES.subarray(0, count));
}

/** Does what the peer of the recorded end did. */
async function play(conn: Deno.Conn, script: Script, buffer: Uint8Array): Promise<void> {
  for (const step of script) {
    if (step > 0) await readBytes(conn, step, buffer);
    else if (step < 0) await writeBytes(conn, -step);
  }
}

/** Plays the peer on each connection that comes to a port, which is returned. */
export function playServer(script: Script): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (conn: Deno.TcpConn) => {
    conn.setNoDelay(true);
    const buffer = new Uint8Array(BYTES.length);
    try {
      await play(conn, script, buffer);
      while (await conn.read(buffer) !== null);
    } catch {
      // The end that is measured has closed.
    }
    conn.close();
  };
  (async () => {
    for await (const conn of listener) serve(conn);
  })();
  return listener.addr.port;
}

/** Plays the peer as a client, once. */
export async function playClient(script: Script, port: number, buffer: Uint8Array): Promise<void> {
  const conn = await connectTcp(port);
  await play(conn, script, buffer);
  conn.close();
}
