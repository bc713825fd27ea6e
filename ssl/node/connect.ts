// Copyright 2026 the NSS for Deno authors. MIT license.

import { kindOf } from "../../cert/base/options.ts";
import { requireSslArgs } from "../config/option_values.ts";
import { prepareClient } from "./client.ts";
import type { ConnectionOptions } from "./options.ts";
import { type NodeOptions, readNodeOptions } from "./read_options.ts";
import { socketOf, type TLSSocket } from "./tls_socket.ts";

/**
 * Connects to a server, in the form of Node's `tls.connect`.
 *
 * Errors of the options are thrown; those of the connection and the handshake are events. What is
 * different from Node's is in the table of `docs/node.md`: a session is resumed only if the option
 * `session` gives it, as in Node; the name of the server is sent (SNI) also where only `host` gives
 * it.
 *
 * @param options Node's options.
 * @param secureConnectListener Added as a listener of `secureConnect`.
 * @returns The socket, which is `connecting`.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an invalid value, one that is not supported, or a
 * name that is one slip away from one that protects.
 *
 * @example Usage
 * ```ts ignore
 * import { connect } from "@nss/nss/node";
 *
 * const socket = connect({ host: "example.com", port: 443, ALPNProtocols: ["http/1.1"] }, () => {
 *   socket.end("HEAD / HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n");
 * });
 * socket.setEncoding("utf8").on("data", console.log).on("error", console.error);
 * ```
 *
 * @category Node
 */
export function connect(
  options: ConnectionOptions,
  secureConnectListener?: () => void,
): TLSSocket;
/**
 * Connects to a port.
 *
 * @param port The port.
 * @param host The host; default `localhost`.
 * @param options Node's options.
 * @param secureConnectListener Added as a listener of `secureConnect`.
 * @returns The socket.
 */
export function connect(
  port: number,
  host?: string,
  options?: ConnectionOptions,
  secureConnectListener?: () => void,
): TLSSocket;
/**
 * Connects to a port, as `net.createConnection` is called.
 *
 * @param port The port.
 * @param host The host; default `localhost`.
 * @param secureConnectListener Added as a listener of `secureConnect`.
 * @returns The socket.
 */
export function connect(
  port: number,
  host?: string,
  secureConnectListener?: () => void,
): TLSSocket;
/**
 * Connects to a port of this host, or to the Unix socket of a path.
 *
 * @param portOrPath The port or the path.
 * @param options Node's options.
 * @param secureConnectListener Added as a listener of `secureConnect`.
 * @returns The socket.
 */
export function connect(
  portOrPath: number | string,
  options?: ConnectionOptions,
  secureConnectListener?: () => void,
): TLSSocket;
/**
 * Connects to a port of this host, or to the Unix socket of a path.
 *
 * @param portOrPath The port or the path.
 * @param secureConnectListener Added as a listener of `secureConnect`.
 * @returns The socket.
 */
export function connect(
  portOrPath: number | string,
  secureConnectListener?: () => void,
): TLSSocket;
export function connect(...args: readonly unknown[]): TLSSocket {
  const { options, listener } = readArguments(args);
  const socket = socketOf(prepareClient(options));
  if (listener !== undefined) socket.once("secureConnect", () => listener.call(socket));
  return socket;
}

interface Arguments {
  readonly options: NodeOptions;
  readonly listener: ((this: unknown) => unknown) | undefined;
}

/** Reads Node's forms of arguments: `([port | path,] [host,] [options,] [listener])`. */
function readArguments(args: readonly unknown[]): Arguments {
  const attempt = "Cannot connect";
  const given = args.find((arg) => typeof arg === "object" && arg !== null) ?? {};
  const [first, second] = args;
  const isTarget = typeof first === "number" || typeof first === "string";
  if (!isTarget && (typeof first !== "object" || first === null)) {
    requireSslArgs(
      attempt,
      `the first argument is ${kindOf(first)}, not options, a port or a path`,
    );
  }
  // As in Node, options count more than arguments
  const isPort = typeof first === "number" || (isTarget && /^\d+$/.test(String(first)));
  const target = !isTarget
    ? {}
    : isPort
    ? { port: Number(first), ...typeof second === "string" && { host: second } }
    : { path: first };
  const last = args.findLast((arg) => arg !== undefined && arg !== null);
  const listener = typeof last === "function" ? last : undefined;
  return {
    options: readNodeOptions(given, target),
    listener: listener && function (this: unknown) {
      return Reflect.apply(listener, this, []);
    },
  };
}
