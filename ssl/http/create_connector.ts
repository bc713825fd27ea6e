// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes sockets for undici.

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { hasMembers, isFunction, isString } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import { requireSslArgs } from "../config/option_values.ts";
import { NodeTlsSocket } from "../node/node_socket.ts";
import { type ClientOptions, takeClientOptions } from "./open_socket.ts";

/**
 * What undici tells a {@linkcode Connector}.
 *
 * @category HTTP
 */
export interface ConnectorOptions {
  /** The host name of the origin. */
  hostname: string;
  /** The protocol of the origin: `https:`. */
  protocol: string;
  /** The port; empty for the default. */
  port: string;
  /** The name that the certificate is to have; default the host name. */
  servername?: string;
  /** A connection that is there already, as through a proxy. */
  httpSocket?: Duplex;
}

/**
 * Opens connections for undici, which calls it by its option `connect`.
 *
 * @category HTTP
 */
export type Connector = (
  options: ConnectorOptions,
  callback: (...args: [error: null, socket: Socket] | [error: Error, socket: null]) => void,
) => void;

/**
 * Creates a connector for clients of undici: its `fetch` with a `dispatcher`, its `Agent`, `Pool`
 * and `Client`.
 *
 * For HTTP/2 give it `alpnProtocols: ["h2", "http/1.1"]`, and undici's client `allowH2: true`.
 *
 * @param options See {@linkcode ClientOptions}.
 * @returns The connector.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option or an invalid value.
 *
 * @example Usage
 * ```ts ignore
 * import { createConnector } from "@nss/nss/http";
 * import { Agent, fetch } from "npm:undici@7";
 *
 * declare const caCert: string;
 * const dispatcher = new Agent({ connect: createConnector({ caCerts: [caCert] }) });
 * const response = await fetch("https://example.com/", { dispatcher });
 * ```
 *
 * @category HTTP
 */
export function createConnector(options: ClientOptions = {}): Connector {
  const open = takeClientOptions(options);
  return (to, callback) => {
    requireSslArgs(
      "Cannot connect",
      hasMembers("undici's options", { hostname: isString, protocol: isString })(to, "options"),
      isFunction(callback, "callback"),
    );
    const { hostname, protocol, port, servername, httpSocket } = to;
    if (protocol !== "https:") return callback(notHttps(protocol), null);
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const destination = { hostname: host, port: Number(port || 443) };
    const socket = new NodeTlsSocket((signal) =>
      open(destination, servername || host, signal, httpSocket)
    );
    const onError = (error: Error) => callback(error, null);
    socket.once("error", onError);
    socket.once("secureConnect", () => {
      socket.off("error", onError);
      callback(null, socket);
    });
  };
}

function notHttps(protocol: string): SslError {
  return new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot connect: a connector of createConnector speaks TLS, and the URL begins with ` +
      `${protocol}; use https:, or another dispatcher for this URL`,
  );
}
