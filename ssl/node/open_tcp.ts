// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically.

import net from "node:net";
import { DuplexConn } from "./duplex_conn.ts";

/**
 * Opens a TCP connection by `net.connect`.
 *
 * @param options Those of `net.connect`, which checks them.
 * @param signal Gives it up.
 * @param onSocket Called with the socket before it has emitted anything.
 * @throws {Error} Node's error of the connection; the signal's reason.
 */
export async function openTcp(
  options: object,
  signal: AbortSignal,
  onSocket: (socket: net.Socket) => void = () => {},
): Promise<DuplexConn> {
  const socket: net.Socket = Reflect.apply(net.connect, net, [{ ...options, allowHalfOpen: true }]);
  onSocket(socket);
  await connected(socket, signal);
  return new DuplexConn(socket);
}

/**
 * Waits until a socket is connected; a signal destroys it.
 *
 * @throws {Error} As {@linkcode openTcp}.
 */
export function connected(socket: net.Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      signal.removeEventListener("abort", abort);
      for (const [event, listener] of listeners) socket.removeListener(event, listener);
      socket.on("error", () => {}); // later ones are those of reading and writing
      finish();
    };
    const abort = () => {
      settle(() => reject(signal.reason));
      socket.destroy();
    };
    const listeners: readonly (readonly [string, (error?: Error) => void])[] = [
      ["connect", () => settle(resolve)],
      ["error", (error) => settle(() => reject(error))],
      ["close", () => settle(() => reject(new Error("Cannot connect: the socket was closed")))],
    ];
    for (const [event, listener] of listeners) socket.on(event, listener);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
  });
}
