// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Forwards the bytes of two connections to each other, and lets somebody look on. @module */

import type { End } from "../explain/context.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How many bytes are read at once. */
const BUFFER_SIZE = 64 * 1024;

/** Who looks on. */
export interface Onlooker {
  /**
   * Is told of bytes before they are forwarded.
   *
   * @param end Who has sent them.
   * @param bytes The bytes, a copy.
   */
  bytes(end: End, bytes: Bytes): void;
  /** Resolves when there is room for more. */
  readonly room: Promise<void>;
  /** Is told that an end sends no more, and why, if it did not say so itself. */
  closed(end: End, error: Error | null): void;
}

/** The two connections. */
export type Ends = Readonly<Record<End, Deno.TcpConn>>;

/**
 * Forwards until both ends have ended, or one connection has failed. An end that sends no more may
 * still receive; who reads slowly slows the other one down.
 */
export async function forward(ends: Ends, onlooker: Onlooker): Promise<void> {
  for (const conn of Object.values(ends)) conn.setNoDelay();
  await Promise.all([
    forwardFrom("client", ends.client, ends.server, onlooker),
    forwardFrom("server", ends.server, ends.client, onlooker),
  ]);
}

async function forwardFrom(
  end: End,
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  onlooker: Onlooker,
): Promise<void> {
  const buffer = new Uint8Array(BUFFER_SIZE);
  for (;;) {
    const length = await orGone(() => from.read(buffer));
    if (length instanceof Error) {
      onlooker.closed(end, length);
      // The other end shall not wait for what does not come any more
      for (const conn of [from, to]) closeOnce(conn);
      return;
    }
    if (length === null) break;
    // Before the other end can answer: what is told keeps its order
    onlooker.bytes(end, buffer.slice(0, length));
    for (let sent = 0; sent < length;) {
      const written = await orGone(() => to.write(buffer.subarray(sent, length)));
      // What the other end has sent before it went is forwarded still, by the other direction
      if (written instanceof Error) return;
      sent += written;
    }
    await onlooker.room;
  }
  onlooker.closed(end, null);
  await orGone(() => to.closeWrite());
}

/** Calls a function; returns the error that says that the connection has gone. */
async function orGone<T>(call: () => Promise<T>): Promise<T | Error> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && isGone(error)) return error;
    throw error;
  }
}

/** Whether an error is that of a connection which an end has reset, or that was closed here. */
function isGone(error: Error): boolean {
  const { errors } = Deno;
  return [
    errors.ConnectionReset,
    errors.ConnectionAborted,
    errors.BrokenPipe,
    errors.NotConnected,
    errors.TimedOut,
    errors.Interrupted,
    errors.BadResource,
    errors.UnexpectedEof,
  ].some((kind) => error instanceof kind);
}

/** Closes a connection that may be closed already. */
export function closeOnce(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
