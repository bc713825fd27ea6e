// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Connections to a host, and why there is none. @module */

import { inTime } from "../../cert/base/runtime.ts";
import type { Args, Option } from "../base/args.ts";
import { Unreachable } from "../base/fail.ts";
import { safe } from "../base/text.ts";
import type { Target } from "./target.ts";

/** How long a server may take. */
export const TIMEOUT_OPTION: Option = {
  name: "timeout",
  value: "SECONDS",
  text: "how long the connection, the plain text and the handshake may take each (10)",
  example: "30",
};

/** Reads {@linkcode TIMEOUT_OPTION}; in milliseconds. */
export function timeoutOf(args: Args): number {
  return 1000 * (args.number("timeout", 3600, 1) ?? 10);
}

/**
 * Connects.
 *
 * @param target Where to.
 * @param timeout How many milliseconds it may take.
 * @throws {Unreachable} If there is no such host, nothing listens there, or nothing answers.
 */
export async function connect(target: Target, timeout: number): Promise<Deno.TcpConn> {
  const late = new Unreachable(
    `Cannot connect to ${where(target)}: no answer in ${timeout} ms; the host is down, or a ` +
      "firewall drops what is sent to that port",
  );
  const connecting = Deno.connect(target);
  try {
    return await inTime(connecting, timeout, () => late);
  } catch (error) {
    // Whoever comes too late is not left open
    if (error === late) connecting.then((conn) => conn.close(), () => {});
    throw unreachable(error, target);
  }
}

/** A host and a port as text. */
export function where({ hostname, port }: Target): string {
  return safe(hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`);
}

/** Whether an error says that no address has a name. */
export function isUnknownName(error: unknown): boolean {
  return error instanceof Error &&
    /failed to lookup address|not known|no record|nodename|invalid (?:empty )?host/i
      .test(error.message);
}

function unreachable(error: unknown, target: Target): unknown {
  if (error instanceof Unreachable || !(error instanceof Error)) return error;
  if (error instanceof Deno.errors.NotCapable) return error;
  const says = (text: string) =>
    new Unreachable(`Cannot connect to ${where(target)}: ${text}`, { cause: error });
  if (error instanceof Deno.errors.ConnectionRefused) {
    return says("nothing listens there; start the server, or look at host and port");
  }
  if (isUnknownName(error)) {
    return says("no address has this name; look at its spelling and at the network");
  }
  if (error instanceof Deno.errors.TimedOut) return says("the host does not answer");
  if (/unreachable|no route/i.test(error.message)) {
    return says("no network leads there; look at the connection of this machine");
  }
  if (error instanceof Deno.errors.InvalidData || error instanceof TypeError) {
    return says(`it is no name of a host: ${safe(error.message)}`);
  }
  return says(safe(error.message));
}
