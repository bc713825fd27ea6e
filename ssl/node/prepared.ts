// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NodeSocketOptions, NodeTlsSocket, SocketSource } from "./node_socket.ts";

/** What a socket in Node's form is made of, its options read. */
interface Parts {
  /** Where it gets its connection from. */
  readonly source: SocketSource;
  /** The options of its class. */
  readonly options: NodeSocketOptions;
  /** Is called with the socket, before its handshake begins. */
  bind(socket: NodeTlsSocket): void;
}

/** The parts of a socket, which `TLSSocket` tells apart from a stream. */
export class Prepared {
  readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }
}
