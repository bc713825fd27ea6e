// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/** `node:tls` as Deno has it. @module */

import { Buffer } from "node:buffer";
import { createSecureServer } from "node:http2";
import tls from "node:tls";
import type { ClientOptions, Only, ServerOptions } from "../stack.ts";
import { CODES, demandKnown } from "../stack.ts";
import {
  type NodeLike,
  type NodeOptions,
  type NodeServer,
  nodeStack,
  peerName,
  portOf,
  type TlsSocket,
} from "./node_like.ts";

const CLIENT = "roots version identity only alpn crl staple keyLog session pin postHandshake".split(
  " ",
);
const SERVER =
  "identity der pkcs12 encrypted version only clientRoots chooseAlpn byName sharing laterRoots"
    .split(" ");

function only(kind: Only | undefined): NodeOptions {
  switch (kind) {
    case "suite":
      return { ciphers: CODES.suite.name };
    case "group":
      return { ecdhCurve: "P-384" };
    case "scheme":
      return { sigalgs: CODES.scheme.name };
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
  id: "node_tls",
  title: `node:tls of Deno ${Deno.version.deno}`,
  entry: "node:tls",
  serverReady: "secure",
  clientOptions(options) {
    demandKnown(options, CLIENT, "tls.connect()");
    const { roots, identity, alpn, crl, staple, session, pin } = options;
    return {
      servername: "localhost",
      ...versions(options),
      ...only(options.only),
      ...identity,
      ...roots !== undefined && { ca: roots },
      ...alpn && { ALPNProtocols: alpn },
      ...crl !== undefined && { crl },
      ...staple && { requestOCSP: true },
      ...session && { session: Buffer.from(session) },
      // Node's own way to trust one key is to trust everybody, and to look after the handshake
      ...pin !== undefined && { rejectUnauthorized: false },
    };
  },
  serverOptions(options) {
    demandKnown(options, SERVER, "tls.createServer()");
    const {
      identity,
      der,
      pkcs12,
      encrypted,
      clientRoots,
      laterRoots,
      chooseAlpn,
      byName,
      sharing,
    } = options;
    return {
      ...versions(options),
      ...only(options.only),
      ...identity,
      ...encrypted && { ...encrypted, passphrase: encrypted.password },
      ...der && { cert: Buffer.from(der.cert), key: Buffer.from(der.key) },
      ...pkcs12 && { pfx: Buffer.from(pkcs12.file), passphrase: pkcs12.password },
      ...laterRoots !== undefined && { ca: laterRoots },
      ...clientRoots !== undefined &&
        { requestCert: true, rejectUnauthorized: true, ca: clientRoots },
      ...chooseAlpn && {
        ALPNCallback: ({ protocols }: { protocols: string[] }) => chooseAlpn(protocols),
      },
      ...byName && {
        SNICallback: (name: string, done: (error: null, context?: object) => void) => {
          const found = byName.get(name);
          done(null, found && tls.createSecureContext(found));
        },
      },
      ...sharing !== undefined && { ticketKeys: ticketKeys(sharing) },
    };
  },
  client: (socket, options): TlsSocket => Reflect.apply(tls.connect, tls, [{ ...options, socket }]),
  server: (socket, options): TlsSocket => Reflect.construct(tls.TLSSocket, [socket, options]),
  createServer: (options): NodeServer => Reflect.apply(tls.createServer, tls, [options]),
  async http2({ cert, key }, ca) {
    const options = { cert, key, ...ca !== undefined && { ca, requestCert: true } };
    const server = createSecureServer(options, ({ socket }, response) => {
      const isTls = "getPeerCertificate" in socket;
      response.end(isTls ? peerName(socket) ?? "nobody" : "no TLS socket");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    const close = () => void server.close();
    return { port: portOf(server.address()), by: "node:http2", own: true, close };
  },
};

/** `node:tls`: rustls again. */
export const stack = nodeStack(module);
