// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * One of several server processes behind one port: it says on which port it listens, answers each
 * byte of a client with its own number, tells how it is for each line of its input, and ends in
 * order when its input does. Its argument is a {@linkcode ServerOrders}, as JSON.
 *
 * @module
 */

import { importFD, importPrivateKey, NssContext, SslError, type SslSocket } from "@nss/nss";
import {
  getStatistics,
  inheritMPServerSIDCache,
  readEarlyData,
  shutdownServerSessionIDCache,
  type SslStatistics,
} from "@nss/nss/ssl";
import { type Engine, openEngine, type StoreUse } from "./_engine.ts";

/** What a server process is told. */
export interface ServerOrders {
  /** Its number, 0 to 255, with which it answers. */
  readonly index: number;
  /** Its port, which others listen on, too; 0 for any. */
  readonly port: number;
  /** Its certificate, PEM. */
  readonly cert: string;
  /** Its key, PKCS #8 in base64. */
  readonly pkcs8: string;
  /** What describes the cache that it shares. */
  readonly inheritance: string;
  /** The store of that cache. */
  readonly engine: Engine;
  /** How many bytes of early data it takes. */
  readonly maxEarlyData: number;
  /** By how many milliseconds its clock is wrong. */
  readonly skew: number;
}

/** How a server process is. */
export interface ServerState {
  /** The handshakes that it has completed. */
  readonly handshakes: number;
  /** Of these, the ones that resumed a session. */
  readonly resumed: number;
  /** The connections whose early data it has taken. */
  readonly early: number;
  /** The connections that are up. */
  readonly live: number;
  /** How connections have failed: names of errors with their counts. */
  readonly failures: Readonly<Record<string, number>>;
  /** What it counts of sessions. */
  readonly statistics: SslStatistics;
  /** What it has asked the store. */
  readonly store: StoreUse;
}

const orders: ServerOrders = JSON.parse(Deno.args[0]!);
const clock = Date.now;
Date.now = () => clock() + orders.skew;

const context = new NssContext({ trustAnchors: [] });
const store = await openEngine(orders.engine);
await inheritMPServerSIDCache(orders.inheritance, { context, store });
const tcp = Deno.listen({ hostname: "127.0.0.1", port: orders.port, reusePort: true });
const key = await importPrivateKey(Uint8Array.fromBase64(orders.pkcs8));
const listener = importFD(tcp, {
  certificates: [{ cert: orders.cert, key }],
  maxEarlyData: orders.maxEarlyData,
  context,
});

const failures: Record<string, number> = {};
let [handshakes, resumed, early] = [0, 0, 0];
const live = new Set<SslSocket>();

async function serve(socket: SslSocket): Promise<void> {
  live.add(socket);
  try {
    const buffer = new Uint8Array(1);
    if (orders.maxEarlyData > 0 && await readEarlyData(socket, buffer) !== null) early++;
    const info = await socket.handshake();
    handshakes++;
    if (info.resumed) resumed++;
    while (await socket.read(buffer) !== null) await socket.write(Uint8Array.of(orders.index));
    await socket.close();
  } catch (error) {
    const name = error instanceof SslError ? error.name : String(error);
    failures[name] = (failures[name] ?? 0) + 1;
  } finally {
    live.delete(socket);
  }
}

const accepting = (async () => {
  for await (const socket of listener) serve(socket);
})();

async function say(value: object): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

await say({ port: tcp.addr.port });
for await (const _ of Deno.stdin.readable) {
  const state: ServerState = {
    handshakes,
    resumed,
    early,
    live: live.size,
    failures,
    statistics: getStatistics({ context }),
    store: store.use,
  };
  await say(state);
}
listener.close();
await accepting;
await Promise.allSettled([...live].map((socket) => socket.close()));
await shutdownServerSessionIDCache({ context });
Deno.exit();
