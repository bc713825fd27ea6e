// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { ImportOptions } from "../../ssl/config/import_options.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import { importFD } from "../../ssl/import_fd.ts";
import { type ProcessResult, run } from "../support/process.ts";

const HERE = import.meta.dirname!;
/** The length of what a newer runner reads first on each connection. */
const SHIM_ID_LENGTH = 8;
/** What a shim is given to echo. */
const MESSAGE = new Uint8Array(32).fill(0x42);

/** A connection of a shim, as a newer runner sees it. */
export interface FakeConnection {
  /** The bytes before the handshake. */
  readonly prefix: Uint8Array<ArrayBuffer>;
  /** The loopback address that the shim has chosen. */
  readonly address: string;
  /** TLS on it. */
  readonly socket: SslSocket;
}

/** What a fake runner does with a connection. */
export type Serve = (connection: FakeConnection) => Promise<void>;

/** What {@linkcode driveShim} takes. */
export interface FakeRun {
  /** The shim's flags besides those for the connection. */
  readonly flags: readonly string[];
  /** The runner's end. */
  readonly runner: ImportOptions;
  /** How many connections the shim makes. Default: 1. */
  readonly connections?: number;
  /** The address to listen at. Default: 127.0.0.1. */
  readonly address?: "127.0.0.1" | "::1";
  /** What is done with each. Default: {@linkcode echoes}. */
  readonly serve?: Serve;
}

/** Starts the shim as BoringSSL's newer runners do, and is its peer. */
export async function driveShim(
  { flags, runner, connections = 1, address = "127.0.0.1", serve = echoes }: FakeRun,
): Promise<ProcessResult> {
  const listener = Deno.listen({ hostname: address, port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const serving = (async () => {
    for (let i = 0; i < connections; i++) {
      const conn = await listener.accept();
      const prefix = await readFully(conn, SHIM_ID_LENGTH);
      await using socket = importFD(conn, runner);
      await serve({ prefix, address: conn.remoteAddr.hostname, socket });
    }
  })().then(() => null, (error: unknown) => error);
  const result = await run(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--quiet",
      "--allow-net=127.0.0.1,[::1]",
      "--allow-read",
      `${HERE}/shim.ts`,
      ...["-port", String(port)],
      ...(address === "::1" ? ["-ipv6"] : []),
      ...flags,
    ],
  });
  listener.close(); // a shim that has ended early would never be accepted
  const error = await serving;
  if (error !== null && result.code === 0) throw error;
  return result;
}

/** Runs the shim with flags alone: it ends before it connects. */
export async function startShim(flags: readonly string[]): Promise<ProcessResult> {
  return await driveShim({ flags, runner: {}, connections: 0 });
}

/** Compares what the shim makes of a message, and ends. */
export const echoes: Serve = async ({ socket }) => {
  await socket.handshake();
  await socket.write(MESSAGE);
  const echo = await readFully(socket, MESSAGE.length);
  if (echo.some((byte, i) => byte !== (MESSAGE[i]! ^ 0xff))) throw new Error("a wrong echo");
  await socket.closeWrite();
};

/** Reads a number of bytes. */
export async function readFully(
  reader: { read(p: Uint8Array): Promise<number | null> },
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await reader.read(bytes.subarray(at));
    if (count === null) throw new Error(`it ended after ${at} of ${length} bytes`);
    at += count;
  }
  return bytes;
}
