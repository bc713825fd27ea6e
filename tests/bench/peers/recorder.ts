// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Records what one connection calls WebCrypto for and what it reads and writes, and does exactly
 * that again: the floor under every implementation that makes the same calls.
 *
 * @module
 */

import type { ConnLike } from "../../../ssl/connection/transports.ts";
import { METHODS, replaceMethods } from "../../ssl/handshake/subtle.ts";
import { connectTcp, readBytes, writeBytes } from "./deno_conn.ts";

/**
 * What went over a recorded connection: the pieces that its end wrote (their length) and read
 * (their length, negative; 0 for the end).
 */
export type Script = readonly number[];

/** What happened, in order. */
type Event =
  /** Calls that were begun before any of them, or what came before, had ended. */
  | { readonly calls: (() => Promise<unknown>)[] }
  | { readonly io: number };

let events: Event[] | null = null;
let restore = () => {};
let kept: readonly Event[] = [];
/** Whether a call has ended since the last one began. */
let ended = true;

/** Begins to record. */
export function startRecording(): void {
  events = [];
  ended = true;
  restore = replaceMethods(METHODS, (_method, call, args) => {
    const copies = args.map(copy);
    note(() => call(copies));
    const result = call();
    const end = () => void (ended = true);
    result.then(end, end);
    return result;
  });
}

function note(repeat: () => Promise<unknown>): void {
  const last = events?.at(-1);
  if (!ended && last !== undefined && "calls" in last) last.calls.push(repeat);
  else events?.push({ calls: [repeat] });
  ended = false;
}

/** A copy of what a caller may use again for the next call. */
function copy(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice();
  if (
    typeof value !== "object" || value === null || value instanceof CryptoKey ||
    value instanceof ArrayBuffer || Array.isArray(value)
  ) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)]));
}

/** Ends the recording, and returns what went over the connection. */
export function stopRecording(): Script {
  restore();
  kept = events ?? [];
  events = null;
  return kept.flatMap((event) => "io" in event ? [event.io] : []);
}

/** A connection whose reads and writes are recorded. */
export class TappedConn implements ConnLike<Deno.NetAddr> {
  readonly #conn: Deno.TcpConn;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  get localAddr(): Deno.NetAddr {
    return this.#conn.localAddr;
  }

  get remoteAddr(): Deno.NetAddr {
    return this.#conn.remoteAddr;
  }

  setNoDelay(noDelay?: boolean): void {
    this.#conn.setNoDelay(noDelay);
  }

  async read(p: Uint8Array): Promise<number | null> {
    const count = await this.#conn.read(p);
    events?.push({ io: -(count ?? 0) });
    return count;
  }

  write(p: Uint8Array): Promise<number> {
    events?.push({ io: p.length });
    return this.#conn.write(p);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    this.#conn.close();
  }
}

/** Does again what was recorded: the calls, and over a connection the I/O. */
async function replay(conn: Deno.TcpConn | null, buffer: Uint8Array<ArrayBuffer>): Promise<void> {
  for (const event of kept) {
    if ("calls" in event) await Promise.allSettled(event.calls.map((call) => call()));
    else if (conn === null) continue;
    else if (event.io > 0) await writeBytes(conn, event.io);
    else if (event.io < 0) await readBytes(conn, -event.io, buffer);
    else await conn.read(buffer);
  }
}

const buffer = new Uint8Array(4096);

/** Does again what a client did; with a port, over a new connection to it. */
export async function replayClient(port: number | undefined): Promise<void> {
  const conn = port === undefined ? null : await connectTcp(port);
  await replay(conn, buffer);
  conn?.close();
}

/** Does again what a server did, on each connection to a port, which is returned. */
export function replayServer(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (conn: Deno.TcpConn) => {
    conn.setNoDelay(true);
    await replay(conn, new Uint8Array(4096)).catch(() => {});
    conn.close();
  };
  (async () => {
    for await (const conn of listener) serve(conn);
  })();
  return listener.addr.port;
}
