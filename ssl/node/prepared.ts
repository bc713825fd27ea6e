// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically.

import type tls from "node:tls";
import type { NodeSocketOptions, SocketSource } from "./node_socket.ts";

/** What a socket in Node's form is made of, its options read. */
export interface Prepared {
  /** Where it gets its connection from. */
  readonly source: SocketSource;
  /** The options of its class. */
  readonly options: NodeSocketOptions;
  /** Is called with the socket, before its handshake begins. */
  bind(socket: tls.TLSSocket): void;
}
