// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { Connection } from "./connection.ts";

const connections = new WeakMap<object, Connection>();

/** Gives a socket its connection, for the functions that take a socket. */
export function setConnection(socket: SslSocket, connection: Connection): void {
  connections.set(socket, connection);
}

/**
 * The connection behind a socket.
 *
 * @throws {SslError} `PR_BAD_DESCRIPTOR_ERROR` if it is no socket of `importFD`.
 */
export function connectionOf(socket: SslSocket): Connection {
  const connection = connections.get(socket);
  if (connection !== undefined) return connection;
  throw new SslError(
    "PR_BAD_DESCRIPTOR_ERROR",
    "Cannot use socket: it was not made by importFD",
  );
}
