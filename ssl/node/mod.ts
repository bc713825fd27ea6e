// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Our sockets for software that is written for Node's `tls`.
 *
 * @module
 */

export { toNodeSocket } from "./to_node_socket.ts";
