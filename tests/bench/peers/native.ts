// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { connectTcp, DenoConn } from "./deno_conn.ts";
import type { Peer } from "./peer.ts";

/**
 * Deno's own TLS (rustls). The client is `Deno.startTls`: `connectTls` leaves Nagle's algorithm on,
 * whose delays of 40 ms would be all that is measured.
 */
export const peer: Peer = {
  client({ port, root }, { readLength }) {
    return Promise.resolve({
      async connect() {
        const tcp = await connectTcp(port);
        const conn = await Deno.startTls(tcp, { hostname: "localhost", caCerts: [root] });
        await conn.handshake();
        return new DenoConn(conn, { readLength });
      },
    });
  },
  server({ cert, key }, { readLength }) {
    const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
    return Promise.resolve({
      port: listener.addr.port,
      accept: async () => new DenoConn(await listener.accept(), { readLength }),
    });
  },
};
