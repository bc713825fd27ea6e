// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { Acceptor } from "./acceptor.ts";
import { prepareClient } from "./client.ts";
import { NodeTlsSocket } from "./node_socket.ts";
import type { ConnectionOptions, ServerOptions } from "./options.ts";
import { Prepared } from "./prepared.ts";
import { readNodeOptions } from "./read_options.ts";
import type { SecureContext } from "./secure_context.ts";

/** The options of a {@linkcode TLSSocket}: those of its end, by `isServer`. */
export interface TLSSocketOptions extends Omit<ConnectionOptions & ServerOptions, "secureContext"> {
  /** Whether it is the server's end; default `false`. */
  isServer?: boolean | undefined;
  /** The configuration, in place of the options that make one. */
  secureContext?: SecureContext | undefined;
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
 */
export class TLSSocket extends NodeTlsSocket {
  /**
   * Creates a socket.
   *
   * @param stream The stream that carries the records.
   * @param options Node's options.
   */
  constructor(stream: Duplex | Prepared, options: TLSSocketOptions = {}) {
    const { parts } = stream instanceof Prepared ? stream : prepare(stream, options);
    super(parts.source, parts.options);
    parts.bind(this);
  }
}

function prepare(stream: Duplex, options: TLSSocketOptions): Prepared {
  const own = readNodeOptions(options, { socket: stream });
  if (!own.boolean("isServer")) return prepareClient(own);
  // Node's option `server` has the listeners of a server's events
  const server = own.get("server");
  const emitter = server instanceof EventEmitter ? server : new EventEmitter();
  return new Acceptor(own, emitter).prepare(stream);
}
