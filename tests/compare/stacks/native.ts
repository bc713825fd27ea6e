// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Deno's own TLS. @module */

import { DenoConn } from "../../bench/peers/deno_conn.ts";
import {
  type ClientOptions,
  type Conn,
  demandKnown,
  type Facts,
  type HttpServing,
  type Identity,
  NotOffered,
  type Plain,
  type Server,
  type ServerOptions,
  type Stack,
} from "../stack.ts";

/** The address of this machine that no other machine reaches. */
const hostname = "127.0.0.1";
const CONNECT = "Deno.connectTls";
const START = "Deno.startTls";
const LISTEN = "Deno.listenTls";

class NativeConn extends DenoConn implements Conn {
  readonly #alpn: string | null;

  constructor(conn: Deno.TlsConn, { alpnProtocol }: Deno.TlsHandshakeInfo) {
    super(conn);
    this.#alpn = alpnProtocol;
  }

  facts(): Facts {
    return { alpn: this.#alpn ?? undefined };
  }
}

async function handshake(conn: Deno.TlsConn): Promise<NativeConn> {
  return new NativeConn(conn, await conn.handshake());
}

function clientSettings({ roots, alpn, identity }: ClientOptions) {
  return {
    hostname: "localhost",
    ...roots !== undefined && { caCerts: [roots] },
    ...alpn && { alpnProtocols: [...alpn] },
    ...identity,
  };
}

/** What the types do not take, to see what happens. */
async function startOn(conn: Deno.Conn, options: ClientOptions): Promise<Conn> {
  const started: Promise<Deno.TlsConn> = Reflect.apply(Deno.startTls, Deno, [
    conn,
    clientSettings(options),
  ]);
  return await handshake(await started);
}

function plain(conn: Deno.TcpConn): Plain {
  const buffer = new Uint8Array(1024);
  return {
    async read() {
      const length = await conn.read(buffer);
      return length === null ? null : buffer.slice(0, length);
    },
    write: async (bytes) => void await conn.write(bytes),
    startTls(options) {
      demandKnown(options, ["roots", "alpn"], START);
      return startOn(conn, options);
    },
    acceptTls(options) {
      demandKnown(options, ["identity"], LISTEN);
      throw new NotOffered(`${START} is for clients`);
    },
  };
}

function listen(options: ServerOptions): Promise<Server> {
  demandKnown(options, ["identity"], LISTEN);
  const listener = Deno.listenTls({ hostname, port: 0, ...options.identity! });
  return Promise.resolve({
    port: listener.addr.port,
    accept: async () => await handshake(await listener.accept()),
    close: () => listener.close(),
  });
}

function http2({ cert, key }: Identity, clientRoots?: string): Promise<HttpServing> {
  demandKnown({ clientRoots }, [], "Deno.serve()");
  const options = { hostname, port: 0, cert, key, onListen: () => {} };
  const server = Deno.serve(options, () => new Response("nobody"));
  const close = () => void server.shutdown();
  return Promise.resolve({ port: server.addr.port, by: "Deno.serve()", own: true, close });
}

/** `Deno.connectTls`, `Deno.startTls` and `Deno.listenTls`: rustls. */
export const stack: Stack = {
  id: "native",
  title: `Deno ${Deno.version.deno}`,
  entry: null,
  async connect(port, options) {
    demandKnown(options, ["roots", "alpn", "identity", "postHandshake"], CONNECT);
    const settings = clientSettings(options);
    return await handshake(await Deno.connectTls({ ...settings, hostname: "localhost", port }));
  },
  over: () => Promise.reject(new NotOffered(`${START} takes a TcpConn`)),
  unix: async (path, options) =>
    await startOn(await Deno.connect({ transport: "unix", path }), options),
  plain: async (port) => plain(await Deno.connect({ hostname, port })),
  listen,
  listenPlain() {
    const listener = Deno.listen({ hostname, port: 0 });
    return Promise.resolve({
      port: listener.addr.port,
      accept: async () => plain(await listener.accept()),
      close: () => listener.close(),
    });
  },
  http2,
};
