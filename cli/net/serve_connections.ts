// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Serves the connections of a listener, each on its own: none that fails ends another. @module */

import type { ChannelInfo, SslListener, SslSocket } from "../../ssl/mod.ts";
import { failureOf } from "../base/fail.ts";
import type { Io } from "../base/io.ts";
import { safe } from "../base/text.ts";
import { subjectOf } from "../explain/subject.ts";

/** Says what was negotiated with a client. */
export function describeClient(
  { version, cipherSuite, group, serverName, alpnProtocol, peerCertificates, resumed }: ChannelInfo,
): string {
  const [client] = peerCertificates;
  return [
    version.replace("TLSv", "TLS "),
    cipherSuite,
    group,
    serverName === null ? "no name" : `"${safe(serverName)}"`,
    ...alpnProtocol === null ? [] : [safe(alpnProtocol)],
    ...client === undefined ? [] : [`client "${subjectOf(client)}"`],
    ...resumed ? ["resumed"] : [],
  ].join(", ");
}

/** Sends back what comes. */
export async function echo(socket: SslSocket): Promise<null> {
  const buffer = new Uint8Array(16_384);
  for (let length; (length = await socket.read(buffer)) !== null;) {
    for (let sent = 0; sent < length;) sent += await socket.write(buffer.subarray(sent, length));
  }
  await socket.closeWrite();
  return null;
}

/** What is done with a connection; where something is to be told, its text. */
export type Use = (socket: SslSocket<Deno.NetAddr>, info: ChannelInfo) => Promise<string | null>;

/** Serves one connection; what is wrong with it is told, and ends no other. */
async function serveOne(
  socket: SslSocket<Deno.NetAddr>,
  use: Use,
  io: Io,
): Promise<void> {
  const { hostname, port } = socket.remoteAddr;
  const from = `${hostname}:${port}`;
  try {
    try {
      const info = await socket.handshake();
      await io.err.line(`${from}: ${describeClient(info)}`);
      const says = await use(socket, info);
      if (says !== null) await io.err.line(`${from}: ${says}`);
    } finally {
      await socket.close(); // it throws what the connection has failed with
    }
  } catch (error) {
    const { says, outcome } = failureOf(error);
    if (outcome === "closedPipe") throw error; // nobody would be told any more
    await io.err.line(`${from}: ${safe(says ?? "", 600)}`);
  }
}

/** How many connections are served at a time; others wait. */
const MAX_CONNECTIONS = 200;

/**
 * Serves connections.
 *
 * @param listener Where they come.
 * @param use What is done with each.
 * @param max How many are taken.
 * @param io Where each is told of.
 */
export async function serveAll(
  listener: SslListener<Deno.NetAddr>,
  use: Use,
  max: number,
  io: Io,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: unknown = null;
  const fail = (error: unknown) => {
    failure ??= error;
    listener.close();
  };
  let count = 0;
  for await (const socket of listener) {
    const served = serveOne(socket, use, io).catch(fail).finally(() => running.delete(served));
    running.add(served);
    if (++count >= max) break;
    if (running.size >= MAX_CONNECTIONS) await Promise.race(running);
  }
  listener.close();
  await Promise.all(running);
  if (failure !== null) throw failure;
}
