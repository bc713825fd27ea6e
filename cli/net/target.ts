// Copyright 2026 the NSS for Deno authors. MIT license.

/** Which host and port an argument means. @module */

import { type Option, UsageError } from "../base/args.ts";

/** A host and a port. */
export interface Target {
  /** The name or the address, without brackets. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/** The ports of URLs whose TLS begins at once. */
const URL_PORTS: ReadonlyMap<string, number> = new Map([
  ["https", 443],
  ["wss", 443],
  ["ftps", 990],
  ["imaps", 993],
  ["pop3s", 995],
  ["smtps", 465],
  ["ldaps", 636],
  ["ircs", 6697],
  ["mqtts", 8883],
  ["amqps", 5671],
  ["rediss", 6379],
]);

/**
 * Reads `HOST`, `HOST:PORT`, `[IPV6]:PORT`, an IPv6 address, or a URL, of which host and port
 * count.
 *
 * @throws {UsageError} If it is something else.
 */
export function readTarget(text: string, defaultPort: number): Target {
  const url = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(text);
  if (url !== null) {
    const port = URL_PORTS.get(url[1]!.toLowerCase());
    return hostAndPort(url[2]!, port ?? defaultPort, text);
  }
  return hostAndPort(text, defaultPort, text);
}

/**
 * Reads where to listen: `PORT` of this machine, `HOST:PORT` or `[IPV6]:PORT`; the port 0 is any.
 *
 * @throws {UsageError} If it is something else.
 */
export function readListenAddress(text: string): Target {
  const [, ipv6, name, digits = ""] = /^(?:(?:\[([0-9a-f:.%a-z]+)\]|([^\s:/@[\]]*)):)?(\d{1,5})$/i
    .exec(text) ?? [];
  if (digits === "" || Number(digits) > 65_535) {
    throw new UsageError(
      `Cannot listen on "${text}": PORT, HOST:PORT or [IPV6]:PORT is needed, ports up to 65535`,
    );
  }
  return { hostname: ipv6 ?? (name || "127.0.0.1"), port: Number(digits) };
}

function hostAndPort(text: string, defaultPort: number, given: string): Target {
  const ipv6 = /^\[([0-9a-f:.%a-z]+)\](?::(\d+))?$/i.exec(text);
  if (ipv6 !== null) return { hostname: ipv6[1]!, port: portOf(ipv6[2], defaultPort, given) };
  if (/^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text)) {
    return { hostname: text, port: defaultPort };
  }
  const name = /^([^\s:/@[\]]+)(?::(\d+))?$/.exec(text);
  if (name !== null) return { hostname: name[1]!, port: portOf(name[2], defaultPort, given) };
  const service = /^([^\s:/@[\]]+):([a-z][a-z0-9+.-]*)$/i.exec(text);
  const port = service === null ? undefined : URL_PORTS.get(service[2]!.toLowerCase());
  if (port !== undefined) {
    throw new UsageError(
      `Cannot read "${given}": a port is a number, as ${service![1]}:${port}`,
    );
  }
  throw new UsageError(
    `Cannot read "${given}" as a host: HOST, HOST:PORT, [IPV6]:PORT or a URL is needed`,
  );
}

function portOf(digits: string | undefined, defaultPort: number, given: string): number {
  if (digits === undefined) return defaultPort;
  const port = Number(digits);
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError(`Cannot read "${given}": ${digits} is no port from 1 to 65535`);
}

/** The option of a name that is not that of the target. */
export const NAME_OPTION: Option = {
  name: "name",
  value: "HOST",
  text: "the name that is asked for and that the certificate must have, if it is another one",
  example: "example.com",
};
