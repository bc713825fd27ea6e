// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What a client can ask for without end, in frames and requests written by hand.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type ConnLike, importFD } from "@nss/nss";
import { serve, type ServeOptions } from "@nss/nss/http";
import { MAX_QUEUED_WRITES, ReadSocket } from "../../../ssl/http/http_connection.ts";
import { HOSTNAME, serverOptions } from "../_support.ts";
import { fields, frames, PREFACE } from "./_h2.ts";
import { eventually, RawClient, served } from "./_support.ts";

type Frame = readonly [type: number, flags: number, stream: number, payload: readonly number[]];

const [DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS] = [0, 1, 2, 3, 4];
const [PING, GOAWAY, WINDOW_UPDATE, CONTINUATION] = [6, 7, 8, 9];
const [END_STREAM, END_HEADERS, PADDED] = [1, 4, 8];
const CANCEL = 8;
const H2 = { alpnProtocols: ["h2"] };

const get = (stream: number): Frame => [HEADERS, END_STREAM | END_HEADERS, stream, fields("GET")];

/** The types of the frames in a text, with the codes of those that end something. */
function framesIn(text: string): [type: number, code: number][] {
  const found: [number, number][] = [];
  for (let at = 0; at + 9 <= text.length;) {
    const [a, b, c, type] = [...text.slice(at, at + 4)].map((char) => char.charCodeAt(0));
    at += 9 + (a! << 16 | b! << 8 | c!);
    const code = type === RST_STREAM ? at - 1 : type === GOAWAY ? at - 1 : -1;
    found.push([type!, code < 0 ? 0 : text.charCodeAt(code)]);
  }
  return found;
}

/** Sends pieces until the server hangs up, if it does. */
async function flood(client: RawClient, pieces: Iterable<string>): Promise<void> {
  try {
    for (const piece of pieces) await client.send(piece);
  } catch {
    // the server has hung up
  }
}

function* repeated(count: number, make: (i: number) => readonly Frame[]): Generator<string> {
  for (let i = 0; i < count; i += 100) {
    yield frames(...Array.from({ length: 100 }, (_, k) => make(i + k)).flat());
  }
}

Deno.test("serve() runs no more handlers of a connection than maxConcurrentStreams, however many streams are reset", async () => {
  for (const limit of [3, 100]) {
    let [running, most] = [0, 0];
    const end = Promise.withResolvers<void>();
    await using own = served(async () => {
      most = Math.max(most, ++running);
      await end.promise;
      running--;
      return new Response();
    }, { maxConcurrentStreams: limit });
    const client = await own.connect(H2);
    const rest = client.rest();
    await flood(client, [
      PREFACE,
      ...repeated(1500, (i) => [get(2 * i + 1), [RST_STREAM, 0, 2 * i + 1, [0, 0, 0, CANCEL]]]),
    ]);
    end.resolve();
    assert(framesIn((await rest).text).some(([type]) => type === GOAWAY));
    assertEquals(most, limit);
    await client[Symbol.asyncDispose]();
  }
});

const POST: Frame = [HEADERS, END_HEADERS, 1, fields("POST")];
const BEGUN: Frame = [HEADERS, 0, 1, fields("POST")];

/** What costs a server something, and nothing its client. */
const FLOODS: Readonly<Record<string, { first?: Frame; each: (i: number) => Frame }>> = {
  "empty frames of DATA": { first: POST, each: () => [DATA, 0, 1, []] },
  "empty frames of CONTINUATION": { first: BEGUN, each: () => [CONTINUATION, 0, 1, []] },
  "frames of CONTINUATION": {
    first: BEGUN,
    each: () => [CONTINUATION, 0, 1, [0, 1, 0x61, 1, 0x62]],
  },
  "frames of PRIORITY": { each: (i) => [PRIORITY, 0, 2 * i + 1, [0, 0, 0, 0, 16]] },
  "resets of a stream that is closed": {
    first: get(1),
    each: () => [RST_STREAM, 0, 1, [0, 0, 0, CANCEL]],
  },
  "frames of no known type": { each: () => [0x55, 0, 0, []] },
};

for (const [what, { first, each }] of Object.entries(FLOODS)) {
  Deno.test(`serve() ends a connection for a flood of ${what}, and serves others`, async () => {
    await using own = served(() => new Response("here"));
    const client = await own.connect(H2);
    const rest = client.rest();
    await flood(client, [
      PREFACE,
      ...first === undefined ? [] : [frames(first)],
      ...repeated(60_000, (i) => [each(i)]),
    ]);
    assert(framesIn((await rest).text).some(([type, code]) => type === GOAWAY && code > 0));
    await client[Symbol.asyncDispose]();
    assert(own.told.length <= 1, `told twice: ${own.told}`);
    await using other = await own.connect();
    await other.request("GET /");
    await other.until(/here$/);
  });
}

Deno.test("serve() answers PING and SETTINGS without end for a client that reads the answers", async () => {
  await using own = served(() => new Response());
  const client = await own.connect(H2);
  const rest = client.rest();
  await flood(client, [
    PREFACE,
    ...repeated(3000, () => [[PING, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]], [SETTINGS, 0, 0, []]]),
  ]);
  await client.send(frames([GOAWAY, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]]));
  const types = framesIn((await rest).text).map(([type]) => type);
  assertEquals(types.filter((type) => type === PING).length, 3000);
  await client[Symbol.asyncDispose]();
});

const literal = (length: number): number[] => {
  const more = length - 127; // an integer of HPACK, of a prefix of 7 bits
  return [0x7f, (more & 0x7f) | 0x80, more >> 7, ...Array(length).fill(0x76)];
};

/** Heads that are much longer than what is sent of them (RFC 7541, Section 7.3). */
const BOMBS: Readonly<Record<string, readonly number[]>> = {
  "a long field, and many references to it": [
    0x40,
    1,
    0x61,
    ...literal(4000),
    ...Array(9000).fill(0xbe),
  ],
  "many short fields": Array(3000).fill([0, 1, 0x61, 1, 0x62]).flat(),
};

for (const [what, bomb] of Object.entries(BOMBS)) {
  Deno.test(`serve() asks no handler about a head of HTTP/2 with ${what}`, async () => {
    let asked = 0;
    await using own = served(() => {
      asked++;
      return new Response();
    }, { idleTimeout: 300 });
    const client = await own.connect(H2);
    const rest = client.rest();
    const head = (stream: number): Frame => [
      HEADERS,
      END_STREAM | END_HEADERS,
      stream,
      [...fields("GET"), ...bomb],
    ];
    await flood(client, [PREFACE, frames(head(1)), frames(head(3))]);
    await rest;
    assertEquals(asked, 0);
    await client[Symbol.asyncDispose]();
  });
}

Deno.test("serve() takes a head of HTTP/2 of maxHeaderSize bytes, and answers a longer one with 431", async () => {
  const maxHeaderSize = 1024;
  const pseudo = { ":method": "GET", ":scheme": "https", ":path": "/", ":authority": HOSTNAME };
  const own = Object.entries(pseudo).reduce(
    (sum, [name, value]) => sum + name.length + value.length + 32,
    0,
  );
  for (const more of [0, 1]) {
    await using server = served(() => new Response("short enough"), {
      maxHeaderSize,
      idleTimeout: 200,
    });
    await using client = await server.connect(H2);
    const field = [0, 1, 0x61, ...literal(maxHeaderSize - own - 33 + more)];
    const head: Frame = [HEADERS, END_STREAM | END_HEADERS, 1, [...fields("GET"), ...field]];
    await client.send(PREFACE + frames(head));
    const { text } = await client.rest();
    assertMatch(text, more === 0 ? /short enough/ : /have more than 1024 bytes/);
  }
});

Deno.test("serve() drops no field of a head that is short enough, however many there are", async () => {
  await using own = served(
    ({ headers }) => new Response(`${headers.get("a")?.split(",").length} ${headers.get("z")}`),
    {
      idleTimeout: 300,
    },
  );
  await using client = await own.connect();
  await client.request("GET /", ...Array(2500).fill("A:x"), "Z: last");
  await client.until(/2500 last$/);
  await using other = await own.connect(H2);
  const rest = other.rest();
  const many = [
    ...Array(400).fill([0, 1, 0x61, 1, 0x78]).flat(),
    0,
    1,
    0x7a,
    4,
    0x6c,
    0x61,
    0x73,
    0x74,
  ];
  const head: Frame = [HEADERS, END_STREAM | END_HEADERS, 1, [...fields("GET"), ...many]];
  await other.send(PREFACE + frames(head));
  assertMatch((await rest).text, /400 last/);
});

Deno.test("serve() takes maxConcurrentStreams requests ahead on a connection of HTTP/1.1, and no more", async () => {
  for (const limit of [1, 7]) {
    for (const count of [limit, limit + 1, limit + 100]) {
      let [running, most] = [0, 0];
      await using own = served(async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running--;
        return new Response("here");
      }, { maxConcurrentStreams: limit });
      await using client = await own.connect();
      const one = `GET / HTTP/1.1\r\nHost: ${HOSTNAME}\r\n`;
      await client.send(`${one}\r\n`.repeat(count - 1) + `${one}Connection: close\r\n\r\n`);
      const { text, end } = await client.rest();
      assertEquals(most, limit);
      if (count === limit) {
        assertEquals([text.split("here").length - 1, end], [limit, "close_notify"]);
      } else assert(end !== "close_notify", "the unanswered requests look answered");
      assertEquals(own.told, count === limit ? [] : ["PR_BUFFER_OVERFLOW_ERROR"]);
    }
  }
});

/** Settings that let no byte of a body come. */
const CLOSED = `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${frames([SETTINGS, 0, 0, [0, 4, 0, 0, 0, 0]])}`;

for (const [what, length] of [["a short", 10], ["a long", 2 ** 20]] as const) {
  Deno.test(`serve() resets ${what} response whose client opens no window for it`, async () => {
    const aborted = Promise.withResolvers<void>();
    await using own = served(({ signal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      return new Response("x".repeat(length));
    }, { idleTimeout: 200 });
    const client = await own.connect(H2);
    await client.send(CLOSED + frames(get(1)));
    const { text } = await client.rest();
    await aborted.promise;
    // NO_ERROR would end a response that is complete (RFC 9113, Section 8.1)
    const resets = framesIn(text).filter(([type]) => type === RST_STREAM);
    assertEquals(resets, [[RST_STREAM, CANCEL]]);
    await client[Symbol.asyncDispose]();
  });
}

Deno.test("serve() gives up a client of HTTP/1.1 that does not read a response in one piece", async () => {
  const aborted = Promise.withResolvers<void>();
  await using own = served(({ signal }) => {
    signal.addEventListener("abort", () => aborted.resolve());
    return new Response("x".repeat(16 * 2 ** 20));
  }, { idleTimeout: 200 });
  await using client = await own.connect();
  await client.request("GET /");
  await aborted.promise;
  assert((await client.rest()).end !== "close_notify");
});

/** One end of a connection without a system's buffers: a write waits until it is read. */
class Unbuffered implements ConnLike<null> {
  readonly localAddr = null;
  readonly remoteAddr = null;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #rest = new Uint8Array();

  constructor(readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>) {
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {}); // the write fails
  }

  async read(p: Uint8Array): Promise<number | null> {
    if (this.#rest.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#rest = new Uint8Array(value);
    }
    const taken = this.#rest.subarray(0, p.length);
    p.set(taken);
    this.#rest = this.#rest.slice(taken.length);
    return taken.length;
  }

  async write(p: Uint8Array): Promise<number> {
    await this.#writer.write(p.slice());
    return p.length;
  }

  close(): void {
    this.#reader.cancel().catch(() => {}); // the other end has closed it
    this.#writer.abort().catch(() => {});
  }
}

function unbuffered(): [Unbuffered, Unbuffered] {
  const [up, down] = [0, 1].map(() => new TransformStream<Uint8Array, Uint8Array>());
  return [
    new Unbuffered(down!.readable, up!.writable),
    new Unbuffered(up!.readable, down!.writable),
  ];
}

/** A server whose only connection has no system's buffers. */
async function inMemory(chunk: Uint8Array, options: ServeOptions) {
  let taken = 0;
  const [near, far] = unbuffered();
  const closed = Promise.withResolvers<never>();
  const conns = [far];
  const { role: _, ...own } = serverOptions();
  const told: string[] = [];
  const server = serve(
    importFD({
      addr: null,
      accept: () => {
        const conn = conns.pop();
        return conn === undefined ? closed.promise : Promise.resolve(conn);
      },
      close: () => closed.reject(Object.assign(new Error(), { name: "BadResource" })),
    }, own),
    () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            taken += chunk.length;
            controller.enqueue(chunk);
          },
        }, { highWaterMark: 0 }),
      ),
    { ...options, onConnectionError: (error) => told.push((error as Error).name) },
  );
  const client = await RawClient.over(near, H2);
  return { server, client, told, taken: () => taken };
}

Deno.test("serve() keeps little for a client of HTTP/2 that opens all windows and reads nothing", async () => {
  const { server, client, taken } = await inMemory(new Uint8Array(65_536), { idleTimeout: 1000 });
  const open = [SETTINGS, 0, 0, [0, 4, 0x7f, 0xff, 0xff, 0xff]] as const;
  const all = [WINDOW_UPDATE, 0, 0, [0x7f, 0, 0, 0]] as const;
  await client.send(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${frames(open, all, get(1), get(3))}`);
  await eventually(() => taken() > 0);
  await server.shutdown(); // waits for the connection, which is given up
  assert(taken() < 2 ** 21, `${taken()} bytes are kept`);
  await client[Symbol.asyncDispose]();
});

Deno.test("serve() ends a connection of HTTP/2 that has more answered than it reads", async () => {
  const { server, client, told } = await inMemory(new Uint8Array(1), { idleTimeout: 60_000 });
  await flood(client, [PREFACE, ...repeated(30_000, () => [[PING, 0, 0, Array(8).fill(0)]])]);
  await eventually(() => told.length > 0);
  assertEquals(told, ["PR_BUFFER_OVERFLOW_ERROR"]);
  await server.shutdown();
  await client[Symbol.asyncDispose]();
});

/** Frames that lead to nothing, and break no rule that node:http2 knows. */
const USELESS: Readonly<Record<string, { first: Frame; each: Frame }>> = {
  "heads of streams that are over": { first: get(3), each: get(1) },
  "DATA that is padding": { first: POST, each: [DATA, PADDED, 1, [255, 0, ...Array(255).fill(0)]] },
};

for (const [what, { first, each }] of Object.entries(USELESS)) {
  Deno.test(`serve() reads little of ${what}, and ends the connection`, async () => {
    const { server, client } = await inMemory(new Uint8Array(1), { idleTimeout: 500 });
    await client.send(PREFACE + frames(first));
    const flood = frames(...Array(100).fill(each));
    let sent = 0;
    await assertRejects(async () => {
      for (; sent < 2 ** 24; sent += flood.length) await client.send(flood);
    });
    assert(sent < 2 ** 20, `${sent} bytes were read`);
    await server.shutdown();
    await client[Symbol.asyncDispose]();
  });
}

Deno.test("ReadSocket keeps MAX_QUEUED_WRITES writes, and is destroyed by one more", async () => {
  for (const more of [0, 1]) {
    const [, far] = unbuffered();
    const socket = new ReadSocket(importFD(far, serverOptions()), {});
    const failed = new Promise<Error>((resolve) => socket.once("error", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    // The first is not queued: it waits for the handshake
    for (let i = 0; i < MAX_QUEUED_WRITES + 1 + more; i++) socket.write("x");
    assertEquals(socket.destroyed, more === 1);
    if (more === 1) assertEquals((await failed).name, "PR_BUFFER_OVERFLOW_ERROR");
    socket.destroy();
    await closed;
  }
});
