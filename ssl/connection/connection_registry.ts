// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { Connection } from "./connection.ts";

const connections = new WeakMap<object, Connection>();

/** Registers the connection of a socket. */
export function setConnection(socket: SslSocket, connection: Connection): void {
  connections.set(socket, connection);
}

/**
 * Returns the connection of a socket.
 *
 * @throws {SslError} `PR_BAD_DESCRIPTOR_ERROR` if the socket was not created by `importFD`.
 */
export function connectionOf(socket: SslSocket): Connection {
  const connection = connections.get(socket);
  if (connection !== undefined) return connection;
  throw new SslError(
    "PR_BAD_DESCRIPTOR_ERROR",
    "Cannot use socket: it was not made by importFD",
  );
}
