// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { connectTcp, DenoConn } from "./deno_conn.ts";
import type { Peer } from "./peer.ts";

/** TCP without TLS: the floor under each stack. */
export const peer: Peer = {
  client({ port }, { readLength }) {
    return Promise.resolve({
      connect: async () => new DenoConn(await connectTcp(port), { readLength }),
    });
  },
  server(_identity, { readLength }) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return Promise.resolve({
      port: listener.addr.port,
      async accept() {
        const conn = await listener.accept();
        conn.setNoDelay(true);
        return new DenoConn(conn, { readLength });
      },
    });
  },
};
