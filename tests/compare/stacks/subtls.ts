// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** subtls of npm, a client on WebCrypto. @module */

import { writeAll } from "../../bench/peers/deno_conn.ts";
import type { Subtls } from "../../bench/peers/subtls.ts";
import {
  type ClientOptions,
  type Conn,
  demandKnown,
  NotOffered,
  type Plain,
  type Stack,
} from "../stack.ts";

/** A name that is no import which a type check follows. */
const PACKAGE = "npm:subtls@0.5.0";
const NO_SERVER = new NotOffered("it is a client");

/** What carries the records. */
interface Transport {
  /** Gives the next bytes; `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): void;
}

async function start(transport: Transport, options: ClientOptions): Promise<Conn> {
  demandKnown(options, ["roots"], "startTls()");
  const { LazyReadFunctionReadQueue, startTls, TrustedCert }: Subtls = await import(PACKAGE);
  const roots = await TrustedCert.databaseFromPEM(options.roots ?? "");
  const queue = new LazyReadFunctionReadQueue(() => transport.read());
  let written: Promise<void> = Promise.resolve();
  const write = (bytes: Uint8Array<ArrayBuffer>) => {
    written = written.then(() => transport.write(bytes));
    written.catch(() => {});
  };
  const tls = await startTls("localhost", roots, queue.read.bind(queue), write);
  return {
    read: async () => await tls.read() ?? null,
    async write(bytes) {
      await tls.write(bytes);
      await written;
    },
    close: () => Promise.resolve(transport.close()),
    facts: () => ({}),
  };
}

function ofConn(conn: Deno.Conn): Transport {
  const buffer = new Uint8Array(1 << 16);
  return {
    async read() {
      const length = await conn.read(buffer);
      return length === null ? undefined : buffer.slice(0, length);
    },
    write: (bytes) => writeAll(conn, bytes),
    close: () => conn.close(),
  };
}

function plain(conn: Deno.TcpConn): Plain {
  const transport = ofConn(conn);
  return {
    read: async () => await transport.read() ?? null,
    write: (bytes) => transport.write(bytes),
    startTls: (options) => start(transport, options),
    acceptTls: () => Promise.reject(NO_SERVER),
  };
}

const connectTcp = (port: number) => Deno.connect({ hostname: "127.0.0.1", port });

/** The package, over `Deno.connect`. */
export const stack: Stack = {
  id: "subtls",
  title: "subtls 0.5.0",
  entry: PACKAGE,
  connect: async (port, options) => await start(ofConn(await connectTcp(port)), options),
  over({ readable, writable }, options) {
    const reader = readable.getReader();
    const writer = writable.getWriter();
    return start({
      read: async () => (await reader.read()).value,
      write: (bytes) => writer.write(bytes),
      close: () => void writer.close(),
    }, options);
  },
  unix: async (path, options) =>
    await start(ofConn(await Deno.connect({ transport: "unix", path })), options),
  plain: async (port) => plain(await connectTcp(port)),
  listen: () => Promise.reject(NO_SERVER),
  listenPlain: () => Promise.reject(NO_SERVER),
  http2: () => Promise.reject(NO_SERVER),
};
