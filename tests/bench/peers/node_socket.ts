// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

import type { Duplex } from "node:stream";
import type { Identity, Peer, PeerConn, Server, Target } from "./peer.ts";

/** How many bytes may wait before a socket is told to pause, and how few before it goes on. */
const HIGH_WATER = 1 << 18;
const LOW_WATER = 1 << 17;

/** A connection with the face of Node's streams. */
export class NodeConn implements PeerConn {
  readonly resumed: boolean;
  readonly #socket: Duplex;
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  #ended = false;
  #wake: ((bytes: Uint8Array | null) => void) | undefined;

  constructor(socket: Duplex, resumed = false) {
    this.#socket = socket;
    this.resumed = resumed;
    socket.on("data", (bytes: Uint8Array) => {
      if (this.#give(bytes)) return;
      this.#queue.push(bytes);
      this.#queued += bytes.length;
      if (this.#queued > HIGH_WATER) socket.pause();
    });
    const end = () => {
      this.#ended = true;
      this.#give(null);
    };
    socket.on("end", end).on("close", end).on("error", end);
  }

  #give(bytes: Uint8Array | null): boolean {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.(bytes);
    return wake !== undefined;
  }

  read(): Promise<Uint8Array | null> {
    const bytes = this.#queue.shift();
    if (bytes === undefined) {
      if (this.#ended) return Promise.resolve(null);
      return new Promise((resolve) => this.#wake = resolve);
    }
    this.#queued -= bytes.length;
    if (this.#queued < LOW_WATER && this.#socket.isPaused()) this.#socket.resume();
    return Promise.resolve(bytes);
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#socket.write(bytes)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const drained = () => {
        this.#socket.off("close", closed);
        resolve();
      };
      const closed = () => {
        this.#socket.off("drain", drained);
        reject(new Error("Cannot write on: the connection was closed"));
      };
      this.#socket.once("drain", drained).once("close", closed);
    });
  }

  close(): Promise<void> {
    this.#socket.destroy();
    return Promise.resolve();
  }
}

/** Gives what a server accepts, in the order in which it came. */
export class AcceptQueue {
  readonly #conns: PeerConn[] = [];
  readonly #waiting: ((conn: PeerConn) => void)[] = [];

  push(conn: PeerConn): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#conns.push(conn);
    else waiting(conn);
  }

  accept(): Promise<PeerConn> {
    const conn = this.#conns.shift();
    if (conn !== undefined) return Promise.resolve(conn);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A socket of `node:tls`, or of what has its face. */
export interface TlsSocket extends Duplex {
  setNoDelay?(noDelay?: boolean): unknown;
  isSessionReused(): boolean;
  /** Why the peer's certificate was refused, if it was. */
  readonly authorizationError: unknown;
}

interface Versions {
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
}

interface ClientOptions extends Versions {
  readonly host: string;
  readonly port: number;
  readonly servername: string;
  readonly ca: string;
  readonly session?: Uint8Array;
}

interface ServerOptions extends Versions {
  readonly cert: string;
  readonly key: string;
}

/** What is used of `node:tls`, or of what has its face. */
export interface TlsModule {
  connect(options: ClientOptions): TlsSocket;
  createServer(options: ServerOptions, onConnection: (socket: TlsSocket) => void): {
    listen(port: number, host: string, onListening: () => void): unknown;
    address(): unknown;
  };
}

function versionsOf(version: "1.2" | "1.3" | undefined): Versions {
  if (version === undefined) return {};
  const one = version === "1.2" ? "TLSv1.2" : "TLSv1.3";
  return { minVersion: one, maxVersion: one };
}

/** The peer of a module with the face of `node:tls`. */
export function tlsModulePeer(load: () => Promise<TlsModule>): Peer {
  return {
    async client(target, { version }) {
      const tls = await load();
      let session: Uint8Array | undefined;
      const keep = (latest: Uint8Array) => session = latest;
      return {
        connect: (handshake) => {
          const wanted = handshake === "resumed" ? session : undefined;
          return connect(tls, target, {
            ...versionsOf(version),
            ...(wanted && { session: wanted }),
          }, keep);
        },
      };
    },
    async server(identity, { version }) {
      return await listen(await load(), identity, versionsOf(version));
    },
  };
}

function connect(
  tls: TlsModule,
  { port, root }: Target,
  options: Versions & { readonly session?: Uint8Array },
  keep: (session: Uint8Array) => void,
): Promise<PeerConn> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: "127.0.0.1",
      port,
      servername: "localhost",
      ca: root,
      ...options,
    });
    socket.setNoDelay?.(true);
    socket.once("error", reject);
    socket.on("session", keep);
    socket.once("secureConnect", () => {
      socket.off("error", reject);
      const resumed = socket.isSessionReused();
      if (socket.authorizationError) reject(new Error("The certificate was refused"));
      resolve(new NodeConn(socket, resumed));
    });
  });
}

function listen(tls: TlsModule, { cert, key }: Identity, options: Versions): Promise<Server> {
  const queue = new AcceptQueue();
  const server = tls.createServer({ cert, key, ...options }, (socket) => {
    socket.setNoDelay?.(true);
    queue.push(new NodeConn(socket));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address !== "object" || address === null) throw new Error("No port");
      const port = Number(Reflect.get(address, "port"));
      resolve({ port, accept: () => queue.accept() });
    });
  });
}
