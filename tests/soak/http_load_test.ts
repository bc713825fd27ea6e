// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `NSS_SOAK=1` (`deno task soak`) has 1,000 connections and bodies of 1 GiB, otherwise a part.

import { assert, assertEquals, assertLess } from "@std/assert";
import { importFD, type SslSocket } from "@nss/nss";
import { type Process, spawn } from "../support/process.ts";
import { note } from "../support/skip.ts";
import type { HttpState } from "./_http_load_server.ts";

const MIB = 2 ** 20;
const soak = Deno.env.get("NSS_SOAK") === "1";
const CONNECTIONS = soak ? 1000 : 60;
const ROUNDS = soak ? 20 : 3;
const BODY = soak ? 1024 * MIB : 16 * MIB;
/** What the process takes at rest, compiled code and room for garbage with it. */
const BASE_MEMORY = 320 * MIB;
/** What a connection may take: that of TLS (load_test.ts), parser, request and response. */
const CONNECTION_MEMORY = 384 * 1024;
const MAX_HEAP_GROWTH = 16 * MIB;
const SLOW_READERS = 20;
const PHASES = ["GET /never", "GET /down?n=1e12", "POST /up", "GET /small"];

class Server implements AsyncDisposable {
  readonly #process: Process;
  #consumed = 0;
  readonly greeting: Promise<{ readonly port: number; readonly pem: string }>;

  constructor() {
    const program = `${import.meta.dirname}/_http_load_server.ts`;
    this.#process = spawn(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", program],
      interactive: true,
      timeout: 900_000,
    });
    this.greeting = this.#line();
  }

  async state(): Promise<HttpState> {
    await this.#process.write("\n");
    return await this.#line();
  }

  /** Ends its input: it shuts down, with its connections as they are. */
  async end(): Promise<unknown> {
    await this.#process.closeInput();
    const said = await this.#line();
    const { code, stderr } = await this.#process.result();
    assertEquals([code, stderr], [0, ""]);
    return said;
  }

  async #line() {
    await this.#process.waitFor(
      ({ stdout }) => stdout.indexOf("\n", this.#consumed) < 0 ? null : this,
      120_000,
    );
    const { stdout } = this.#process;
    const end = stdout.indexOf("\n", this.#consumed);
    const text = stdout.slice(this.#consumed, end);
    this.#consumed = end + 1;
    return JSON.parse(text);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process.close();
  }
}

class Client {
  readonly socket: SslSocket;
  readonly #buffer = new Uint8Array(65_536);
  slowReads = 0;

  constructor(socket: SslSocket) {
    this.socket = socket;
  }

  async send(line: string, ...fields: string[]): Promise<void> {
    const head = [`${line} HTTP/1.1`, "Host: localhost", ...fields, "", ""].join("\r\n");
    await this.socket.write(new TextEncoder().encode(head));
  }

  /** Reads a short response with a Content-Length; returns its body. */
  async response(): Promise<string> {
    let text = "";
    for (;;) {
      const count = await this.socket.read(this.#buffer);
      assert(count !== null, `it ended after ${JSON.stringify(text)}`);
      text += new TextDecoder("latin1").decode(this.#buffer.subarray(0, count));
      const [head, body] = text.split("\r\n\r\n");
      const length = /\r\ncontent-length: (\d+)/i.exec(head!);
      if (body !== undefined && length !== null && body.length >= Number(length[1])) return body;
    }
  }

  /** Reads 64 KiB, waits, and so on until the server ends it; returns how it ended. */
  async readSlowly(): Promise<string> {
    try {
      for (; await this.socket.read(this.#buffer) !== null; this.slowReads++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return "close_notify";
    } catch (error) {
      return Object(error).name;
    }
  }

  /** Counts the bytes up to the end. */
  async count(): Promise<number> {
    for (let total = 0;;) {
      const count = await this.socket.read(this.#buffer);
      if (count === null) return total;
      total += count;
    }
  }
}

Deno.test(`serve() bears ${CONNECTIONS} connections at once, bodies, aborts and its shutdown`, async () => {
  await using server = new Server();
  const { port, pem } = await server.greeting;
  const connect = async () => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const client = new Client(importFD(conn, { hostname: "localhost", caCerts: [pem] }));
    await client.socket.handshake();
    return client;
  };
  const clients: Client[] = [];
  while (clients.length < CONNECTIONS) {
    clients.push(...await Promise.all(Array.from({ length: 10 }, connect)));
  }
  await Promise.all(clients.map(async (client) => {
    await client.send("GET /small");
    assertEquals(await client.response(), "small");
  }));
  const before = await server.state();

  const start = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(clients.map(async (client, i) => {
      await client.send(i % 10 === 0 ? "GET /throw" : "GET /small");
      assertEquals(await client.response(), i % 10 === 0 ? "failed" : "small");
    }));
  }
  const seconds = (performance.now() - start) / 1000;
  const busy = await server.state();

  const [down, up, slow] = [await connect(), await connect(), await connect()];
  await slow.send("GET /down?n=1e12"); // and it never reads
  const slowOnes = await Promise.all(Array.from({ length: SLOW_READERS }, connect));
  const reading = slowOnes.map(async (client) => {
    await client.send("GET /down?n=1e12");
    return await client.readSlowly();
  });
  await down.send(`GET /down?n=${BODY}`, "Connection: close");
  await up.send("POST /up", `Content-Length: ${BODY}`);
  const chunk = new Uint8Array(MIB);
  const uploading = (async () => {
    for (let sent = 0; sent < BODY; sent += chunk.length) await up.socket.write(chunk);
    return await up.response();
  })();
  const moving = performance.now();
  const [counted, uploaded] = await Promise.all([down.count(), uploading]);
  const rate = 2 * BODY / MIB / ((performance.now() - moving) / 1000);
  assert(counted >= BODY && counted < 1.01 * BODY, `${counted} bytes came`);
  assertEquals(uploaded, String(BODY));
  const moved = await server.state();

  // Each goes in the middle of something
  for (let i = 0; i < 2 * CONNECTIONS; i += 20) {
    await Promise.all(Array.from({ length: 20 }, async (_, j) => {
      const client = await connect();
      const line = PHASES[(i + j) % PHASES.length]!;
      await client.send(line, ...line.startsWith("POST") ? ["Content-Length: 1000000"] : []);
      client.socket[Symbol.dispose]();
    }));
  }
  slow.socket[Symbol.dispose]();
  await Promise.allSettled([down, up, ...clients].map(({ socket }) => socket.close()));
  let after = await server.state();
  for (let i = 0; i < 50 && after.aborted < CONNECTIONS / 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    after = await server.state();
  }

  const mib = (amount: number) => `${Math.round(amount / MIB)} MiB`;
  note(
    `http load: ${CONNECTIONS} connections, ${
      Math.round(CONNECTIONS * ROUNDS / seconds)
    } requests/s; ` +
      `${Math.round(rate)} MiB/s both ways; rss ${mib(busy.rss)} busy, ${mib(moved.rss)} moving; ` +
      `heap ${mib(before.heap)} before, ${mib(after.heap)} after; ${after.aborted} aborts seen`,
  );
  assertLess(Math.max(busy.rss, moved.rss), BASE_MEMORY + CONNECTIONS * CONNECTION_MEMORY);
  assertLess(after.heap - before.heap, MAX_HEAP_GROWTH);
  assertEquals(after.unhandled, 0);

  // Shutdown under load: requests that are answered, and some that never are
  const last = await Promise.all(Array.from({ length: 20 }, connect));
  await Promise.all(
    last.map((client, i) => client.send(i % 2 ? "GET /never" : "GET /down?n=1e12")),
  );
  assertEquals(await server.end(), "ended");
  // Those that read slowly were served all the time, and see that they were cut off
  assertEquals(new Set(await Promise.all(reading)), new Set(["PR_END_OF_FILE_ERROR"]));
  assert(
    slowOnes.every(({ slowReads }) => slowReads > 10),
    `${slowOnes.map((one) => one.slowReads)}`,
  );
  await Promise.allSettled([...last, ...slowOnes].map(({ socket }) => socket.close()));
});
