// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import type tls from "node:tls";
import type { ChannelInfo } from "../base/channel_info.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { Acceptor } from "./acceptor.ts";
import { prepareClient } from "./client.ts";
import { checkStream } from "./duplex_conn.ts";
import { NodeTlsSocket } from "./node_socket.ts";
import type { ConnectionOptions, ServerOptions } from "./options.ts";
import type { Prepared } from "./prepared.ts";
import { readNodeOptions } from "./read_options.ts";
import type { SecureContext } from "./secure_context.ts";

/**
 * The options of a {@linkcode TLSSocket}: those of its end, by `isServer`.
 *
 * @category Node
 */
export interface TLSSocketOptions extends Omit<ConnectionOptions & ServerOptions, "secureContext"> {
  /** Whether it is the server's end; default `false`. */
  isServer?: boolean | undefined;
  /** The configuration, in place of the options that make one. */
  secureContext?: SecureContext | undefined;
}

/** What is prepared already, by the options that stand for it. */
const PREPARED = new WeakMap<TLSSocketOptions, Prepared>();

/** Makes a socket of what is prepared. */
export function socketOf(prepared: Prepared): TLSSocket {
  const options: TLSSocketOptions = {};
  PREPARED.set(options, prepared);
  return new TLSSocket(undefined, options);
}

/**
 * A socket of TLS in the form of Node's `tls.TLSSocket`, as {@linkcode connect} and a server's
 * event `secureConnection` give it. It is `instanceof tls.TLSSocket` of `node:tls`, too.
 *
 * Made over a stream by its constructor, a client checks its server as {@linkcode connect} does,
 * where Node checks nothing unless it is told to.
 *
 * @example A server's end over a stream
 * ```ts ignore
 * import { TLSSocket } from "@nss/nss/node";
 * import net from "node:net";
 *
 * const [cert, key] = ["cert.pem", "key.pem"].map((name) => Deno.readTextFileSync(name));
 * net.createServer((plain) => {
 *   plain.write("ready\n");
 *   new TLSSocket(plain, { isServer: true, cert, key }).end("hello");
 * }).listen(8443, "127.0.0.1");
 * ```
 *
 * @category Node
 */
export interface TLSSocket extends tls.TLSSocket {
  /** The name that the client has asked for; `false` for none, `null` before the handshake. */
  readonly servername: string | false | null;
  /** The socket of `importFD` behind it; `null` while it is connecting. */
  readonly sslSocket: SslSocket | null;
  /** What has been negotiated; `null` before the handshake is complete. */
  readonly channelInfo: ChannelInfo | null;
}

/**
 * The constructor of {@linkcode TLSSocket}.
 *
 * @category Node
 */
export interface TLSSocketConstructor {
  /**
   * Creates a socket.
   *
   * @param stream The stream that carries the records.
   * @param options Node's options.
   */
  new (stream: Duplex | undefined, options?: TLSSocketOptions): TLSSocket;
  /** What all of them have. */
  readonly prototype: TLSSocket;
}

/** The class of sockets of TLS in the form of Node's, with the constructor of `tls.TLSSocket`. */
export const TLSSocket: TLSSocketConstructor = class TLSSocket extends NodeTlsSocket {
  /** Creates a socket over a stream, or of what is prepared. */
  constructor(stream: Duplex | undefined, options: TLSSocketOptions = {}) {
    const prepared = PREPARED.get(options) ?? prepare(stream, options);
    super(prepared.source, prepared.options);
    prepared.bind(this);
  }
};

function prepare(stream: unknown, options: TLSSocketOptions): Prepared {
  const own = readNodeOptions(options, { socket: stream });
  const duplex = checkStream("Cannot use options", stream, "socket");
  if (!own.boolean("isServer")) return prepareClient(own);
  // Node's option `server` has the listeners of a server's events
  const server = own.get("server");
  const emitter = server instanceof EventEmitter ? server : new EventEmitter();
  return new Acceptor(own, emitter).prepare(duplex);
}
