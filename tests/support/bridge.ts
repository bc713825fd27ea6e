// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A port of 127.0.0.1 whose connections go somewhere else. */
export interface Bridge extends AsyncDisposable {
  /** The port. */
  readonly port: number;
}

/**
 * Joins each connection to a free port of 127.0.0.1 with a connection that a function makes, so
 * that a client which can only be given a port reaches a server in a network namespace.
 *
 * @param connect Makes the other connection.
 * @returns The bridge; close it when the connections are over.
 */
export function bridge(connect: () => Promise<Deno.Conn>): Bridge {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const copy = async (from: Deno.Conn, to: Deno.Conn): Promise<void> => {
    const buffer = new Uint8Array(32 * 1024);
    for (;;) {
      const length = await from.read(buffer);
      if (length === null) return await to.closeWrite();
      for (let sent = 0; sent < length;) sent += await to.write(buffer.subarray(sent, length));
    }
  };
  const join = async (outer: Deno.TcpConn): Promise<void> => {
    outer.setNoDelay(true);
    open.add(outer);
    try {
      const inner = await connect();
      open.add(inner);
      await Promise.all([copy(outer, inner), copy(inner, outer)]).catch(() => {});
      inner.close();
      open.delete(inner);
    } finally {
      outer.close();
      open.delete(outer);
    }
  };
  const joins: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const conn of listener) joins.push(join(conn).catch(() => {}));
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const conn of open) await conn.closeWrite().catch(() => {});
      await Promise.all(joins);
    },
  };
}
