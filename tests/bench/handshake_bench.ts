// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Handshakes per second and, in lines before the table, what each end of one calls WebCrypto for.
// The server is in a thread of its own. Run with `deno bench -A tests/bench/handshake_bench.ts`.
//
// Deno's client leaves Nagle's algorithm on and sends its last flight in two pieces: some of its
// handshakes wait for a delayed acknowledgement, 40 ms. Hence the column of the minima is the one
// to compare where the averages are far from it.

import { countSubtleCalls } from "../ssl/handshake/subtle.ts";
import { note } from "../support/skip.ts";
import { type Server, startServer } from "./_server.ts";
import { type Conn, type Identity, makeConnector, makeIdentity, type Stack } from "./_stacks.ts";

const IDENTITIES: Readonly<Record<string, Identity>> = {
  "ECDSA P-256": await makeIdentity("ec-p256"),
  "RSA-2048": await makeIdentity("rsa-2048"),
};

const ENDS: readonly (readonly [client: Stack, server: Stack])[] = [
  ["Deno", "Deno"],
  ["NSS", "Deno"],
  ["Deno", "NSS"],
  ["NSS", "NSS"],
];

const AT_ONCE = 8;
/** Few, as all of them leave a port in TIME_WAIT. */
const ITERATIONS = 200;
const WARM_UP = 20;

let running: Server | undefined;

/**
 * What makes a bench's connections; its server starts at the first one, in place of the server of
 * the bench before.
 */
function connector(
  client: Stack,
  stack: Stack,
  identity: Identity,
  resume = false,
): () => Promise<Conn> {
  let connect: Promise<() => Promise<Conn>> | undefined;
  const start = async () => {
    running?.close();
    running = await startServer({ stack, behaviour: "greet", identity });
    return makeConnector(client, identity, running.port, { resume });
  };
  return async () => await (await (connect ??= start()))();
}

/** Reads the server's greeting, which its session tickets go before. */
async function finish(conn: Conn): Promise<void> {
  await conn.read(new Uint8Array(1));
  conn.close();
}

for (const [key, identity] of Object.entries(IDENTITIES)) {
  for (const [client, stack] of ENDS) {
    const baseline = client === "Deno" && stack === "Deno";
    const ends = `client ${client}, server ${stack}`;
    const connect = connector(client, stack, identity);
    Deno.bench({
      name: `${ends}: full, ${key}`,
      group: `handshakes one by one, ${key}: iter/s = handshakes/s`,
      baseline,
      n: ITERATIONS,
      warmup: WARM_UP,
      fn: async (bench) => {
        bench.start();
        const conn = await connect();
        await conn.handshake();
        bench.end();
        conn.close();
      },
    });
    const connectOneOfMany = connector(client, stack, identity);
    Deno.bench({
      name: `${ends}: ${AT_ONCE} full, ${key}`,
      group: `handshakes, ${AT_ONCE} at once, ${key}: ${AT_ONCE} * iter/s = handshakes/s`,
      baseline,
      n: ITERATIONS / AT_ONCE,
      warmup: WARM_UP / AT_ONCE,
      fn: async () => {
        const handshake = async () => {
          const conn = await connectOneOfMany();
          await conn.handshake();
          conn.close();
        };
        await Promise.all(Array.from({ length: AT_ONCE }, handshake));
      },
    });
    // No client of Deno's own resumes: its full handshake is what a resumption has to stand beside.
    const resume = client === "NSS";
    const connectAgain = connector(client, stack, identity, resume);
    Deno.bench({
      name: `${ends}: ${resume ? "resumed" : "full"}, ${key}`,
      group: `handshakes resumed, ${key}: iter/s = handshakes/s`,
      baseline,
      n: ITERATIONS / 4,
      warmup: WARM_UP / 4,
      fn: async (bench) => {
        bench.start();
        const conn = await connectAgain();
        await conn.handshake();
        bench.end();
        await finish(conn);
      },
    });
  }
}

type Calls = Awaited<ReturnType<typeof countSubtleCalls>>;

function describe({ all, ...calls }: Calls): string {
  const kinds = Object.entries(calls).map(([method, count]) => `${count} ${method}`).join(", ");
  return `${all} calls (${kinds})`;
}

for (const [key, identity] of Object.entries(IDENTITIES)) {
  for (const resume of [false, true]) {
    const server = await startServer({ stack: "NSS", behaviour: "greet", identity, count: true });
    const connect = makeConnector("NSS", identity, server.port, { resume });
    let line = "";
    // The first two import keys and fill caches.
    for (let i = 0; i < 3; i++) {
      const ofServer = server.calls();
      const ofClient = await countSubtleCalls(async () => await finish(await connect()));
      line = `client ${describe(ofClient)}; server ${describe(await ofServer)}`;
    }
    server.close();
    note(`calls to WebCrypto, ${resume ? "resumed" : "full"}, ${key}: ${line}`);
  }
}
