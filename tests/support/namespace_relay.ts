// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The relay inside a network namespace: `deno run namespace_relay.ts <unix socket>`. A client of
 * the Unix socket sends two bytes, the port; the relay connects to that port of its own loopback,
 * answers 1 (or 0 if nobody listens), and copies both directions, half-closes included. It ends
 * when its standard input does.
 *
 * @module
 */

/** For how long a port that does not listen yet is tried again, in milliseconds. */
const PATIENCE = 8000;

async function connect(port: number): Promise<Deno.TcpConn | null> {
  for (let waited = 0; waited < PATIENCE; waited += 20) {
    try {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      conn.setNoDelay(true);
      return conn;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) return null;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return null;
}

async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const length = await from.read(buffer);
    if (length === null) return await to.closeWrite();
    for (let sent = 0; sent < length;) sent += await to.write(buffer.subarray(sent, length));
  }
}

async function serve(outer: Deno.Conn): Promise<void> {
  using _outer = outer;
  const head = new Uint8Array(2);
  if (await outer.read(head) !== 2) return;
  using inner = await connect(((head[0] ?? 0) << 8) | (head[1] ?? 0));
  await outer.write(Uint8Array.of(inner ? 1 : 0));
  if (!inner) return;
  // A failure of one direction ends both, so that a reset is seen on the other side.
  await Promise.all([copy(outer, inner), copy(inner, outer)]);
}

if (import.meta.main) {
  const path = Deno.args[0];
  if (path === undefined) throw new Error("Cannot start the relay: no path is given");
  const listener = Deno.listen({ transport: "unix", path });
  await Deno.stdout.write(new TextEncoder().encode("ready\n"));
  (async () => {
    for await (const _ of Deno.stdin.readable) { /* only its end matters */ }
    Deno.exit(0);
  })();
  for await (const conn of listener) serve(conn).catch(() => {});
}
