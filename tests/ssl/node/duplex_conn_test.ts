// Copyright 2026 the NSS for Deno authors. MIT license.

import { Buffer } from "node:buffer";
import { once } from "node:events";
import net from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DuplexConn } from "../../../ssl/node/duplex_conn.ts";
import { runOk } from "../../support/process.ts";

async function pair(): Promise<readonly [net.Socket, net.Socket, () => Promise<void>]> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = net.connect(port, "127.0.0.1");
  const [[accepted]] = await Promise.all([once(server, "connection"), once(client, "connect")]);
  return [client, accepted, async () => {
    for (const socket of [client, accepted]) socket.destroy();
    await once(server.close(), "close");
  }];
}

async function readAll(conn: DuplexConn, size = 7): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (;;) {
    const buffer = new Uint8Array(size);
    const length = await conn.read(buffer);
    if (length === null) return Buffer.concat(pieces);
    assert(length >= 1 && length <= size);
    pieces.push(Buffer.from(buffer.subarray(0, length)));
  }
}

Deno.test("DuplexConn: bytes arrive in order in reads of any size, and the end is null", async () => {
  const [a, b, close] = await pair();
  const conn = new DuplexConn(a);
  const data = Buffer.from(crypto.getRandomValues(new Uint8Array(10_000)));
  b.end(data);
  assert((await readAll(conn)).equals(data));
  assertEquals(await conn.read(new Uint8Array(1)), null);
  conn.close();
  await close();
});

Deno.test("DuplexConn: what had been read before it was made is read first", async () => {
  const stream = new PassThrough();
  stream.unshift(Buffer.from("ab"));
  stream.end(Buffer.from("cd"));
  assertEquals(String(await readAll(new DuplexConn(stream), 3)), "abcd");
});

Deno.test("DuplexConn: an encoding and listeners of the plain connection take nothing away", async () => {
  const [a, b, close] = await pair();
  a.setEncoding("utf8");
  const seen: unknown[] = [];
  a.on("data", (data) => seen.push(data));
  const conn = new DuplexConn(a);
  b.end(Buffer.from([0xff, 0xfe, 0]));
  assertEquals([...await readAll(conn)], [0xff, 0xfe, 0]);
  assertEquals(seen, []);
  conn.close();
  await close();
});

Deno.test("DuplexConn: text, objects and errors of the stream are errors of the read", async () => {
  const text = new Duplex({
    objectMode: true,
    read() {},
    write(_chunk, _encoding, done) {
      done();
    },
  });
  text.push({ text: "x" });
  await assertRejects(
    () => new DuplexConn(text).read(new Uint8Array(4)),
    TypeError,
    "instead of bytes",
  );
  const failing = new PassThrough();
  const conn = new DuplexConn(failing);
  const reading = conn.read(new Uint8Array(4));
  failing.destroy(Object.assign(new Error("gone"), { code: "ECONNRESET" }));
  await assertRejects(() => reading, Error, "gone");
  await assertRejects(() => conn.write(new Uint8Array(4)));
});

Deno.test("DuplexConn: a stream that is destroyed ends a read that waits", async () => {
  const stream = new PassThrough();
  const conn = new DuplexConn(stream);
  const reading = conn.read(new Uint8Array(4));
  stream.destroy();
  assertEquals(await reading, null);
});

Deno.test("DuplexConn: a write waits until the stream has taken it, and a copy is what a stream keeps", async () => {
  const kept: Uint8Array[] = [];
  let taken = () => {};
  const stream = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      kept.push(chunk);
      taken = done;
    },
  });
  const conn = new DuplexConn(stream);
  const bytes = new Uint8Array([1, 2, 3]);
  let isDone = false;
  const writing = conn.write(bytes).then((count) => {
    isDone = true;
    return count;
  });
  await Promise.resolve();
  assertEquals(isDone, false);
  taken();
  assertEquals(await writing, 3);
  bytes.fill(0);
  assertEquals([...kept[0]!], [1, 2, 3]);
});

Deno.test("DuplexConn: close() lets written bytes leave, and destroys a stream that takes none", async () => {
  const [a, b, close] = await pair();
  const conn = new DuplexConn(a);
  await conn.write(new Uint8Array([1, 2]));
  conn.close();
  assertEquals([...await readAll(new DuplexConn(b))], [1, 2]);
  const stuck = new Duplex({ read() {}, write() {} });
  const held = new DuplexConn(stuck);
  held.write(new Uint8Array(1)).catch(() => {});
  held.close();
  assert(stuck.destroyed);
  await close();
});

Deno.test("DuplexConn: a program may wait for a socket's close event, also of one that nobody reads", async () => {
  // What holds no process is not waited for: ldapts does this after STARTTLS
  const program = `
    import { once } from "node:events";
    import net from "node:net";
    import { DuplexConn } from "${new URL("../../../ssl/node/duplex_conn.ts", import.meta.url)}";
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    listener.unref();
    listener.accept();
    const socket = net.connect(listener.addr.port, "127.0.0.1");
    await once(socket, "connect");
    const conn = new DuplexConn(socket);
    conn.unref();
    await conn.closeWrite();
    conn.close();
    await once(socket, "close");
    console.log("closed");
  `;
  assertEquals(await runOk(Deno.execPath(), ["eval", program]), "closed\n");
});

Deno.test("DuplexConn: closeWrite() leaves reading open, also where the peer has ended", async () => {
  const [a, b, close] = await pair();
  const conn = new DuplexConn(a);
  const ended = once(b.resume(), "end"); // before it, Deno's socket fails to write: EPIPE
  await conn.closeWrite();
  await ended;
  b.end("last");
  assertEquals(String(await readAll(conn)), "last");
  conn.close();
  await close();
});

Deno.test("DuplexConn: addresses are those of the socket, and those of a stream without", async () => {
  const [a, , close] = await pair();
  const conn = new DuplexConn(a);
  assertEquals(conn.remoteAddr, {
    transport: "tcp",
    hostname: "127.0.0.1",
    port: a.remotePort ?? 0,
  });
  assertEquals(conn.localAddr, { transport: "tcp", hostname: "127.0.0.1", port: a.localPort ?? 0 });
  assertEquals(new DuplexConn(new PassThrough()).remoteAddr, { transport: "stream" });
  conn.close();
  await close();
});

Deno.test("DuplexConn: what the peer has sent before it hung up is read after the write that fails", async () => {
  const [a, b, close] = await pair();
  const conn = new DuplexConn(a);
  await conn.write(new Uint8Array(100)); // unread, so that the peer's end is a reset
  await new Promise((resolve) => setTimeout(resolve, 20));
  const sent = Buffer.alloc(2000, "alert");
  b.write(sent);
  b.destroy();
  // All in one turn of the event loop: nothing of it has been read
  await assertRejects(async () => {
    for (;;) await conn.write(new Uint8Array(65_536));
  });
  assertEquals(String(await readAll(conn)), String(sent));
  conn.close();
  assert(a.destroyed);
  await close();
});

Deno.test("DuplexConn: a socket whose write fails for another reason is destroyed as ever", async () => {
  const [a, , close] = await pair();
  const conn = new DuplexConn(a);
  a.destroy(new Error("by its driver"));
  await assertRejects(() => conn.write(new Uint8Array(1)));
  await assertRejects(() => conn.read(new Uint8Array(1)), Error, "by its driver");
  await close();
});
