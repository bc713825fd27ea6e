// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/** What `node:tls` and the packages with its face have in common. @module */

import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { NodeConn } from "../../bench/peers/node_socket.ts";
import {
  type ClientOptions,
  type Conn,
  type Facts,
  type HttpServing,
  type Identity,
  NotOffered,
  type Plain,
  type Server,
  type ServerOptions,
  type Stack,
  type StackName,
} from "../stack.ts";

/** The address of this machine that no other machine reaches. */
const HOST = "127.0.0.1";

/** A TLS socket in the form of Node's. Methods that some do not have are optional. */
export interface TlsSocket extends Duplex {
  readonly authorizationError?: unknown;
  readonly alpnProtocol?: string | false | null;
  getProtocol(): string | null;
  getCipher(): { readonly standardName?: string; readonly name?: string } | null | undefined;
  getEphemeralKeyInfo?(): { readonly name?: string; readonly type?: string } | null;
  getPeerCertificate(): {
    readonly subject?: string | { readonly CN?: string };
    readonly raw?: Uint8Array;
  } | null;
  getSharedSigalgs?(): readonly string[];
  exportKeyingMaterial?(length: number, label: string, context?: Buffer): Uint8Array | null;
  getFinished?(): Uint8Array | null | undefined;
  getPeerFinished?(): Uint8Array | null | undefined;
  isSessionReused(): boolean;
  renegotiate?(options: object, callback: (error: Error | null) => void): boolean;
}

/** Options, under Node's names. */
export type NodeOptions = Readonly<Record<string, unknown>>;

/** A module in the form of `node:tls`. */
export interface NodeLike {
  readonly id: StackName;
  readonly title: string;
  readonly entry: string;
  /** What one says for a client's options. @throws {NotOffered} if there is none. */
  clientOptions(options: ClientOptions): NodeOptions;
  /** What one says for a server's options. @throws {NotOffered} if there is none. */
  serverOptions(options: ServerOptions): NodeOptions;
  /** Connects to a port by a function of its own, where that can do more; `null` if not. */
  connect?(port: number, options: NodeOptions): TlsSocket | null;
  /** Speaks as a client over a socket. */
  client(transport: Duplex, options: NodeOptions): TlsSocket;
  /** Speaks as a server over a socket. */
  server(transport: Duplex, options: NodeOptions): TlsSocket;
  /** The event with which a server's socket says that its handshake is complete. */
  readonly serverReady: string;
  createServer(options: NodeOptions): NodeServer;
  /** Updates the keys of a TLS 1.3 connection. */
  keyUpdate?(socket: TlsSocket): void;
  http2(identity: Identity, clientRoots?: string): Promise<HttpServing>;
}

/** A server in the form of Node's. */
export interface NodeServer {
  on(event: "secureConnection", listener: (socket: TlsSocket) => void): unknown;
  on(event: "tlsClientError", listener: (error: Error) => void): unknown;
  listen(port: number, host: string, onListening: () => void): unknown;
  address(): unknown;
  close(): unknown;
  setSecureContext?(options: Identity): void;
}

class NodeTlsConn extends NodeConn implements Conn {
  readonly #tls: TlsSocket;
  readonly #module: NodeLike;
  readonly #session: Promise<Uint8Array>;
  #error: Error | undefined;

  constructor(module: NodeLike, socket: TlsSocket, session: Promise<Uint8Array>) {
    super(socket);
    this.#module = module;
    this.#tls = socket;
    this.#session = session;
    socket.on("error", (error) => this.#error ??= error);
  }

  override async read(): Promise<Uint8Array | null> {
    const bytes = await super.read();
    if (bytes === null && this.#error) throw this.#error;
    return bytes && Uint8Array.from(bytes);
  }

  facts(): Facts {
    const socket = this.#tls;
    const cipher = socket.getCipher();
    const key = socket.getEphemeralKeyInfo?.();
    return {
      version: socket.getProtocol() ?? undefined,
      cipherSuite: cipher?.standardName ?? cipher?.name,
      group: key?.name ?? key?.type,
      peer: peerName(socket),
      alpn: socket.alpnProtocol || undefined,
    };
  }

  exporter(label: string, length: number): Promise<Uint8Array> {
    return Promise.try(() => {
      if (!this.#tls.exportKeyingMaterial) {
        throw new NotOffered("a TLSSocket has no exportKeyingMaterial()");
      }
      const bytes = this.#tls.exportKeyingMaterial(length, label);
      if (bytes === null) throw new Error("exportKeyingMaterial() returned null");
      return bytes;
    });
  }

  async binding(type: "tls-exporter" | "tls-server-end-point" | "tls-unique") {
    switch (type) {
      case "tls-exporter":
        return await this.exporter("EXPORTER-Channel-Binding", 32);
      case "tls-unique": {
        // The first Finished of a full handshake is the client's
        const bytes = this.#tls.getFinished?.();
        if (!bytes) throw new NotOffered("a TLSSocket has no getFinished()");
        return bytes;
      }
      case "tls-server-end-point": {
        const { raw } = this.#tls.getPeerCertificate() ?? {};
        if (!raw) throw new NotOffered("a TLSSocket does not give the certificate");
        return new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(raw)));
      }
    }
  }

  session(): Promise<Uint8Array> {
    return this.#session;
  }

  keyUpdate(): Promise<void> {
    return Promise.try(() => {
      if (!this.#module.keyUpdate) throw new NotOffered("a TLSSocket has no method for it");
      this.#module.keyUpdate(this.#tls);
    });
  }

  askCertificate(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#tls.renegotiate) reject(new NotOffered("a TLSSocket has no renegotiate()"));
      else {
        this.#tls.renegotiate(
          { requestCert: true, rejectUnauthorized: true },
          (error) => error ? reject(error) : resolve(),
        );
      }
    });
  }
}

/** The common name in the peer's certificate. */
export function peerName(socket: Pick<TlsSocket, "getPeerCertificate">): string | undefined {
  const subject = socket.getPeerCertificate()?.subject;
  return typeof subject === "string" ? /^CN=(.*)$/m.exec(subject)?.[1] : subject?.CN;
}

/** Waits for a handshake; with a pin, looks then whose key it is, as Node's documentation says. */
function ready(
  module: NodeLike,
  socket: TlsSocket,
  event: string,
  pin?: string,
): Promise<Conn> {
  const session = Promise.withResolvers<Uint8Array>();
  socket.on("session", (bytes: Uint8Array) => session.resolve(Uint8Array.from(bytes)));
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("The connection was closed")));
    socket.once(event, async () => {
      const conn = new NodeTlsConn(module, socket, session.promise);
      if (pin === undefined && socket.authorizationError) reject(socket.authorizationError);
      if (pin === undefined) return resolve(conn);
      const { raw } = socket.getPeerCertificate() ?? {};
      if (raw && await pinOf(raw) === pin) resolve(conn);
      else reject(new Error("The key is another one"));
    });
  });
}

function client(
  module: NodeLike,
  transport: Duplex | number,
  options: ClientOptions,
): Promise<Conn> {
  return Promise.try(async () => {
    const { keyLog, pin } = options;
    const settings = module.clientOptions(options);
    const socket = typeof transport !== "number"
      ? module.client(transport, settings)
      : module.connect?.(transport, settings) ??
        module.client(await tcp({ port: transport, host: HOST }), settings);
    if (keyLog) socket.on("keylog", (line: Uint8Array) => keyLog(new TextDecoder().decode(line)));
    return ready(module, socket, "secureConnect", pin);
  });
}

function plain(module: NodeLike, socket: Socket): Plain {
  const queue: Uint8Array[] = [];
  let wake = Promise.withResolvers<void>();
  const take = (bytes: Uint8Array) => {
    queue.push(bytes);
    wake.resolve();
    wake = Promise.withResolvers();
  };
  socket.on("data", take);
  socket.on("error", () => {});
  return {
    async read() {
      while (queue.length === 0) await wake.promise;
      return queue.shift()!;
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => error ? reject(error) : resolve());
      }),
    startTls(options) {
      socket.off("data", take).pause();
      return client(module, socket, options);
    },
    acceptTls(options) {
      socket.off("data", take).pause();
      const tls = module.server(socket, { isServer: true, ...module.serverOptions(options) });
      return ready(module, tls, module.serverReady);
    },
  };
}

/** The port of a server that listens. */
export function portOf(address: unknown): number {
  if (typeof address !== "object" || address === null) throw new Error("No port");
  return Number(Reflect.get(address, "port"));
}

async function listen(module: NodeLike, options: ServerOptions): Promise<Server> {
  const conns: Promise<Conn>[] = [];
  const waiting: ((conn: Promise<Conn>) => void)[] = [];
  const give = (conn: Promise<Conn>) => {
    conn.catch(() => {});
    const next = waiting.shift();
    if (next) next(conn);
    else conns.push(conn);
  };
  const server = module.createServer(module.serverOptions(options));
  const never = Promise.withResolvers<Uint8Array>().promise;
  server.on("secureConnection", (socket) => {
    socket.on("error", () => {});
    give(Promise.resolve(new NodeTlsConn(module, socket, never)));
  });
  server.on("tlsClientError", (error) => give(Promise.reject(error)));
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return {
    port: portOf(server.address()),
    accept: () => conns.shift() ?? new Promise<Conn>((resolve) => waiting.push(resolve)),
    change(identity) {
      return Promise.try(() => {
        if (!server.setSecureContext) throw new NotOffered("there is no setSecureContext()");
        server.setSecureContext(identity);
      });
    },
    close: () => void server.close(),
  };
}

function tcp(options: { port: number; host: string } | { path: string }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(options, () => resolve(socket));
    socket.on("error", reject);
  });
}

/** The base64 of the SHA-256 of the public key in a certificate. */
export async function pinOf(raw: Uint8Array): Promise<string> {
  const spki = new X509Certificate(Buffer.from(raw)).publicKey.export({
    type: "spki",
    format: "der",
  });
  const hash = await crypto.subtle.digest("SHA-256", Uint8Array.from(Buffer.from(spki)));
  return Buffer.from(hash).toString("base64");
}

/** A stack of a module in the form of `node:tls`. */
export function nodeStack(module: NodeLike): Stack {
  return {
    id: module.id,
    title: module.title,
    entry: module.entry,
    connect: (port, options) => client(module, port, options),
    over({ readable, writable }, options) {
      return client(module, Duplex.fromWeb({ readable, writable }), options);
    },
    unix: async (path, options) => await client(module, await tcp({ path }), options),
    plain: async (port) => plain(module, await tcp({ port, host: HOST })),
    listen: (options) => Promise.try(() => listen(module, options)),
    async listenPlain() {
      const sockets: Socket[] = [];
      const waiting: ((socket: Socket) => void)[] = [];
      const server = createServer((socket) => {
        const next = waiting.shift();
        if (next) next(socket);
        else sockets.push(socket);
      });
      await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
      return {
        port: portOf(server.address()),
        async accept() {
          return plain(
            module,
            sockets.shift() ?? await new Promise<Socket>((resolve) => waiting.push(resolve)),
          );
        },
        close: () => void server.close(),
      };
    },
    http2: (identity, clientRoots) => module.http2(identity, clientRoots),
  };
}
