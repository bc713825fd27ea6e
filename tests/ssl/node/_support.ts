// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the tests of sockets of Node's share. @module */

import { Buffer } from "node:buffer";
import { type EventEmitter, once } from "node:events";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { NodeTlsSocket } from "../../../ssl/node/node_socket.ts";
import type { NodeSocketOptions, SocketSource } from "../../../ssl/node/node_stream.ts";
import { join, type JoinOptions } from "../_support.ts";

/** Two sockets of Node's that talk to each other; leaving the scope destroys both. */
export interface NodeEnds extends AsyncDisposable {
  /** The client. */
  readonly client: NodeTlsSocket;
  /** The server. */
  readonly server: NodeTlsSocket;
}

/** Joins two sockets of Node's; their handshake begins in the next tick. */
export function nodeEnds(
  options: JoinOptions = {},
  { client = {}, server = {} }: {
    readonly client?: NodeSocketOptions;
    readonly server?: NodeSocketOptions;
  } = {},
): NodeEnds {
  const joined = join(options);
  const ends = {
    client: nodeSocket(joined.client, client),
    server: nodeSocket(joined.server, server),
  };
  return {
    ...ends,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([closed(ends.client), closed(ends.server)]);
    },
  };
}

/** Joins two sockets of Node's, and completes their handshake. */
export async function secured(...options: Parameters<typeof nodeEnds>): Promise<NodeEnds> {
  const ends = nodeEnds(...options);
  await Promise.all([once(ends.client, "secure"), once(ends.server, "secure")]);
  return ends;
}

/** Destroys a socket, however it is, and waits for its `close`. */
export async function closed(socket: TLSSocket): Promise<void> {
  if (socket.closed) return;
  const close = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.destroy();
  await close;
}

/**
 * Makes a socket; an error that nobody listens for, after a test has failed, is not to hide why.
 */
export function nodeSocket(source: SocketSource, options?: NodeSocketOptions): NodeTlsSocket {
  return new NodeTlsSocket(source, options).on("error", () => {});
}

/** The names of events, in the order in which they come. */
export function notes(socket: EventEmitter, ...names: readonly string[]): string[] {
  const seen: string[] = [];
  for (const name of names) socket.on(name, () => seen.push(name));
  return seen;
}

/** Waits for an event; `error` is one like others. */
export function event(socket: EventEmitter, name: string): Promise<unknown[]> {
  return new Promise((resolve) => socket.once(name, (...args) => resolve(args)));
}

/** Reads to the end; the writing side stays as it is, which an iterator would end. */
export async function readToEnd(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  await new Promise((resolve, reject) => socket.once("end", resolve).once("error", reject));
  return Buffer.concat(pieces);
}
