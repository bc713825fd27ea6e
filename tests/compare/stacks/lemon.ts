// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/** lemon-tls of npm, on the functions of `node:crypto`. @module */

import { Buffer } from "node:buffer";
import { createServer } from "node:http2";
import type { Duplex } from "node:stream";
import type { ClientOptions, ServerOptions } from "../stack.ts";
import { CODES, demandKnown, NotOffered, type Only } from "../stack.ts";
import {
  type NodeLike,
  type NodeOptions,
  type NodeServer,
  nodeStack,
  peerName,
  portOf,
  type TlsSocket,
} from "./node_like.ts";

/** A name that is no import which a type check follows. */
const PACKAGE = "npm:lemon-tls@0.7.0";

/** What is used of the package. */
interface Lemon {
  readonly TLSSocket: new (transport: Duplex | null, options: NodeOptions) => LemonSocket;
  connect(options: NodeOptions): LemonSocket;
  createServer(options: NodeOptions): NodeServer;
  createSecureContext(options: object): object;
}

/** What its sockets have besides Node's. */
interface LemonSocket extends TlsSocket {
  rekeyBoth(): void;
}

const lemon: Lemon = await import(PACKAGE);

const CLIENT = "roots version identity only alpn keyLog session pin postHandshake".split(" ");
const SERVER = "identity der encrypted version only clientRoots byName onHello sharing laterRoots"
  .split(" ");

function only(kind: Only | undefined): NodeOptions {
  switch (kind) {
    case "suite":
      return { allowedCipherSuites: [CODES.suite.code] };
    case "group":
      return { groups: [CODES.group.code] };
    case "scheme":
      return { signatureAlgorithms: [CODES.scheme.code] };
    default:
      return {};
  }
}

function versions({ version }: ClientOptions | ServerOptions): NodeOptions {
  return version ? { minVersion: `TLSv${version}`, maxVersion: `TLSv${version}` } : {};
}

/** The keys of tickets, by the name of a group. */
const TICKET_KEYS = new Map<string, Buffer>();

function ticketKeys(name: string): Buffer {
  const keys = TICKET_KEYS.get(name) ?? Buffer.from(crypto.getRandomValues(new Uint8Array(48)));
  TICKET_KEYS.set(name, keys);
  return keys;
}

const module: NodeLike = {
  id: "lemon",
  title: "lemon-tls 0.7.0",
  entry: PACKAGE,
  serverReady: "secureConnect",
  clientOptions(options) {
    demandKnown(options, CLIENT, "a TLSSocket");
    const { roots, identity, alpn, session, pin } = options;
    return {
      servername: "localhost",
      ...versions(options),
      ...only(options.only),
      ...identity,
      ...roots !== undefined && { ca: roots },
      ...alpn && { ALPNProtocols: alpn },
      ...session && { session: Buffer.from(session) },
      ...pin !== undefined && { pins: [`sha256/${pin}`], rejectUnauthorized: false },
    };
  },
  serverOptions(options) {
    demandKnown(options, SERVER, "createServer()");
    const { identity, der, encrypted, clientRoots, laterRoots, byName, onHello, sharing } = options;
    return {
      ...versions(options),
      ...only(options.only),
      ...identity,
      ...byName && {
        SNICallback: (name: string, done: (error: null, context: object) => void) =>
          done(null, lemon.createSecureContext(byName.get(name) ?? identity!)),
      },
      ...encrypted && {
        SNICallback: (_: string, done: (error: null, context: object) => void) =>
          done(
            null,
            lemon.createSecureContext({ ...encrypted, passphrase: encrypted.password }),
          ),
      },
      ...der && { cert: Buffer.from(der.cert), key: Buffer.from(der.key) },
      ...laterRoots !== undefined && { ca: laterRoots },
      ...clientRoots !== undefined &&
        { requestCert: true, rejectUnauthorized: true, ca: clientRoots },
      ...onHello && { onHello },
      ...sharing !== undefined && { ticketKeys: ticketKeys(sharing) },
    };
  },
  // Its connect() adds Node's methods, and leaves out these options
  connect: (port, options) =>
    "allowedCipherSuites" in options || "pins" in options
      ? null
      : lemon.connect({ ...options, port, host: "127.0.0.1" }),
  client(socket, options) {
    const tls = new lemon.TLSSocket(socket, options);
    socket.resume(); // which may have been paused while it was read as plain text
    return tls;
  },
  server(socket, { cert, key, onHello, ...options }) {
    const context = lemon.createSecureContext({ cert, key });
    const tls = new lemon.TLSSocket(socket, {
      ...options,
      SNICallback: (_: string, done: (error: null, context: object) => void) => done(null, context),
    });
    socket.resume();
    if (typeof onHello === "function") {
      tls.on("clienthello", (_: unknown, hello: unknown) => onHello(hello));
    }
    return tls;
  },
  createServer: (options) => lemon.createServer(options),
  keyUpdate(socket) {
    if (!("rekeyBoth" in socket) || typeof socket.rekeyBoth !== "function") {
      throw new NotOffered("the socket has no rekeyBoth()");
    }
    socket.rekeyBoth();
  },
  async http2({ cert, key }, ca) {
    const client = ca !== undefined && { ca, requestCert: true, rejectUnauthorized: true };
    const server = lemon.createServer({ cert, key, ALPNProtocols: ["h2"], ...client });
    server.on("secureConnection", (socket) => {
      createServer((_, response) => response.end(peerName(socket) ?? "nobody"))
        .emit("connection", socket);
    });
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const close = () => void server.close();
    return { port: portOf(server.address()), by: "node:http2 over its sockets", own: false, close };
  },
};

/** The package, on sockets of `node:net`. */
export const stack = nodeStack(module);
