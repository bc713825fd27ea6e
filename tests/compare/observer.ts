// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The other end of each probe: this package, which sees what was offered and chosen. @module */

import {
  type ChannelInfo,
  type ClientHelloInfo,
  getChannelInfo,
  importFD,
  type ImportOptions,
  NssContext,
  type SslSocket,
} from "@nss/nss";
import type { ClientOptions, Conn, Facts, Server, ServerOptions, Stack } from "./stack.ts";

/** The address of this machine that no other machine reaches. */
const hostname = "127.0.0.1";
const PING = new TextEncoder().encode("ping");
const PONG = new TextEncoder().encode("pong");

/** A context that trusts nobody, and shares no session with another one. */
export function alone(): NssContext {
  return new NssContext({ trustAnchors: [] });
}

/** A server of ours. */
interface Serving<T> extends Disposable {
  readonly port: number;
  /** What the next connection comes to. */
  next(): Promise<T>;
}

/** Serves clients, one after the other, on a free port. */
export function serve<T>(
  options: ImportOptions,
  use: (socket: SslSocket, tcp: Deno.TcpConn) => Promise<T>,
): Serving<T> {
  const listener = Deno.listen({ hostname, port: 0 });
  return {
    port: listener.addr.port,
    async next() {
      const tcp = await listener.accept();
      const socket = importFD(tcp, { context: alone(), ...options, role: "server" });
      try {
        return await use(socket, tcp);
      } finally {
        await socket.close().catch(() => {});
      }
    },
    [Symbol.dispose]: () => listener.close(),
  };
}

/** Reads once. */
export async function readSome(socket: SslSocket): Promise<Uint8Array> {
  const buffer = new Uint8Array(1024);
  const length = await socket.read(buffer);
  if (length === null) throw new Error("The connection ended");
  return buffer.slice(0, length);
}

/** Answers a byte with a byte, as a server; the answer carries the tickets along. */
export async function answerPing(socket: SslSocket): Promise<void> {
  await readSome(socket);
  await socket.write(PONG);
}

/** Writes, and waits for the answer. */
export async function ping(conn: Conn): Promise<void> {
  await conn.write(PING);
  if (await conn.read() === null) throw new Error("The connection ended");
}

/** What both ends know of a connection. */
export interface Exchange {
  /** What the stack says. */
  readonly facts: Facts;
  /** What this package says. */
  readonly info: ChannelInfo;
  /** What the stack offered first; of clients only. */
  readonly hello: ClientHelloInfo | undefined;
}

/** Lets a stack's client talk to a server of ours. */
export async function asClient(
  stack: Stack,
  client: ClientOptions,
  server: ImportOptions,
  during: (conn: Conn, socket: SslSocket) => Promise<void> = () => Promise.resolve(),
): Promise<Exchange> {
  let hello: ClientHelloInfo | undefined;
  const met = Promise.withResolvers<SslSocket>();
  met.promise.catch(() => {});
  const used = Promise.withResolvers<void>();
  using serving = serve(
    { ...server, clientHelloCallback: (_, first) => void (hello ??= first) },
    async (socket) => {
      const info = await socket.handshake();
      await answerPing(socket);
      met.resolve(socket);
      await used.promise;
      return info;
    },
  );
  const served = serving.next();
  served.catch((error) => met.reject(error));
  try {
    const conn = await stack.connect(serving.port, client);
    await ping(conn);
    await during(conn, await met.promise);
    const facts = conn.facts();
    used.resolve();
    await conn.close();
    return { facts, info: await served, hello };
  } finally {
    used.resolve();
    served.catch(() => {});
  }
}

/** Connects to a server of a stack. */
export async function dial(
  port: number,
  options: ImportOptions,
  configure: (socket: SslSocket) => void = () => {},
): Promise<SslSocket> {
  const conn = await Deno.connect({ hostname, port });
  const socket = importFD(conn, { hostname: "localhost", context: alone(), ...options });
  configure(socket);
  await socket.handshake();
  return socket;
}

/** Lets a client of ours talk to a stack's server. */
export async function asServer(
  stack: Stack,
  server: ServerOptions,
  client: ImportOptions,
  during: (conn: Conn, socket: SslSocket) => Promise<void> = () => Promise.resolve(),
  configure: (socket: SslSocket) => void = () => {},
): Promise<Exchange> {
  const listening = await stack.listen(server);
  try {
    return await meet(listening, client, during, configure);
  } finally {
    listening.close();
  }
}

/** Lets a client of ours talk to a server that listens. */
export async function meet(
  listening: Server,
  client: ImportOptions,
  during: (conn: Conn, socket: SslSocket) => Promise<void> = () => Promise.resolve(),
  configure: (socket: SslSocket) => void = () => {},
): Promise<Exchange> {
  const accepted = listening.accept();
  accepted.catch(() => {});
  const socket = await dial(listening.port, client, configure);
  const conn = await accepted;
  try {
    const read = conn.read();
    await socket.write(PING);
    await read;
    await conn.write(PONG);
    await readSome(socket);
    await during(conn, socket);
    return { facts: conn.facts(), info: getChannelInfo(socket), hello: undefined };
  } finally {
    await socket.close().catch(() => {});
    await conn.close();
  }
}
