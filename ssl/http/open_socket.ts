// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.
// This module uses node: modules, statically: it opens sockets for node:https and undici.

import type { Duplex } from "node:stream";
import { isFunction, isPlain } from "../../cert/base/options.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { ImportOptions } from "../config/import_options.ts";
import { newModel } from "../config/model.ts";
import { requireSslArgs } from "../config/option_values.ts";
import type { ConnLike } from "../connection/transports.ts";
import { importFD } from "../import_fd.ts";
import { DuplexConn } from "../node/duplex_conn.ts";
import { openTcp } from "../node/open_tcp.ts";

/**
 * Where a client connects to.
 *
 * @category HTTP
 */
export interface Destination {
  /** The host name or address. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/**
 * The options of clients of HTTP: those of `importFD` for each connection, but for what a
 * connection has for itself. The server's name comes from the URL.
 *
 * @category HTTP
 */
export interface ClientOptions
  extends Omit<ImportOptions, "role" | "hostname" | "head" | "signal"> {
  /**
   * Opens a connection, as through a proxy; TCP by default. The signal aborts when
   * nobody waits any more.
   */
  connect?: (to: Destination, signal: AbortSignal) => Promise<ConnLike>;
}

/**
 * Opens a connection to a destination, whose certificate is to have a name. With a stream it is
 * opened over that.
 */
export type Opener = (
  to: Destination,
  name: string,
  signal: AbortSignal,
  over?: Duplex,
) => Promise<SslSocket>;

/**
 * Reads the options of a client.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option or an invalid value.
 */
export function takeClientOptions(options: ClientOptions): Opener {
  const { connect = openTcpHere, ...tls } = ownMembers(options);
  requireSslArgs("Cannot use options", isFunction(connect, "connect"));
  const model = newModel({ alpnProtocols: ["http/1.1"], ...tls });
  return async ({ hostname, port }, name, signal, over) => {
    const own = { model, hostname: name, signal };
    if (over !== undefined) return importFD(new DuplexConn(over), own);
    const conn = await connect({ hostname, port }, signal);
    return importFD(conn, own);
  };
}

/**
 * Returns the own members of an object of options, since inherited ones may be polluted.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is no plain object.
 */
export function ownMembers<T extends object>(options: T): T {
  requireSslArgs("Cannot use options", isPlain(options, "options"));
  return Object.assign(Object.create(null), options);
}

/** Opens a TCP connection as the runtime does it. */
function openTcpHere({ hostname, port }: Destination, signal: AbortSignal): Promise<ConnLike> {
  return typeof Deno === "undefined"
    ? openTcp({ host: hostname, port }, signal)
    : Deno.connect({ hostname, port, signal });
}
