// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// One iteration moves a megabyte, so that the column iter/s reads as MB/s. The server is in a
// thread of its own. Run with `deno bench -A tests/bench/bulk_bench.ts`.

import { type Behaviour, type Server, startServer } from "./_server.ts";
import {
  type Conn,
  makeConnector,
  makeIdentity,
  readExactly,
  type Stack,
  writeAll,
} from "./_stacks.ts";

const MEGABYTE = 1_000_000;
const buffer = new Uint8Array(1 << 17);
const megabyte = new Uint8Array(MEGABYTE);

const identity = await makeIdentity("ec-p256");

const DIRECTIONS: Readonly<
  Record<string, { behaviour: Behaviour; move: (conn: Conn) => Promise<void> }>
> = {
  "down (server to client)": {
    behaviour: "source",
    move: (conn) => readExactly(conn, MEGABYTE, buffer),
  },
  "up (client to server)": { behaviour: "sink", move: (conn) => writeAll(conn, megabyte) },
};

const ENDS: readonly (readonly [client: Stack, server: Stack])[] = [
  ["Deno", "Deno"],
  ["NSS", "Deno"],
  ["Deno", "NSS"],
  ["NSS", "NSS"],
];

let server: Server | undefined;

for (const [direction, { behaviour, move }] of Object.entries(DIRECTIONS)) {
  for (const [client, stack] of ENDS) {
    let connected: Promise<Conn> | undefined;
    // The connection is made in the warm-up and serves all iterations: what is measured is the
    // steady state.
    const connect = async () => {
      server?.close(); // that of the bench before
      server = await startServer({ stack, behaviour, identity });
      return await makeConnector(client, identity, server.port)();
    };
    Deno.bench({
      name: `client ${client}, server ${stack}: 1 MB`,
      group: `bulk, ${direction}: iter/s = MB/s`,
      baseline: client === "Deno" && stack === "Deno",
      fn: async () => {
        await move(await (connected ??= connect()));
      },
    });
  }
}
