// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ConnLike, importFD, type ImportOptions, NssContext, type SslSocket } from "@nss/nss";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Reading, writing, and transports";

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: '`write("text")`',
    make: () => unconnected().write(untyped("text")),
    name: "TypeError",
    says: "Cannot write: bytes (Uint8Array) are needed, not a string; " +
      "encode it with new TextEncoder().encode(text), or a stream with TextEncoderStream",
  },
  {
    mistake: "`textStream.pipeTo(socket.writable)`",
    make: () => ReadableStream.from(["text"]).pipeTo(untyped(unconnected().writable)),
    name: "TypeError",
    says: "Cannot write: bytes (Uint8Array) are needed, not a string; " +
      "encode it with new TextEncoder().encode(text), or a stream with TextEncoderStream",
  },
  {
    mistake: "`write(7)`",
    make: () => unconnected().write(untyped(7)),
    name: "TypeError",
    says: "Cannot write: bytes (Uint8Array) are needed, not a number",
  },
  {
    mistake: "`write([104, 105])`",
    make: () => unconnected().write(untyped([104, 105])),
    name: "TypeError",
    says: "Cannot write: bytes (Uint8Array) are needed, not an array",
  },
  {
    mistake: "`read()`, without a buffer",
    make: () => unconnected().read(untyped(undefined)),
    name: "TypeError",
    says: "Cannot read: a Uint8Array to read into is needed, not undefined",
  },
  {
    mistake: "`read(1024)`",
    make: () => unconnected().read(untyped(1024)),
    name: "TypeError",
    says: "Cannot read: a Uint8Array to read into is needed, not a number",
  },
  {
    mistake: "a `read()` while another waits",
    make: () => {
      const socket = unconnected();
      socket.read(new Uint8Array(1)).catch(() => {});
      return socket.read(new Uint8Array(1));
    },
    name: "PR_IN_PROGRESS_ERROR",
    says: "Cannot read: another read is in progress; await it before the next one, " +
      "and use either read() or readable",
  },
  {
    mistake: "`write()` in a loop without `await`, until 16 MiB wait",
    make: async () => {
      const socket = unconnected();
      const data = new Uint8Array(1 << 20);
      for (let i = 0; i < 17; i++) socket.write(data).catch(() => {});
      await socket.write(data);
    },
    name: "PR_IN_PROGRESS_ERROR",
    says: "Cannot write: more than 16777216 bytes of earlier writes wait; await them first",
  },
  {
    mistake: "`write()` after `closeWrite()`",
    make: () => {
      const socket = unconnected();
      socket.closeWrite().catch(() => {});
      return socket.write(new Uint8Array(1));
    },
    name: "PR_SOCKET_SHUTDOWN_ERROR",
    says: "Cannot write: the writing side is closed",
  },
  {
    mistake: "a transport whose `read()` returns 0 at the end",
    make: () => client(connOf({ read: () => Promise.resolve(0) })).handshake(),
    name: "PR_IO_ERROR",
    says: "Cannot read: the transport failed: read() of the connection returned 0; " +
      "it must return the number of bytes, from 1 to the length of the buffer, or null at the end",
  },
  {
    mistake: "a transport whose `read()` returns the bytes",
    make: () =>
      client(connOf({ read: () => Promise.resolve(untyped(new Uint8Array(5))) })).handshake(),
    name: "PR_IO_ERROR",
    says: "Cannot read: the transport failed: read() of the connection returned " +
      "an object of type Uint8Array; it must return the number of bytes, " +
      "from 1 to the length of the buffer, or null at the end",
  },
  {
    mistake: "a transport whose `write()` returns nothing",
    make: () => client(connOf({ write: () => Promise.resolve(untyped(undefined)) })).handshake(),
    name: "PR_IO_ERROR",
    says: "Cannot write: the transport failed: write() of the connection returned undefined; " +
      "it must return the number of bytes that it took, at least 1 and at most all",
  },
  {
    mistake: "a transport of streams whose `readable` gives texts",
    make: () => {
      const readable: ReadableStream<Uint8Array> = untyped(ReadableStream.from(["text"]));
      return importFD({ readable, writable: new WritableStream() }, options()).handshake();
    },
    name: "PR_IO_ERROR",
    says: "Cannot read: the transport failed: the stream gave a string instead of bytes",
  },
];

/** Passes what the compiler would refuse. */
function untyped<T>(value: unknown): T {
  return value as T;
}

/** A connection over no network, whose peer is silent. */
function connOf(calls: Partial<ConnLike>): ConnLike {
  return {
    localAddr: {},
    remoteAddr: {},
    read: () => new Promise(() => {}),
    write: (p) => Promise.resolve(p.length),
    close() {},
    ...calls,
  };
}

function options(): ImportOptions {
  return { hostname: "localhost", context: new NssContext({ trustAnchors: [] }) };
}

function client(conn: ConnLike): SslSocket {
  return importFD(conn, { ...options(), handshakeTimeout: 0 });
}

/** A socket whose handshake has not begun, and gets no answer. */
function unconnected(): SslSocket {
  return client(connOf({}));
}
