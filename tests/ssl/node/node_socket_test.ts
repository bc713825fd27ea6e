// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Sockets of Node's over ours: what Node's own tests of `tls.TLSSocket` check of the stream, its
 * events and its end. The names of those tests are in brackets.
 */

import { assert, assertEquals, assertGreater, assertInstanceOf, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import net from "node:net";
import { finished, pipeline } from "node:stream/promises";
import tls from "node:tls";
import { toNodeSocket } from "../../../ssl/node/mod.ts";
import { NodeTlsSocket } from "../../../ssl/node/node_socket.ts";
import { connected, failureOf, join, pattern, readAll, turns } from "../_support.ts";
import { closed, event, nodeEnds, nodeSocket, notes, readToEnd, secured } from "./_support.ts";

/** Keeps the process alive, which the timers of sockets do not. */
function alive(): Disposable {
  const timer = setInterval(() => {}, 1000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

Deno.test("toNodeSocket() gives a net.Socket and a tls.TLSSocket", async () => {
  await using joined = join();
  const socket = toNodeSocket(joined.client);
  assertInstanceOf(socket, net.Socket);
  assertInstanceOf(socket, tls.TLSSocket);
  assertEquals(socket.encrypted, true);
  await closed(socket);
});

Deno.test("a socket has methods of its own for all of tls.TLSSocket's and net.Socket's that ask a handle", () => {
  const own = (prototype: object) => Object.getOwnPropertyNames(prototype);
  const stream = Object.getPrototypeOf(NodeTlsSocket.prototype);
  const ours = new Set([...own(NodeTlsSocket.prototype), ...own(stream)]);
  // What net.Socket does by itself, or by what is ours.
  const shared = ["pause", "resume", "read", "end", "destroySoon", "readyState"];
  const due = [...own(tls.TLSSocket.prototype), ...own(net.Socket.prototype)]
    .filter((name) => !name.startsWith("_") && !shared.includes(name));
  assertEquals(due.filter((name) => !ours.has(name)), []);
});

Deno.test("events come in Node's order, with what they tell of", async () => {
  await using ends = nodeEnds();
  const names = ["connect", "ready", "secureConnect", "secure", "data", "end", "finish", "close"];
  const client = notes(ends.client, ...names, "session");
  const server = notes(ends.server, ...names, "session");
  ends.server.on("data", (data) => ends.server.end(data));
  ends.client.write("hello");
  await Promise.all([event(ends.client, "close"), event(ends.server, "close")]);
  assertEquals(client.filter((name) => name !== "session"), [
    "secureConnect",
    "secure",
    "data",
    "end",
    "finish",
    "close",
  ]);
  assert(client.indexOf("session") > client.indexOf("secureConnect"), client.join());
  assertEquals(server, ["secure", "data", "finish", "end", "close"]);
});

Deno.test("a source that is a promise makes a connecting socket, which writes later [invoke-queued]", async () => {
  await using joined = join();
  const source = Promise.withResolvers<typeof joined.client>();
  const socket = nodeSocket(() => source.promise);
  const seen = notes(socket, "connect", "ready", "secure", "secureConnect");
  assertEquals([socket.connecting, socket.pending, socket.readyState], [true, true, "opening"]);
  assertEquals([socket.remoteAddress, socket.address()], [undefined, {}]);
  const written = new Promise((resolve) => socket.write("early", resolve));
  assertEquals(socket.bytesWritten, 5);
  source.resolve(joined.client);
  await event(socket, "connect");
  assertEquals([socket.connecting, socket.pending, socket.readyState], [false, false, "open"]);
  assertEquals(socket.secureConnecting, true);
  const buffer = new Uint8Array(9);
  assertEquals(await joined.server.read(buffer), 5);
  assert(!await written);
  assertEquals(seen, ["connect", "ready", "secureConnect", "secure"]);
  assertEquals(socket.secureConnecting, false);
  await closed(socket);
});

Deno.test("a source that rejects destroys the socket with that error [wrap-econnreset]", async () => {
  const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  const socket = nodeSocket(() => Promise.reject(cause));
  const seen = notes(socket, "connect", "error", "close");
  const written = new Promise<unknown>((resolve) => socket.write("x", resolve));
  const close = event(socket, "close");
  const [error] = await event(socket, "error");
  assertEquals(error, cause);
  assertInstanceOf(await written, Error);
  await close;
  assertEquals(seen, ["error", "close"]);
});

Deno.test("destroy() while connecting aborts the source, and closes what it gives later [client-abort]", async () => {
  await using joined = join();
  const source = Promise.withResolvers<typeof joined.client>();
  let signal: AbortSignal | undefined;
  const socket = nodeSocket((given) => {
    signal = given;
    return source.promise;
  });
  await turns(1);
  socket.destroy();
  const [hadError] = await event(socket, "close");
  assertEquals([hadError, signal?.aborted], [false, true]);
  source.resolve(joined.client);
  await turns(2);
  const error = await failureOf(joined.client.write(new Uint8Array(1)));
  assertEquals(error.name, "PR_BAD_DESCRIPTOR_ERROR");
});

Deno.test("destroy() while connecting tells a write that waits, though the source never settles", async () => {
  for (const cause of [undefined, new Error("given up")]) {
    const socket = nodeSocket(() => new Promise(() => {}));
    const results = ["first", "second"].map((data) =>
      new Promise<unknown>((resolve) => socket.write(data, resolve))
    );
    await turns(1);
    socket.destroy(cause);
    for (const result of results) assertInstanceOf(await result, Error);
  }
});

Deno.test("destroy() in any phase closes both ends, over TCP too", async () => {
  const { importFD } = await import("../../../ssl/import_fd.ts");
  const { clientOptions, serverOptions } = await import("../_support.ts");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (let phase = 0; phase < 24; phase++) {
    const accepted = listener.accept();
    const client = nodeSocket(async () =>
      importFD(
        await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
        clientOptions(),
      )
    );
    const server = nodeSocket(importFD(await accepted, serverOptions()));
    const both = [client, server].map((socket) => event(socket, "close"));
    for (const socket of [client, server]) {
      socket.resume();
      socket.write(Buffer.alloc(100_000), () => {});
    }
    await turns(phase);
    (phase % 2 === 0 ? client : server).destroy();
    await Promise.all(both);
  }
});

Deno.test("destroy() before the first tick never calls the source", async () => {
  let calls = 0;
  const socket = nodeSocket(() => {
    calls++;
    return new Promise(() => {});
  });
  socket.destroy();
  await event(socket, "close");
  assertEquals(calls, 0);
});

Deno.test("an abort signal destroys the socket with an AbortError [connect-abort-controller]", async () => {
  const controller = new AbortController();
  await using ends = nodeEnds({}, { client: { signal: controller.signal } });
  const failed = event(ends.client, "error");
  controller.abort();
  const [error] = await failed;
  assertInstanceOf(error, Error);
  assertEquals([error.name, Reflect.get(error, "code")], ["AbortError", "ABORT_ERR"]);
});

Deno.test("connect() of a connected socket emits connect once more, for drivers that always connect", async () => {
  await using ends = await secured();
  let calls = 0;
  const connects = event(ends.client, "connect");
  assertEquals(ends.client.connect(5432, "db.test", () => calls++), ends.client);
  await connects;
  await turns(1);
  assertEquals(calls, 1);
});

for (const length of [0, 1, 16_384, 16_385, 1 << 17, (1 << 17) + 1, 3_000_000]) {
  Deno.test(`${length} bytes arrive each way, and are counted [fast-writing]`, async () => {
    await using ends = nodeEnds({}, { server: { allowHalfOpen: true } });
    const data = pattern(length);
    const echoed = pipeline(ends.server, ends.server);
    const received = readToEnd(ends.client);
    ends.client.end(Buffer.from(data));
    assertEquals(Buffer.compare(await received, data), 0);
    await echoed.catch(() => {});
    const { client, server } = ends;
    assertEquals([client.bytesWritten, client.bytesRead], [length, length]);
    assertEquals([server.bytesRead, server.bytesWritten], [length, length]);
  });
}

Deno.test("small writes, strings with encodings and an encoding of reads [set-encoding]", async () => {
  await using ends = nodeEnds();
  ends.server.setEncoding("utf8");
  let text = "";
  ends.server.on("data", (piece) => text += piece);
  ends.client.cork();
  ends.client.write("grün");
  ends.client.write("ff00", "hex");
  ends.client.write("é", "latin1");
  ends.client.write(Uint8Array.of(0x21));
  ends.client.write("");
  ends.client.uncork();
  ends.client.end(Buffer.alloc(0));
  await event(ends.server, "end");
  assertEquals(text, "grün\ufffd\0\ufffd!");
});

Deno.test("chunks that are joined leave in few records", async () => {
  await using joined = join();
  const socket = nodeSocket(joined.client);
  socket.cork();
  for (let i = 0; i < 100; i++) socket.write("x");
  socket.uncork();
  const buffer = new Uint8Array(200);
  assertEquals(await joined.server.read(buffer), 100);
  await closed(socket);
});

Deno.test("back-pressure outwards: write() says false, and drain comes when the peer has read", async () => {
  await using joined = await connected({ pair: { capacity: 100_000 } });
  const socket = nodeSocket(joined.client, { highWaterMark: 50_000 });
  assertEquals(socket.writableHighWaterMark, 50_000);
  let accepted = 0;
  while (socket.write(Buffer.alloc(10_000))) accepted += 10_000;
  assertEquals(accepted, 40_000);
  let drained = false;
  const drain = event(socket, "drain").then(() => drained = true);
  while (accepted < 2_000_000) {
    socket.write(Buffer.alloc(100_000));
    accepted += 100_000;
  }
  await turns(50);
  assertEquals(drained, false);
  assertGreater(socket.writableLength, 1_000_000);
  assertEquals(socket.bufferSize, socket.writableLength);
  let taken = 0;
  const buffer = new Uint8Array(65_536);
  while (taken < accepted + 10_000) taken += (await joined.server.read(buffer))!;
  await drain;
  assertEquals(socket.writableLength, 0);
  await closed(socket);
});

Deno.test("back-pressure inwards: a paused socket takes a bounded number of bytes [pause]", async () => {
  await using joined = await connected({ pair: { capacity: 100_000 } });
  const socket = nodeSocket(joined.client);
  let sent = 0;
  const sending = (async () => {
    for (; sent < 5_000_000; sent += 50_000) await joined.server.write(new Uint8Array(50_000));
    await joined.server.closeWrite();
  })();
  socket.pause();
  await turns(100);
  const whilePaused = sent;
  assert(whilePaused < 700_000, `${whilePaused}`);
  assert(socket.bytesRead < 200_000, `${socket.bytesRead}`);
  let received = 0;
  socket.on("data", ({ length }) => received += length);
  socket.resume();
  await event(socket, "end");
  assertEquals(received, 5_000_000);
  await sending;
  await closed(socket);
});

Deno.test("the write callback is called in order, after secureConnect", async () => {
  await using ends = nodeEnds();
  ends.server.resume();
  const seen: string[] = [];
  ends.client.on("secureConnect", () => seen.push("secureConnect"));
  for (const name of ["a", "b"]) ends.client.write(name, () => seen.push(name));
  await new Promise<void>((resolve) => ends.client.end("c", resolve));
  assertEquals(seen, ["secureConnect", "a", "b"]);
});

Deno.test("half-close: with allowHalfOpen an end of the peer leaves writing open [connect-allow-half-open-option]", async () => {
  await using ends = nodeEnds({}, { client: { allowHalfOpen: true } });
  ends.server.end("first");
  const reply = readToEnd(ends.server);
  ends.client.resume();
  await event(ends.client, "end");
  await turns(5);
  assertEquals([ends.client.writable, ends.client.readyState], [true, "writeOnly"]);
  ends.client.end("second");
  assertEquals(String(await reply), "second");
});

Deno.test("half-close: without it, an end of the peer ends writing too, after what was written [socket-allow-half-open-option]", async () => {
  await using ends = nodeEnds();
  const received = readToEnd(ends.server);
  ends.client.resume();
  await event(ends.client, "secureConnect");
  ends.client.write("in time");
  ends.server.end("bye");
  assertEquals(String(await received), "in time");
});

Deno.test("a write after the peer's end fails with EPIPE, as in Node", async () => {
  await using ends = await secured();
  ends.client.resume();
  ends.server.end();
  await event(ends.client, "end");
  const failed = event(ends.client, "error");
  ends.client.write("x");
  const [error] = await failed;
  assertEquals(Reflect.get(Object(error), "code"), "EPIPE");
});

Deno.test("end() sends close_notify, and finish comes before the peer has ended [close-notify]", async () => {
  await using joined = await connected();
  const socket = nodeSocket(joined.client, { allowHalfOpen: true });
  const finish = event(socket, "finish");
  socket.end("all");
  assertEquals((await readAll(joined.server)).length, 3); // ends, and does not fail
  await finish;
  assertEquals([socket.destroyed, socket.readyState], [false, "readOnly"]);
  await closed(socket);
});

Deno.test("end() before the handshake is complete sends all after it", async () => {
  await using ends = nodeEnds();
  const received = readToEnd(ends.server);
  ends.client.end("short");
  assertEquals(String(await received), "short");
});

Deno.test("destroySoon() lets all arrive that was written [client-destroy-soon]", async () => {
  await using ends = nodeEnds();
  const received = readToEnd(ends.server);
  await event(ends.client, "secureConnect");
  ends.client.write(Buffer.alloc(1_000_000));
  ends.client.destroySoon();
  assertEquals((await received).length, 1_000_000);
  await event(ends.client, "close");
});

Deno.test("destroy() after a small write lets it leave, and cuts the stream off [close-event-after-write]", async () => {
  await using joined = await connected();
  const socket = nodeSocket(joined.client);
  await event(socket, "secure");
  const seen = notes(socket, "error", "close");
  socket.write("last words");
  socket.destroy();
  const buffer = new Uint8Array(20);
  assertEquals(await joined.server.read(buffer), 10);
  const error = await failureOf(joined.server.read(buffer));
  assertEquals(error.name, "PR_END_OF_FILE_ERROR");
  await turns(5);
  assertEquals(seen, ["close"]);
});

Deno.test("destroy(error) emits it once, then close [socket-destroy]", async () => {
  await using ends = await secured();
  const cause = new Error("enough");
  const seen: unknown[] = [];
  ends.client.on("error", (error) => seen.push(error));
  ends.client.on("close", (hadError) => seen.push(hadError));
  ends.client.destroy(cause).destroy(new Error("again"));
  await event(ends.client, "close");
  assertEquals(seen, [cause, true]);
  assertEquals([ends.client.destroyed, ends.client.readyState], [true, "closed"]);
});

Deno.test("destroy() during the handshake ends both sides [client-abort2]", async () => {
  await using ends = nodeEnds();
  const failed = event(ends.server, "error");
  await turns(1);
  ends.client.destroy();
  const [hadError] = await event(ends.client, "close");
  assertEquals(hadError, false);
  const [error] = await failed;
  assertEquals(Reflect.get(Object(error), "code"), "ECONNRESET");
});

Deno.test("destroy() in a listener of secureConnect stops what comes after it", async () => {
  await using ends = nodeEnds();
  const seen = notes(ends.client, "secureConnect", "secure", "session", "data", "error", "close");
  ends.client.on("secureConnect", () => ends.client.destroy());
  ends.server.on("error", () => {});
  ends.server.write("data");
  await event(ends.client, "close");
  await turns(5);
  assertEquals(seen, ["secureConnect", "close"]);
});

Deno.test("destroy() whilst a write waits fails its callback, and closes at once [destroy-whilst-write]", async () => {
  await using joined = await connected({ pair: { capacity: 1000 } });
  const socket = nodeSocket(joined.client);
  await event(socket, "secure");
  const results: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    socket.write(Buffer.alloc(500_000), (error) => results.push(error instanceof Error));
  }
  await turns(5);
  socket.destroy();
  await event(socket, "close");
  await turns(2);
  assertEquals(results, [true, true, true]);
});

Deno.test("a failed write is told to its callback and as an error, once [write-error]", async () => {
  await using joined = await connected();
  const socket = nodeSocket(joined.client);
  await event(socket, "secure");
  joined.server[Symbol.dispose]();
  const failed = event(socket, "error");
  await turns(5);
  const result = await new Promise<unknown>((resolve) => {
    const write = () =>
      socket.write(Buffer.alloc(100_000), (error) => error ? resolve(error) : write());
    write();
  });
  assertInstanceOf(result, Error);
  const [error] = await failed;
  assertInstanceOf(error, Error);
  await turns(5);
  assertEquals(socket.closed, true);
});

Deno.test("a truncation is an error, and no end [econnreset]", async () => {
  await using joined = await connected();
  const socket = nodeSocket(joined.client);
  const seen = notes(socket, "end", "error", "close");
  socket.resume();
  await event(socket, "secure");
  await joined.server.write(new Uint8Array(5));
  joined.server[Symbol.dispose]();
  const close = event(socket, "close");
  const [error] = await event(socket, "error");
  await close;
  assertEquals(Reflect.get(Object(error), "code"), "ECONNRESET");
  assertEquals(socket.bytesRead, 5);
  assertEquals(seen, ["error", "close"]);
});

Deno.test("an error of the peer shows where nobody reads or listens for data", async () => {
  await using ends = await secured();
  const failed = event(ends.client, "error");
  ends.server.destroy();
  const [error] = await failed;
  assertEquals(Reflect.get(Object(error), "code"), "ECONNRESET");
});

Deno.test("the end of a peer that is gone already is no error", async () => {
  await using joined = await connected();
  const socket = nodeSocket(joined.client);
  const seen = notes(socket, "end", "finish", "error", "close");
  socket.resume();
  await joined.server.close();
  await event(socket, "close");
  assertEquals(seen, ["end", "finish", "close"]);
});

Deno.test("a failed handshake emits error, then close, and no secure [socket-failed-handshake-emits-error]", async () => {
  await using ends = nodeEnds({ client: { hostname: "other.test" } });
  const client = notes(ends.client, "secureConnect", "secure", "error", "close");
  const server = notes(ends.server, "secure", "error", "close");
  await Promise.all([event(ends.client, "close"), event(ends.server, "close")]);
  assertEquals(client, ["error", "close"]);
  assertEquals(server.slice(-2), ["error", "close"]);
});

Deno.test("what a listener of secureConnect throws is no failure of the handshake", async () => {
  await using ends = nodeEnds();
  const thrown = new Error("mine");
  const uncaught = new Promise<unknown>((resolve) => {
    globalThis.addEventListener("error", (event) => {
      event.preventDefault();
      resolve(event.error);
    }, { once: true });
  });
  ends.client.once("secureConnect", () => {
    throw thrown;
  });
  assertEquals(await uncaught, thrown);
  assertEquals(ends.client.destroyed, false);
});

Deno.test("setTimeout() emits timeout when nothing happens, and again after something has [timeout-server, wrap-timeout]", async () => {
  await using ends = await secured();
  using _alive = alive();
  let calls = 0;
  ends.server.resume();
  assertEquals(ends.client.setTimeout(20, () => calls++), ends.client);
  assertEquals(ends.client.timeout, 20);
  await event(ends.client, "timeout");
  assertEquals([calls, ends.client.destroyed], [1, false]);
  ends.client.write("something");
  await event(ends.client, "timeout");
  assertEquals(calls, 1);
  ends.client.setTimeout(0);
  for (const wrong of [-1, NaN, Infinity]) {
    const error = assertThrows(() => ends.client.setTimeout(wrong), RangeError);
    assertEquals(Reflect.get(error, "code"), "ERR_OUT_OF_RANGE");
  }
});

Deno.test("setTimeout() lets a stalled write time out, and not one that proceeds", async () => {
  await using joined = await connected({ pair: { capacity: 1000 } });
  const socket = nodeSocket(joined.client);
  await event(socket, "secure");
  using _alive = alive();
  let calls = 0;
  socket.setTimeout(800, () => calls++);
  socket.write(Buffer.alloc(2_000_000), () => {});
  const buffer = new Uint8Array(32_768);
  // Twice as long as the timeout, in steps that even a busy machine takes sooner
  for (let taken = 0; taken < 2_000_000;) {
    taken += (await joined.server.read(buffer))!;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const whileProceeding = calls;
  socket.write(Buffer.alloc(2_000_000), () => {});
  await event(socket, "timeout");
  assertEquals(whileProceeding, 0);
  await closed(socket);
});

Deno.test("pause() and resume() at any time lose nothing [pause]", async () => {
  await using ends = nodeEnds();
  ends.server.end(Buffer.from(pattern(500_000)));
  const pieces: Buffer[] = [];
  ends.client.on("data", (piece) => {
    pieces.push(piece);
    ends.client.pause();
    setTimeout(() => ends.client.resume(), 0);
  });
  await event(ends.client, "end");
  assertEquals(Buffer.compare(Buffer.concat(pieces), pattern(500_000)), 0);
});

Deno.test("an upgrade's head that is put back with unshift() is read first", async () => {
  await using ends = await secured();
  ends.client.unshift("head ");
  ends.server.end("body");
  assertEquals(String(await readToEnd(ends.client)), "head body");
});

Deno.test("TLS in TLS: a socket of Node's carries another one [inception]", async () => {
  await using outer = await secured();
  const { fromNodeStream } = await import("../../../ssl/node/from_node_stream.ts");
  const { importFD } = await import("../../../ssl/import_fd.ts");
  const { clientOptions, serverOptions } = await import("../_support.ts");
  const inner = [
    importFD(fromNodeStream(outer.client), clientOptions()),
    importFD(fromNodeStream(outer.server), serverOptions()),
  ].map((socket) => nodeSocket(socket));
  const received = readToEnd(inner[1]!);
  inner[0]!.end("nested");
  assertEquals(String(await received), "nested");
  await Promise.all(inner.map(closed));
});

Deno.test("finished() of node:stream settles with the socket", async () => {
  await using ends = nodeEnds();
  ends.server.resume();
  ends.client.resume();
  const both = Promise.all([finished(ends.client), finished(ends.server)]);
  ends.client.end();
  await both;
});

Deno.test("ref(), unref(), setNoDelay() and setKeepAlive() reach the connection, before it is there too [net-socket-keepalive]", async () => {
  const calls: unknown[][] = [];
  await using joined = join({
    wrapClient: (conn) => ({
      read: (p) => conn.read(p),
      write: (p) => conn.write(p),
      close: () => conn.close(),
      localAddr: conn.localAddr,
      remoteAddr: conn.remoteAddr,
      ref: () => void calls.push(["ref"]),
      unref: () => void calls.push(["unref"]),
      setNoDelay: (on) => void calls.push(["noDelay", on]),
      setKeepAlive: (on) => void calls.push(["keepAlive", on]),
    }),
  });
  const socket = nodeSocket(() => Promise.resolve(joined.client));
  assertEquals(socket.setKeepAlive(true, 1000).setNoDelay(false).unref().ref(), socket);
  await Promise.all([event(socket, "secure"), joined.server.handshake()]);
  assertEquals(calls.slice(0, 4), [["keepAlive", true], ["noDelay", false], ["unref"], ["ref"]]);
  assert(!calls.some(([name, on]) => name === "noDelay" && on), "the handshake keeps it");
  socket.setNoDelay();
  assertEquals(calls.at(-1), ["noDelay", true]);
  await closed(socket);
});

Deno.test("addresses are in Node's form", async () => {
  await using ends = nodeEnds();
  const { client, server } = ends;
  assertEquals(client.address(), { address: "127.0.0.1", family: "IPv4", port: client.localPort! });
  assertEquals([client.remoteAddress, client.remoteFamily], ["127.0.0.1", "IPv4"]);
  assertEquals([client.remotePort, client.localPort], [server.localPort, server.remotePort]);
  assertEquals([client.localAddress, client.localFamily], ["127.0.0.1", "IPv4"]);
});
