// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// One iteration closes what a program has open, both ends in one task: time/iter is how long that
// takes, without the handshake before it.
// Run with `deno bench -A tests/bench/micro/closing_bench.ts`.

import { type ByteStreams, importFD, type ImportOptions, type SslSocket } from "../../../mod.ts";
import { makeIdentity } from "../identity.ts";

const { root, cert, key } = await makeIdentity("ec-p256");
const SERVER: ImportOptions = { role: "server", certificates: [{ cert, key }] };
const CLIENT: ImportOptions = { hostname: "localhost", caCerts: [root] };

/** Two sockets that are connected. */
interface Ends {
  readonly client: SslSocket;
  readonly server: SslSocket;
}

async function shake(ends: Ends): Promise<Ends> {
  await Promise.all([ends.client.handshake(), ends.server.handshake()]);
  return ends;
}

async function overTcp(): Promise<readonly [Deno.Conn, Deno.Conn]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  return await Promise.all([Deno.connect({ hostname: "127.0.0.1", port }), listener.accept()]);
}

async function tcp(): Promise<Ends> {
  const [a, b] = await overTcp();
  return await shake({ client: importFD(a, CLIENT), server: importFD(b, SERVER) });
}

async function tlsInTls(): Promise<Ends> {
  const outer = await tcp();
  return await shake({
    client: importFD(outer.client, CLIENT),
    server: importFD(outer.server, SERVER),
  });
}

async function streams(): Promise<Ends> {
  const up = new TransformStream<Uint8Array>();
  const down = new TransformStream<Uint8Array>();
  const ends: readonly ByteStreams[] = [
    { readable: down.readable, writable: up.writable },
    { readable: up.readable, writable: down.writable },
  ];
  return await shake({ client: importFD(ends[0]!, CLIENT), server: importFD(ends[1]!, SERVER) });
}

/** Reads exactly so many bytes. */
async function take(socket: SslSocket, length: number): Promise<void> {
  const buffer = new Uint8Array(1 << 16);
  for (let left = length; left > 0;) {
    const count = await socket.read(buffer.subarray(0, Math.min(left, buffer.length)));
    if (count === null) throw new Error("Cannot read on: the connection ended");
    left -= count;
  }
}

async function silence(): Promise<void> {}

async function pingPong({ client, server }: Ends): Promise<void> {
  await Promise.all([client.write(new Uint8Array(100)), take(server, 100)]);
  await Promise.all([server.write(new Uint8Array(100)), take(client, 100)]);
}

async function upload({ client, server }: Ends): Promise<void> {
  await Promise.all([client.write(new Uint8Array(1 << 20)), take(server, 1 << 20)]);
}

/** Downloads until the client has had enough; the server goes on until its socket fails. */
async function download({ client, server }: Ends): Promise<void> {
  const chunk = new Uint8Array(1 << 16);
  const send = async () => {
    for (;;) await server.write(chunk);
  };
  send().catch(() => {});
  await take(client, 1 << 20);
}

async function request(ends: Ends): Promise<void> {
  await Promise.all([ends.client.write(new Uint8Array(100)), take(ends.server, 100)]);
  await download(ends);
}

async function clientFirst({ client, server }: Ends): Promise<void> {
  await client.close();
  await server.close();
}

async function serverFirst({ client, server }: Ends): Promise<void> {
  await server.close();
  await client.close();
}

async function bothAtOnce({ client, server }: Ends): Promise<void> {
  await Promise.all([client.close(), server.close()]);
}

async function clientOnly({ client }: Ends): Promise<void> {
  await client.close();
}

async function cancelled({ client }: Ends): Promise<void> {
  await client.readable.cancel();
}

const TRANSPORTS = { TCP: tcp, "TLS in TLS": tlsInTls, "a pair of streams": streams };

const USES = { nothing: silence, "a ping-pong": pingPong, "1 MiB up": upload };

const ENDINGS = {
  "client, then server": clientFirst,
  "server, then client": serverFirst,
  "both at once": bothAtOnce,
};

function bench(
  group: string,
  name: string,
  connect: () => Promise<Ends>,
  use: (ends: Ends) => Promise<void>,
  end: (ends: Ends) => Promise<void>,
): void {
  Deno.bench({
    name,
    group,
    n: 5,
    warmup: 1,
    fn: async (b) => {
      const ends = await connect();
      await use(ends);
      b.start();
      await end(ends);
      b.end();
      await Promise.allSettled([ends.client.close(), ends.server.close()]);
    },
  });
}

for (const [transport, connect] of Object.entries(TRANSPORTS)) {
  for (const [what, use] of Object.entries(USES)) {
    for (const [order, end] of Object.entries(ENDINGS)) {
      bench(`close over ${transport}`, `after ${what}: ${order}`, connect, use, end);
    }
  }
}

for (const [what, use] of Object.entries({ "no request": download, "a request": request })) {
  bench("cancel a running download", `after ${what}: close()`, tcp, use, clientOnly);
  bench("cancel a running download", `after ${what}: readable.cancel()`, tcp, use, cancelled);
}

Deno.bench({
  name: "connect, shake hands, leave the block",
  group: "await using of both ends",
  n: 5,
  warmup: 1,
  fn: async () => {
    const [a, b] = await overTcp();
    await using client = importFD(a, CLIENT);
    await using server = importFD(b, SERVER);
    await Promise.all([client.handshake(), server.handshake()]);
  },
});
