// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// One iteration sends a message and waits until it has come back: time/iter is the latency of a
// request and its answer. The server is in a thread of its own. Run with
// `deno bench -A tests/bench/ping_pong_bench.ts`.

import { type Server, startServer } from "./_server.ts";
import {
  type Conn,
  makeConnector,
  makeIdentity,
  readExactly,
  type Stack,
  writeAll,
} from "./_stacks.ts";

const identity = await makeIdentity("ec-p256");
const buffer = new Uint8Array(4096);
let server: Server | undefined;

const ENDS: readonly (readonly [client: Stack, server: Stack])[] = [
  ["Deno", "Deno"],
  ["NSS", "Deno"],
  ["Deno", "NSS"],
  ["NSS", "NSS"],
];

for (const length of [1, 1024]) {
  const message = new Uint8Array(length);
  for (const [client, stack] of ENDS) {
    let connected: Promise<Conn> | undefined;
    const connect = async () => {
      server?.close(); // that of the bench before
      server = await startServer({ stack, behaviour: "echo", identity });
      return await makeConnector(client, identity, server.port)();
    };
    Deno.bench({
      name: `client ${client}, server ${stack}: ${length} B`,
      group: `ping-pong of ${length} B`,
      baseline: client === "Deno" && stack === "Deno",
      fn: async () => {
        const conn = await (connected ??= connect());
        await writeAll(conn, message);
        await readExactly(conn, length, buffer);
      },
    });
  }
}
