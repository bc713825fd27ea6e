// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The peer of a recorded connection: it plays its part again. @module */

import { connectTcp, readBytes, writeBytes } from "../peers/deno_conn.ts";
import { READ_LENGTH } from "../peers/peer.ts";
import type { Script } from "../peers/recorder.ts";

/** Does what the peer of the recorded end did. */
async function play(
  conn: Deno.Conn,
  script: Script,
  buffer: Uint8Array<ArrayBuffer>,
): Promise<void> {
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
    const buffer = new Uint8Array(READ_LENGTH);
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
export async function playClient(
  script: Script,
  port: number,
  buffer: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const conn = await connectTcp(port);
  await play(conn, script, buffer);
  conn.close();
}
