// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Closing over a real connection, which a kernel resets over bytes that lie unread, with Deno's own
 * TLS at the other end.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { importFD, type SslListener, type SslSocket } from "@nss/nss";
import { testPki } from "../support/test_pki.ts";

const pki = await testPki();
const LATENESS = 300;
const late = () => new Promise<void>((resolve) => setTimeout(resolve, LATENESS));

function listen(): { readonly listener: SslListener; readonly port: number } & Disposable {
  const { chain: cert, key } = pki.leaf("server", "ecdsa-p256");
  const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listener = importFD(tcp, { certificates: [{ cert, key }] });
  return { listener, port: tcp.addr.port, [Symbol.dispose]: () => listener.close() };
}

/** Reads to the end, or to an error; returns how many bytes came. */
async function countBytes(
  conn: { read(p: Uint8Array): Promise<number | null> },
): Promise<number | string> {
  let bytes = 0;
  const buffer = new Uint8Array(65536);
  try {
    for (let count; (count = await conn.read(buffer)) !== null;) bytes += count;
    return bytes;
  } catch (error) {
    return `${bytes}, then ${error}`;
  }
}

const WAYS: Readonly<Record<string, (socket: SslSocket) => Promise<void>>> = {
  "close()": (socket) => socket.close(),
  "await using": async (socket) => {
    await using _held = socket;
  },
  "readable.cancel()": (socket) => socket.readable.cancel(),
  "the end of writable": async (socket) => {
    await socket.writable.close();
    await socket.close();
  },
};

for (const [way, end] of Object.entries(WAYS)) {
  Deno.test(`a listener's socket sends all that was written before ${way}, though its client's bytes lie unread`, async () => {
    const length = 4 << 20;
    using server = listen();
    const serving = (async () => {
      const socket = await server.listener.accept();
      await socket.read(new Uint8Array(1));
      await socket.write(new Uint8Array(length));
      await end(socket);
    })();
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    let mayRead = Promise.resolve();
    const client = importFD({
      localAddr: conn.localAddr,
      remoteAddr: conn.remoteAddr,
      read: async (p) => {
        await mayRead;
        return await conn.read(p);
      },
      write: (p) => conn.write(p),
      close: () => conn.close(),
    }, { hostname: "localhost", caCerts: [pki.root] });
    await client.handshake();
    mayRead = late();
    const sending = client.write(new Uint8Array(4 << 20)); // of which the server takes one byte
    sending.catch(() => {}); // where the server has closed before it had all
    assertEquals(await countBytes(client), length);
    await Promise.allSettled([sending]);
    await client.close();
    await serving;
  });
}

Deno.test("a server's tickets spoil no upload of Deno's own, 20 of 20, to a server that begins to read late", async () => {
  const length = 1 << 20;
  using server = listen();
  const serve = async (socket: SslSocket) => {
    await socket.handshake();
    await late();
    const bytes = await countBytes(socket);
    await socket.close();
    return bytes;
  };
  const uploads = Array.from({ length: 20 }, async () => {
    const conn = await Deno.connectTls({
      hostname: "localhost",
      port: server.port,
      caCerts: [pki.root],
    });
    const data = new Uint8Array(length);
    for (let sent = 0; sent < length;) sent += await conn.write(data.subarray(sent));
    conn.close();
  });
  const received: Promise<number | string>[] = [];
  while (received.length < uploads.length) received.push(serve(await server.listener.accept()));
  await Promise.all(uploads);
  assertEquals(await Promise.all(received), uploads.map(() => length));
});
